"""Which picks go with which tomogram, all checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.tomogram import Tomogram, nearest_voxel
from cryoal.errors import PicksError, PoolError, TomogramError
from cryoal.io.fingerprint import Fingerprint, fingerprint
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.pairing import pair_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry, Located
    from cryoal.io.picks.pairing import Pairing
    from cryoal.io.picks.picks import Picks

__all__ = [
    "SPACING_TOLERANCE",
    "Source",
    "check_source",
    "paired",
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


def paired(
    tomograms: Sequence[Path],
    picks: Picks,
    named: Mapping[str, Path] | None = None,
    listed: Mapping[str, Path] | None = None,
) -> tuple[Picks, Pairing]:
    """The picks, and which tomogram goes by which of their names.

    Picks that name no tomogram, as those of a CSV file may, are called after the only one.

    Raises
    ------
    TomogramError
        A file is not there.
    PicksError
        Picks without names for more than one tomogram, or as :func:`pair_up`.
    """
    named, listed = named or {}, listed or {}
    for path in (*tomograms, *named.values()):
        if not path.exists():
            raise TomogramError(f"expected a tomogram, found nothing at {path}")
    if picks.names() == [""]:
        called = list(named) or [clean_name(path.name) for path in tomograms]
        if len(called) != 1 or len(tomograms) > 1:
            raise PicksError(
                f"expected one tomogram for picks that name none, found "
                f"{max(len(called), len(tomograms))}: give {picks.path} a column tomogram"
            )
        picks = picks.called(called[0])
    where = picks.path
    return picks, pair_up(tomograms, picks.names(), told=named, listed=listed, where=where)


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
