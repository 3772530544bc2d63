"""Whether picks lie where density is, before anyone labels: of files, or of a campaign's pool."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.coarse import middle, read_coarse
from cryoal.data.sources import paired
from cryoal.data.tomogram import place_in
from cryoal.errors import PoolError
from cryoal.io.volumes.open import open_volume
from cryoal.placement.landscape import COARSEST, coarse_factor, landscape
from cryoal.placement.verdict import Placed, look, verdict
from cryoal.progress import SILENT
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.pool import Pool
    from cryoal.io.picks.picks import Picks
    from cryoal.io.volumes.base import Told, Volume
    from cryoal.placement.verdict import Look, Verdict
    from cryoal.progress import Progress

__all__ = [
    "BOX_ANGSTROM",
    "Check",
    "Checked",
    "Subject",
    "check",
    "of_files",
    "of_pool",
    "placed_in",
]

BOX_ANGSTROM = 320.0
"""Edge of a box where nobody says one: particles of 100 to 300 angstrom fill it well enough."""

SURE_OF_ONE = 6.0
"""z of an error in one tomogram of several: with picks on nothing the best of all readings has 4.4
in one of a hundred (docs/log.md)."""

BOXES_ALONG = 6  # at least, along the second longest axis

MOST_VOXELS, MOST_COARSE = 1e11, 3e7  # of a tomogram: what is larger is looked at in its middle
MOST_PICKS = 2000  # of a tomogram, drawn at random: more would only take longer


@dataclass(frozen=True)
class Subject:
    """A tomogram and its picks."""

    name: str
    path: Path
    open: Callable[[], Volume]
    voxel: Callable[[Volume], NDArray[np.float64]]
    """(n, 3) z, y, x in voxels of the opened volume, wherever they are."""


@dataclass(frozen=True)
class Checked:
    """What was found in one tomogram."""

    name: str
    path: Path
    shape: tuple[int, int, int]
    low_zyx: tuple[float, float, float]
    """Smallest coordinates of the picks, voxels."""
    high_zyx: tuple[float, float, float]
    verdict: Verdict


@dataclass(frozen=True)
class Check:
    """What was found in all of them."""

    box: int
    tomograms: tuple[Checked, ...]
    together: Verdict
    shown: Placed
    """The tomogram of which there is a picture."""

    @property
    def is_wrong(self) -> bool:
        """Whether another reading fits clearly better, in one tomogram or in all."""
        return self.together.is_wrong or any(one.verdict.is_wrong for one in self.tomograms)


def of_files(
    tomograms: Sequence[Path],
    picks: Picks,
    *,
    told: Told | None = None,
    named: Mapping[str, Path] | None = None,
    listed: Mapping[str, Path] | None = None,
    scratch: Path | None = None,
) -> list[Subject]:
    """Tomograms with the picks of a file, as ``cryoal add`` would pair them.

    Raises
    ------
    TomogramError, PicksError
        As :func:`~cryoal.data.sources.paired`.
    """
    picks, pairing = paired(tomograms, picks, named, listed)

    def subject(path: Path, name: str) -> Subject:
        def voxel(volume: Volume) -> NDArray[np.float64]:
            is_told = told is not None and told.voxel_spacing is not None
            geometry = picks.geometry(name, volume, is_told=is_told)
            position = picks.locate(name, geometry).position_zyx_angstrom
            return place_in(volume, position, geometry.voxel_spacing)

        def opened() -> Volume:
            return open_volume(path, told=told, scratch=scratch)

        return Subject(name, path, opened, voxel)

    return [subject(pair.path, pair.name) for pair in pairing.pairs]


def of_pool(pool: Pool) -> list[Subject]:
    """The tomograms of a campaign, each with its boxes of all imports."""
    rows: dict[tuple[str, Path], list[int]] = {}
    for number, record in enumerate(pool.tomograms):
        rows.setdefault((record.name, record.path), []).append(number)

    def subject(numbers: list[int]) -> Subject:
        record = pool.tomograms[numbers[0]]
        position = pool.position_zyx_angstrom[np.isin(pool.tomogram, numbers)]
        return Subject(
            record.name, record.path, record.open, lambda volume: place_in(volume, position)
        )

    return [subject(numbers) for numbers in rows.values()]


def check(
    subjects: Sequence[Subject], box: int | None = None, *, progress: Progress = SILENT
) -> Check:
    """Look at the picks of each tomogram, and at all of them together.

    Parameters
    ----------
    box
        Voxels; when None that of :data:`BOX_ANGSTROM`, or a sixth of a small tomogram.

    Raises
    ------
    PoolError
        A box of fewer than 4 voxels.
    TomogramError, PicksError
        What cannot be read.
    """
    found: list[Checked] = []
    looks: list[Look] = []
    shown: Placed | None = None
    for subject in progress.track(subjects, "checking picks", len(subjects), "tomograms"):
        with subject.open() as volume:
            box = box or _usual_box(volume)
            if box < 4:
                raise PoolError(f"expected a box of at least 4 voxels, found {box}")
            voxel = subject.voxel(volume)
            one = placed_in(
                subject.name,
                volume,
                voxel,
                box,
                most_voxels=MOST_VOXELS,
                most_coarse=MOST_COARSE,
                most_picks=MOST_PICKS,
            )
            shape = volume.shape
        looks.append(look(one, box))
        if shown is None or len(one.voxel_zyx) > len(shown.voxel_zyx):
            shown = one
        low, high = (_three(end) for end in (voxel.min(axis=0), voxel.max(axis=0)))
        found.append(Checked(subject.name, subject.path, shape, low, high, verdict(looks[-1:])))
    if shown is None or box is None:
        raise PoolError("expected picks of a tomogram, found none")
    if len(found) > 1:
        found = [replace(one, verdict=_of_several(one.verdict)) for one in found]
    return Check(box, tuple(found), verdict(looks), shown)


def _of_several(alone: Verdict) -> Verdict:
    """What one of several tomograms says: an error that all have is told of them together."""
    is_sure = alone.better is not None and alone.better.kind != "offset"
    if is_sure and alone.better_z >= SURE_OF_ONE:
        return alone
    return replace(alone, better=None)


def _usual_box(volume: Volume) -> int:
    """Voxels of a box where nobody says one: shifted picks are to stay in the tomogram."""
    most = sorted(volume.shape)[1] / BOXES_ALONG
    return max(4, 2 * round(min(BOX_ANGSTROM / volume.voxel_spacing, most) / 2))


def placed_in(
    name: str,
    volume: Volume,
    voxel_zyx: NDArray[np.float64],
    box: int,
    *,
    most_voxels: float,
    most_coarse: float,
    most_picks: int,
) -> Placed:
    """Picks, at most so many in the part, with the landscape of the tomogram or of its middle.

    At most `most_voxels` of the tomogram are read, and binned to at most `most_coarse`.
    """
    factor = coarse_factor(box)
    if math.prod(volume.shape) > most_coarse * factor**3:
        factor = coarse_factor(box, COARSEST)
    start, stop = middle(volume.shape, min(most_voxels, most_coarse * factor**3))
    z, y, x = start
    part = landscape(read_coarse(volume, factor, start, stop), box, factor, (z, y, x), volume.shape)
    # of picks that another reading brings into the part nobody knows yet
    share = math.prod(b - a for a, b in zip(start, stop, strict=True)) / math.prod(volume.shape)
    most_picks = round(most_picks / share)
    if len(voxel_zyx) > most_picks:
        chosen = stream(0, "placement", "picks").permutation(len(voxel_zyx))[:most_picks]
        voxel_zyx = voxel_zyx[np.sort(chosen)]
    return Placed(name, part, voxel_zyx)


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    z, y, x = (float(value) for value in values)
    return z, y, x
