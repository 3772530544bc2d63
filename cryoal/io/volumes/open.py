"""A tomogram file in hand: which format it is of, unpacked where it is packed, and opened."""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from cryoal.errors import TomogramError
from cryoal.io.volumes import VOLUMES
from cryoal.io.volumes.base import HEAD, Told, Volume, VolumeFormat
from cryoal.io.volumes.compressed import compression, unpack
from cryoal.within import require_within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["is_address", "is_known", "open_volume", "require_there", "require_unpacked", "suffixes"]

ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:/")  # Path makes one slash of two


def open_volume(
    path: Path,
    *,
    voxel_spacing: float | None = None,
    scratch: Path | None = None,
    told: Told | None = None,
) -> Volume:
    """The tomogram in `path`, of any format of :data:`cryoal.io.volumes.VOLUMES`.

    What a file is, is read from its first bytes.

    Parameters
    ----------
    voxel_spacing
        Angstrom; takes the place of what the header says.
    scratch
        Folder for the unpacked copy of a ``.gz`` or ``.bz2`` file, which has no name there and is
        gone once the volume is closed or the process ends. The system's own when None.
    told
        What else the user says: the unit, the level, the order of axes.

    Raises
    ------
    TomogramError
        Absent, of no known format, truncated, without a voxel spacing, or with one that differs
        between axes.
    """
    if voxel_spacing is not None and not 0 < voxel_spacing < float("inf"):
        raise TomogramError(
            f"expected a voxel spacing above 0 angstrom, found {voxel_spacing} for {path}"
        )
    told = told or Told()
    if voxel_spacing is not None:
        told = replace(told, voxel_spacing=voxel_spacing)
    require_within(path, TomogramError)
    require_there(path)
    if path.is_dir():
        return _format_of(path, b"", told).open(path, None, told)
    file = path.open("rb", buffering=0)
    try:
        try:
            head = file.read(HEAD)
        except OSError as error:
            raise TomogramError(
                f"expected a tomogram, cannot read {path}: {error.strerror}"
            ) from error
        file.seek(0)
        if how := compression(head):
            with file:
                file, head = unpack(path, file, how, scratch, lambda head: _n_bytes(path, head))
        return _format_of(path, head, told).open(path, file, told)
    except BaseException:
        file.close()
        raise


def is_known(path: Path) -> bool:
    """Whether what is at `path` begins as a format of volumes does, whole or not.

    Raises
    ------
    OSError
        It cannot be read, or is packed and damaged.
    """
    if path.is_dir():
        return any(each.recognise(path, b"") for each in _formats())
    with path.open("rb") as file:
        head = file.read(HEAD)
    if how := compression(head):
        with gzip.open(path) if how == "gzip" else bz2.open(path) as stream:
            try:
                head = stream.read(HEAD)
            except (EOFError, zlib.error) as error:
                raise OSError(f"damaged: {path}") from error
    return any(each.recognise(path, head) for each in _formats())


def is_address(path: Path) -> bool:
    """Whether it was typed as the address of something elsewhere, as ``https://``."""
    return ADDRESS.match(str(path)) is not None


def require_there(path: Path) -> None:
    """Raise TomogramError unless a file or a folder is there; what else it is, is said."""
    if path.is_file() or path.is_dir():
        return
    if path.exists():
        raise TomogramError(
            f"expected a file or a folder, found a pipe or a device at {path}: write it to a file"
        )
    if is_address(path):
        raise TomogramError(
            f"expected a file or a folder, found the address {path}: download it first, or mount it"
        )
    raise TomogramError(f"expected a tomogram, found no file {path}")


def require_unpacked(path: Path) -> None:
    """Raise TomogramError where a file is packed: each opening would unpack all of it."""
    require_there(path)
    if path.is_dir():
        return
    with path.open("rb") as file:
        how = compression(file.read(HEAD))
    if how is not None:
        raise TomogramError(
            f"expected a tomogram that is not packed, whose boxes can stay in it (--lazy), found "
            f"{how}: unpack {path}, or add it without --lazy"
        )


def suffixes() -> tuple[str, ...]:
    """Of file names of every format, in lower case."""
    return tuple(suffix for each in _formats() for suffix in each.suffixes)


def _formats() -> Iterator[type[VolumeFormat]]:
    return (cast("type[VolumeFormat]", VOLUMES.load(name)) for name in VOLUMES.names())


def _format_of(path: Path, head: bytes, told: Told | None = None) -> type[VolumeFormat]:
    for each in _formats():
        if each.recognise(path, head):
            if told is not None and told.level and not each.has_levels:
                raise TomogramError(
                    f"expected a file with levels for --level {told.level}, found {each.name}: "
                    f"{path}"
                )
            return each
    known = ", ".join(each.name for each in _formats())
    found = f"a folder of {_inside(path)}" if path.is_dir() else _what_is(head)
    raise TomogramError(f"expected a tomogram ({known}), found {found}: {path}")


def _n_bytes(path: Path, head: bytes) -> int:
    """How much of what is packed in `path` is to be unpacked."""
    found = _format_of(path, head)
    n_bytes = found.n_bytes(path, head)
    if n_bytes is None:
        raise TomogramError(
            f"expected a format that says its length, found packed {found.name}: unpack {path}"
        )
    return n_bytes


def _inside(folder: Path) -> str:
    return ", ".join(sorted(entry.name for entry in folder.iterdir())[:4]) or "nothing"


MAGIC = {
    b"\x89HDF": "HDF5",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF",
    b"# AmiraMesh": "AmiraMesh",
    b"# Avizo": "AmiraMesh",
    b"IMOD": "an IMOD model",
    b"\x93NUMPY": "a NumPy array",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"II": "TIFF",
    b"MM": "TIFF",
}


def _what_is(head: bytes) -> str:
    """What a file that begins with `head` seems to be."""
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    if not head:
        return "an empty file"
    if not head.strip(b"\0"):
        return "nothing but zeros"
    try:
        words = head[:40].decode("ascii")
    except UnicodeDecodeError:
        words = ""
    if words and all(letter.isprintable() or letter.isspace() for letter in words):
        return f"a text that begins with {words.split(chr(10))[0].strip()!r}"
    return f"first bytes of no known format ({len(head)} looked at)"
