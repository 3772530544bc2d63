"""Which chunks of a Zarr array are there, by their names: one that is absent reads as zeros."""

from __future__ import annotations

import math
import os
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.errors import TomogramError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryoal.io.volumes.zarr_metadata import Folder, Node

__all__ = ["count_absent"]

ANY_CHUNK = re.compile(r"(c[./])?\d+([./]\d+)*")


def count_absent(folder: Folder, node: Node, shape: Sequence[int], stored: Sequence[int]) -> int:
    """How many of the chunks (or shards) of `stored` voxels are absent.

    Raises
    ------
    TomogramError
        None is there, or none that is called as the metadata says: a copy whose separator of
        indices has changed would read as zeros.
    """
    n_chunks = math.prod(-(-n // c) for n, c in zip(shape, stored, strict=True))
    prefix, separator = _naming(node)
    fits = re.compile(re.escape(prefix) + rf"\d+({re.escape(separator)}\d+){{{len(shape) - 1}}}")
    n_fitting, other = 0, ""
    for name in _names(folder):
        if fits.fullmatch(name):
            n_fitting += 1
        elif not other and ANY_CHUNK.fullmatch(name):
            other = name
    if n_fitting == 0 and other:
        wanted = prefix + separator.join("0" * len(shape))
        raise TomogramError(
            f"expected chunks called as {wanted}, as the metadata says, found {other} in {folder}: "
            f"{_mended(node, folder)}"
        )
    if n_fitting == 0:
        raise TomogramError(f"expected {n_chunks} chunks of voxels, found none of them in {folder}")
    return n_chunks - n_fitting


def _naming(node: Node) -> tuple[str, str]:
    """What the names of chunks begin with, and what is between their indices."""
    if node.version == 2:
        return "", str(node.metadata.get("dimension_separator", "."))
    encoding: Any = node.metadata.get("chunk_key_encoding") or {}
    configuration = encoding.get("configuration") or {}
    if encoding.get("name") == "v2":
        return "", str(configuration.get("separator", "."))
    separator = str(configuration.get("separator", "/"))
    return f"c{separator}", separator


def _mended(node: Node, folder: Folder) -> str:
    """What to write into the metadata."""
    other = "/" if _naming(node)[1] == "." else "."
    if node.version == 2:
        return f'put "dimension_separator": "{other}" into {folder / ".zarray"}'
    return f'set the separator of chunk_key_encoding to "{other}" in {folder / "zarr.json"}'


def _names(folder: Folder) -> Iterator[str]:
    """Of all files in `folder`, from it on."""
    if isinstance(folder, zipfile.Path):
        start = folder.at
        yield from (
            name[len(start) :]
            for name in folder.root.namelist()
            if name.startswith(start) and not name.endswith("/")
        )
        return
    top = str(folder)
    for inside, _, files in os.walk(top):
        at = Path(inside).relative_to(top).as_posix()
        start = "" if at == "." else f"{at}/"
        yield from (start + file for file in files)
