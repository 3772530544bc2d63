"""Which picks go with which tomogram, all checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.tomogram import Tomogram, nearest_voxel
from cryoal.errors import PicksError, PoolError, TomogramError
from cryoal.io.fingerprint import Fingerprint, fingerprint
from cryoal.io.picks.names import clean_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry, Located
    from cryoal.io.picks.picks import Picks

    Match: TypeAlias = Callable[[Path, Sequence[str]], str | None]

__all__ = [
    "SPACING_TOLERANCE",
    "Source",
    "check_source",
    "named_picks",
    "pair_up",
    "require_spacing",
]

SPACING_TOLERANCE = 1e-3  # 0.1 %


@dataclass(frozen=True)
class Source:
    """A tomogram and its picks, found to fit together; `rows` are those of the file of picks."""

    path: Path
    name: str
    dtype: np.dtype[Any]
    file: Fingerprint
    geometry: Geometry
    notes: tuple[str, ...]
    rows: NDArray[np.int64]
    keys: list[str]
    located: Located


def named_picks(tomograms: Sequence[Path], picks: Picks) -> Picks:
    """The picks, called after the tomogram where they name none, as a CSV file may.

    Raises
    ------
    TomogramError
        A file is not there.
    PicksError
        Picks without names for more than one tomogram.
    """
    for path in tomograms:
        if not path.exists():
            raise TomogramError(f"expected a tomogram, found nothing at {path}")
    if picks.names() != [""]:
        return picks
    if len(tomograms) != 1:
        raise PicksError(
            f"expected one tomogram for picks that name none, found {len(tomograms)}: give "
            f"{picks.path} a column tomogram"
        )
    return picks.called(clean_name(tomograms[0].name))


def pair_up(
    tomograms: Sequence[Path], picks: Picks, match: Match
) -> tuple[list[tuple[Path, str]], list[Path]]:
    """Each tomogram with its name in the picks, and the tomograms that have none.

    Raises
    ------
    PicksError
        No tomogram has a name in the picks, or two have the same.
    """
    names = picks.names()
    paths: dict[str, Path] = {}
    without: list[Path] = []
    for path in tomograms:
        name = match(path, names)
        if name is None:
            without.append(path)
        elif paths.setdefault(name, path) is not path:
            raise PicksError(f"expected one tomogram for {name!r}, found {paths[name]} and {path}")
    if not paths:
        given = ", ".join(path.name for path in tomograms[:3]) or "no tomogram"
        known = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
        raise PicksError(f"expected picks of {given}, found those of {known} in {picks.path}")
    return [(path, name) for name, path in paths.items()], without


def check_source(tomogram: Tomogram, name: str, picks: Picks) -> Source:
    """The picks called `name`, with keys and positions, for this tomogram.

    Raises
    ------
    PicksError
        A coordinate cannot be read, or a particle's centre is outside the tomogram.
    """
    volume = tomogram.volume
    geometry = picks.geometry(name, volume)
    located = picks.locate(name, geometry)
    rows, keys = picks.rows(name), picks.keys(name)
    voxel = nearest_voxel(located.position_zyx_angstrom, volume.voxel_spacing)
    outside = np.flatnonzero(((voxel < 0) | (voxel >= volume.shape)).any(axis=1))
    if outside.size:
        first = int(outside[0])
        size = " x ".join(str(n) for n in reversed(volume.shape))
        found = ", ".join(str(i) for i in reversed(voxel[first].tolist()))
        notes = "".join(f"; note: {note}" for note in volume.notes)  # these may be the cause
        raise PicksError(
            f"expected picks inside {tomogram.path.name} (x, y, z: {size} voxels of "
            f"{volume.voxel_spacing:g} A), found {outside.size} of {len(keys)} outside in "
            f"{picks.path}, first {keys[first]!r} at voxel {found}: other tomogram, binning or "
            f"format of picks?{notes}"
        )
    return Source(
        path=tomogram.path.parent.resolve() / tomogram.path.name,  # a link keeps its own name
        name=name,
        dtype=volume.dtype,
        file=fingerprint(volume),
        geometry=geometry,
        notes=tuple(volume.notes),
        rows=rows,
        keys=keys,
        located=located,
    )


def require_spacing(expected: float, where: object, sources: Sequence[Source]) -> None:
    """Raise PoolError unless every source has the voxel spacing `expected` of `where`."""
    for source in sources:
        found = source.geometry.voxel_spacing
        if abs(found - expected) > SPACING_TOLERANCE * expected:
            raise PoolError(
                f"expected a voxel spacing of {expected:g} A as in {where}, found {found:g} A in "
                f"{source.path}: rescale it, or keep a pool for each"
            )
