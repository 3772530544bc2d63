"""What the writers of voxel coordinates share: where particles are, and which file each goes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.names import clean_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart

__all__ = ["by_tomogram", "class_lines", "file_stems", "places", "require_names", "spacings"]

FORBIDDEN = re.compile(r'[\x00-\x1f/\\:*?"<>|]')  # in names of files, on one system or another


def spacings(part: ParticlePart) -> NDArray[np.float64]:
    """Angstrom per voxel of each particle's tomogram, ``(n, 1)``."""
    known = {name: geometry.voxel_spacing for name, geometry in part.geometry.items()}
    return np.array([[known[name]] for name in part.tomogram], np.float64).reshape(-1, 1)


def places(part: ParticlePart) -> NDArray[np.float64]:
    """Where particles are after the shift: ``(n, 3)`` x, y, z in voxels, 0 = first voxel."""
    xyz: NDArray[np.float64] = (part.position_zyx_angstrom / spacings(part))[:, ::-1]
    return xyz


def require_names(parts: Sequence[ParticlePart]) -> None:
    """PicksError where a particle's tomogram has no name."""
    for part in parts:
        if "" in part.tomogram:
            key = part.keys[part.tomogram.index("")]
            raise PicksError(f"expected the name of a tomogram, found none for {key!r}")


def by_tomogram(
    parts: Sequence[ParticlePart],
) -> dict[str, list[tuple[ParticlePart, NDArray[np.int64]]]]:
    """For each tomogram the parts that have particles of it, with their rows."""
    require_names(parts)
    found: dict[str, list[tuple[ParticlePart, NDArray[np.int64]]]] = {}
    for part in parts:
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(part.tomogram):
            rows.setdefault(name, []).append(row)
        for name, which in rows.items():
            found.setdefault(name, []).append((part, np.asarray(which, np.int64)))
    return found


def file_stems(names: Sequence[str]) -> dict[str, str]:
    """What the file of each tomogram is called, without its suffix.

    Raises
    ------
    PicksError
        Two tomograms would have the same file.
    """
    stems: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in names:
        stem = FORBIDDEN.sub("_", clean_name(name)).strip(". ") or "tomogram"
        if (other := taken.setdefault(stem.casefold(), name)) != name:
            raise PicksError(
                f"expected tomograms of different names, found {stem!r} for {other!r} and {name!r}"
            )
        stems[name] = stem
    return stems


def class_lines(parts: Sequence[ParticlePart]) -> str:
    """A line ``number name`` for each class, for formats whose classes are numbers."""
    names: dict[int, str] = {}
    for part in parts:
        for number, name in zip(part.numbers, part.labels, strict=True):
            if number and names.setdefault(number, name) != name:
                raise PicksError(
                    f"expected one class of number {number}, found {names[number]!r} and {name!r}: "
                    "export them apart"
                )
    return "".join(f"{number} {names[number]}\n" for number in sorted(names))
