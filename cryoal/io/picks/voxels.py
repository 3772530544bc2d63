"""What the writers of voxel coordinates share: where particles are, and their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.numbered import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.base import PickFormat
    from cryoal.io.picks.write import ParticlePart

__all__ = ["class_lines", "kept_switch", "places", "spacings"]


def spacings(part: ParticlePart) -> NDArray[np.float64]:
    """Angstrom per voxel of each particle's tomogram, ``(n, 1)``."""
    known = {name: geometry.voxel_spacing for name, geometry in part.geometry.items()}
    return np.array([[known[name]] for name in part.tomogram], np.float64).reshape(-1, 1)


def places(part: ParticlePart) -> NDArray[np.float64]:
    """Where particles are after the shift: ``(n, 3)`` x, y, z in voxels, 0 = first voxel."""
    return part.voxel_xyz.copy()


def kept_switch(parts: Sequence[ParticlePart], convention: type[PickFormat], switch: str) -> float:
    """What the user said of the first voxel in files of this format, as they go out in it again.

    The default where particles of other formats go out with them, or where files differ in it.
    """
    default = convention.switches[switch][0]
    said = {part.switches.get(switch, default) for part in parts}
    is_own = all(part.format == convention.name for part in parts)
    return float(next(iter(said)) if is_own and len(said) == 1 else default)


def class_lines(parts: Sequence[ParticlePart]) -> str:
    """A line ``number name`` for each class, for formats whose classes are numbers."""
    names: dict[int, str] = {}
    for part in parts:
        for number, name in zip(part.numbers, part.labels, strict=True):
            if number and names.setdefault(number, whole(name)) != whole(name):
                raise PicksError(
                    f"expected one class of number {number}, found {names[number]!r} and {name!r}: "
                    "export them apart"
                )
    return "".join(f"{number} {names[number]}\n" for number in sorted(names))
