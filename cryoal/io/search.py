"""Files of certain names, in folders and what is in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.io.volumes.zarr_metadata import ZARR_METADATA

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["DEEPEST", "find_by_name"]

DEEPEST = 6
"""Folders within folders: the CryoET Data Portal keeps a tomogram five below its run."""


def find_by_name(top: Path, names: Collection[str]) -> tuple[dict[str, list[Path]], list[str]]:
    """Paths in `top` by name, of those called one of `names`, and a line for what is unreadable.

    Links are followed, each folder is looked at once, and a Zarr is not looked into: it may have
    a hundred thousand chunks. Nothing deeper than :data:`DEEPEST` folders is looked at.
    """
    found: dict[str, list[Path]] = {}
    unreadable: list[str] = []
    seen: set[str] = set()

    def refused(error: OSError) -> None:
        unreadable.append(f"{error.filename} cannot be read: {error.strerror}")

    for folder, inner, files in os.walk(top, followlinks=True, onerror=refused):
        real = os.path.realpath(folder)
        if real in seen or any(name in files for name in ZARR_METADATA):
            inner.clear()
            continue
        seen.add(real)
        for name in sorted({*inner, *files}.intersection(names)):
            found.setdefault(name, []).append(Path(folder, name))
        inner.sort()
        if len(Path(folder).relative_to(top).parts) >= DEEPEST:
            inner.clear()
    return found, unreadable
