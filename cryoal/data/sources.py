"""Which picks go with which tomogram, all checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.tomogram import Tomogram, nearest_voxel
from cryoal.errors import PicksError, PoolError
from cryoal.io.fingerprint import Fingerprint, fingerprint
from cryoal.io.picks.geometry import Located
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.pairing import pair_up
from cryoal.io.texts import chosen
from cryoal.io.volumes.base import Level, Told, frame_of
from cryoal.io.volumes.kept_chunks import Kept, with_chunks_kept
from cryoal.io.volumes.open import require_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.pairing import Pairing
    from cryoal.io.picks.picks import Picks

__all__ = [
    "SPACING_TOLERANCE",
    "Source",
    "paired",
    "placed",
    "require_spacing",
]

SPACING_TOLERANCE = 1e-3  # 0.1 %
CHUNK_BYTES = 1 << 27  # decoded chunks of the tomogram that boxes are cut from


@dataclass(frozen=True)
class Source:
    """A tomogram and its picks; `rows` are those of the file of picks."""

    path: Path
    name: str
    dtype: np.dtype[Any]
    file: Fingerprint
    geometry: Geometry
    """In the frame of the picks: of the finest level of the file."""
    shape: tuple[int, int, int]
    """Of the volume that is read, z, y, x, as is `voxel_spacing`."""
    voxel_spacing: float
    level: Level | None
    axes: str
    """As the user says them; empty where the file does."""
    looked_at_bytes: bool
    notes: tuple[str, ...]
    rows: NDArray[np.int64]
    keys: Sequence[str]
    located: Located
    voxel: NDArray[np.int64]
    """The nearest voxel to each, z, y, x; of some it is none of the tomogram's."""
    score: NDArray[np.float64]
    """The picker's own, NaN where it gave none."""

    def __len__(self) -> int:
        return len(self.keys)

    def open(self, scratch: Path | None = None) -> Tomogram:
        """The tomogram at the level and with the spacing that were found."""
        level = "" if self.level is None else self.level.name
        told = Told(
            self.voxel_spacing,
            level=level,
            axes=self.axes or None,
            looks_at_bytes=self.looked_at_bytes,
        )
        tomogram = Tomogram.open(self.path, name=self.name, scratch=scratch, told=told)
        return replace(tomogram, volume=with_chunks_kept(tomogram.volume, Kept(CHUNK_BYTES)))

    def without_picks(self) -> Source:
        """The tomogram alone, which travels light."""
        return replace(self.keep(np.zeros(len(self), bool)), keys=())

    @property
    def is_outside(self) -> NDArray[np.bool_]:
        """Whether the particle's centre is in none of the tomogram's voxels."""
        return np.asarray(((self.voxel < 0) | (self.voxel >= self.geometry.shape)).any(axis=1))

    def keep(self, which: NDArray[np.bool_]) -> Source:
        """The same tomogram with those of its picks for which `which` is true."""
        if which.all():
            return self
        position, coordinate = (
            self.located.position_zyx_angstrom,
            self.located.coordinate_zyx_angstrom,
        )
        return replace(
            self,
            rows=self.rows[which],
            keys=chosen(self.keys, np.flatnonzero(which)),
            located=Located(position[which], coordinate[which]),
            voxel=self.voxel[which],
            score=self.score[which],
        )


def paired(
    tomograms: Sequence[Path],
    picks: Picks,
    named: Mapping[str, Path] | None = None,
    listed: Mapping[str, Path] | None = None,
) -> tuple[Picks, Pairing]:
    """The picks, and which tomogram goes by which of their names.

    Picks that name no tomogram, as those of a CSV file may, are called after the only one, or after
    the one that their file is called as.

    Raises
    ------
    TomogramError
        A file is not there.
    PicksError
        Picks without names for more than one tomogram, or as :func:`pair_up`.
    """
    named, listed = named or {}, listed or {}
    for path in (*tomograms, *named.values()):
        require_there(path)
    if picks.names() == [""] or _is_one_of_one(picks, tomograms, named):
        called = list(named) or [clean_name(path.name) for path in tomograms]
        if len(tomograms) > 1 and called.count(own := _stem(picks.path)) == 1:
            called = [own]
        elif len(called) != 1 or len(tomograms) > 1:
            raise PicksError(
                f"expected one tomogram for picks that name none, found "
                f"{max(len(called), len(tomograms))}: give the one of {picks.path} alone, or call "
                "that file as its tomogram"
            )
        picks = picks.called(called[0])
    where = picks.path
    return picks, pair_up(tomograms, picks.names(), told=named, listed=listed, where=where)


def _stem(path: Path) -> str:
    """What a file of picks is called: ``TS_01`` for ``TS_01.mod.gz``."""
    name = path.name.removesuffix(".gz").removesuffix(".bz2")
    return clean_name(name.rpartition(".")[0] or name)


def _is_one_of_one(picks: Picks, tomograms: Sequence[Path], named: Mapping[str, Path]) -> bool:
    """Whether one tomogram is given with picks of one, which has but a number in its file."""
    names = picks.names()
    is_one = len(tomograms) == 1 and len(names) == 1 and not named
    return is_one and picks.convention.has_numbers and names[0].isdigit()


def placed(tomogram: Tomogram, name: str, picks: Picks, told: Told | None = None) -> Source:
    """The picks called `name` in this tomogram, with their keys, in angstrom.

    Parameters
    ----------
    told
        What the user says of the tomogram.

    Raises
    ------
    PicksError
        A coordinate cannot be read.
    """
    volume, told = tomogram.volume, told or Told()
    geometry = picks.geometry(name, volume, is_told=told.voxel_spacing is not None)
    located, rows = picks.locate(name, geometry), picks.rows(name)
    return Source(
        path=tomogram.path.parent.resolve() / tomogram.path.name,  # a link keeps its own name
        name=name,
        dtype=volume.dtype,
        file=fingerprint(volume),
        geometry=geometry,
        shape=volume.shape,
        # a rounded header may have been put right by the tables of the picks
        voxel_spacing=volume.voxel_spacing * geometry.voxel_spacing / frame_of(volume)[1],
        level=volume.level,
        axes=told.axes or "",
        looked_at_bytes=told.looks_at_bytes,
        notes=(*volume.notes, *located.notes),
        rows=rows,
        keys=picks.keys(name),
        located=located,
        voxel=nearest_voxel(located.position_zyx_angstrom, geometry.voxel_spacing),
        score=picks.scores[rows],
    )


def require_spacing(expected: float, where: object, sources: Sequence[Source]) -> None:
    """Raise PoolError unless every source has the voxel spacing `expected` of `where`."""
    for source in sources:
        found = source.voxel_spacing
        if abs(found - expected) > SPACING_TOLERANCE * expected:
            raise PoolError(
                f"expected a voxel spacing of {expected:g} A as in {where}, found {found:g} A in "
                f"{source.path}: rescale it, or keep a pool for each"
            )
