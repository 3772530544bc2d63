"""What the density says of a set of picks: they fit as read, another reading fits, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.estimate.student import two_sided_p
from cryoal.placement.hypotheses import hypotheses
from cryoal.placement.landscape import SCALES
from cryoal.placement.offset import find_offset, slopes_at
from cryoal.placement.tally import N_FEATURES, N_SHIFTS, clearer, sum_of, tally
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.placement.hypotheses import Hypothesis
    from cryoal.placement.landscape import Landscape
    from cryoal.placement.offset import Offset, Slopes
    from cryoal.placement.tally import Tally

__all__ = ["Look", "Placed", "Verdict", "judge", "look", "verdict"]

FITS = 3.5
"""z from which picks are said to stand out where they are read."""

CLEAR, CLEAR_OF_MANY = 3.8, 4.5
"""z that another reading needs: one change, of which there are 23, or several, of which there are
130. For picks on nothing the largest of all is 3.2 in the middle (docs/log.md)."""

LEAD, LEAD_OVER_A_FIT = 2.5, 4.0
"""By how many sigma it is to fit better than what was read, which does not fit, or does."""

ALIKE = 3.0  # sigma: readings that differ by less fit alike, and the simplest is named

GLANCE = 1.9
"""About what a z of :data:`CLEAR` needs at first, as :data:`~.tally.LEAST_SPREAD` is a half."""

MOST_INSIDE, ALL_INSIDE = 0.95, 0.995
"""Shares of the picks: with fewer inside something is wrong; with so many a reading is told."""

FEW_INSIDE = 0.6

N_RANDOM = 2000  # places that picks are compared with


@dataclass(frozen=True)
class Placed:
    """Picks of one tomogram and what they are looked for in; positions in voxels z, y, x."""

    name: str
    landscape: Landscape
    voxel_zyx: NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """How picks fit, as they were read and otherwise."""

    n: int
    """Picks."""
    n_inside: int
    n_seen: int
    """Picks in the part of the tomograms that was looked at."""
    effect: float
    """Mean contrast at the picks less that of the same picks shifted, in local sigma."""
    z: float
    """That over its scatter, signed: below 0 picks are darker than what is around them."""
    p: float
    """Two-sided, for the features that were tried."""
    random_effect: float
    """Mean contrast at the picks less that of random places, in their sigma."""
    random_p: float
    fits: bool
    """Whether picks stand out where they were read."""
    better: Hypothesis | None = None
    """The reading that fits clearly better."""
    better_z: float = 0.0
    lead: float = 0.0
    """By how many sigma it fits better."""
    alike: tuple[str, ...] = ()
    """Other readings that fit as well as that one."""
    brings_inside: tuple[str, ...] = ()
    """Simple readings that place all picks inside, where many are outside as read."""
    z_of: Mapping[str, float] = field(default_factory=dict)
    """The largest z of each reading, without sign."""
    offset: Offset | None = None

    @property
    def are_outside(self) -> bool:
        """Whether so many picks lie outside that something is wrong, whatever the density says."""
        return self.n_inside < MOST_INSIDE * self.n

    @property
    def is_wrong(self) -> bool:
        """Whether another reading fits clearly better, or many picks lie outside."""
        return self.better is not None or self.are_outside


def judge(placed: Sequence[Placed], box: int) -> Verdict:
    """The verdict on the picks of all the tomograms together: one reading holds for all of them.

    Parameters
    ----------
    box
        Voxels of the edge of a box: particles fill a third to all of it.
    """
    return verdict([look(one, box, at_once=len(placed) > 1) for one in placed])


@dataclass(frozen=True)
class Look:
    """What one tomogram has to say; small, so that tomograms are looked at one after the other."""

    name: str
    readings: list[Hypothesis]
    tallies: list[Tally]
    slopes: Slopes | None
    """None where the tomogram stands alone and nothing is seen at its picks."""
    random: NDArray[np.float64]
    """(2, scales): sum of the picks' contrast in sigma of random places, and its variance."""


def look(placed: Placed, box: int, *, at_once: bool = True) -> Look:
    """Every reading of the picks of one tomogram.

    `at_once`: shift them all; or only those that a first glance does not rule out, which tells as
    much of a tomogram that stands alone and takes a fraction of the time.
    """
    place, voxel = placed.landscape, placed.voxel_zyx
    readings = hypotheses(place.shape, box)
    if not at_once:
        seen = [tally(place, r.place(voxel), box, shifted=False) for r in readings]
        are_outside = seen[0].share_inside < MOST_INSIDE
        readings = [
            r
            for i, (r, s) in enumerate(zip(readings, seen, strict=True))
            if i == 0 or s.glance >= GLANCE or (are_outside and r.changes == 1)
        ]
    tallies = [tally(place, reading.place(voxel), box) for reading in readings]
    is_seen = at_once or np.abs(tallies[0].z).max() >= FITS
    slopes = slopes_at(place, voxel) if is_seen else None
    return Look(placed.name, readings, tallies, slopes, _against_random(placed))


def verdict(looks: Sequence[Look]) -> Verdict:
    """What the looks at several tomograms say together."""
    sums = [sum_of(each) for each in zip(*(one.tallies for one in looks), strict=True)]
    found = _verdict_of(sums, looks[0].readings)
    scale = _scale(sums[0])
    total, variance = np.sum([one.random[:, scale] for one in looks], axis=0)
    n = found.n_seen
    slopes = [one.slopes for one in looks if one.slopes is not None]
    offset = find_offset(slopes) if found.fits else None
    better = found.better
    if better is None and offset is not None and offset.is_clear:
        better = offset.better
    return replace(
        found,
        random_effect=float(total / max(n, 1)),
        random_p=two_sided_p(float(total / np.sqrt(variance)), n - 1) if n > 1 else 1.0,
        offset=offset,
        better=better,
    )


def _verdict_of(sums: Sequence[Tally], readings: Sequence[Hypothesis]) -> Verdict:
    """What the tallies of the readings say; without random places and small offsets."""
    as_read = sums[0]
    z = np.stack([each.z for each in sums])  # (readings, features)
    most = np.abs(z).max(axis=1)
    better, lead, alike = _better(sums, readings, z)
    others = most[1:].max(initial=0.0)
    scale = _scale(as_read)
    return Verdict(
        n=as_read.n,
        n_inside=as_read.n_inside,
        n_seen=int(as_read.counts[0]),
        effect=float(as_read.effect[scale]),
        z=float(np.copysign(most[0], as_read.effect[scale])),
        p=min(1.0, N_FEATURES * two_sided_p(float(most[0]), N_SHIFTS - 1)),
        random_effect=0.0,
        random_p=1.0,
        fits=bool(most[0] >= FITS),
        better=None if better is None else readings[better],
        better_z=float(others if better is None else most[better]),
        lead=lead,
        alike=alike,
        brings_inside=_bring_inside(sums, readings),
        z_of={reading.name: float(value) for reading, value in zip(readings, most, strict=True)},
    )


def _bring_inside(sums: Sequence[Tally], readings: Sequence[Hypothesis]) -> tuple[str, ...]:
    """Single changes that place all picks inside, of divisions the least; none is needed often."""
    if sums[0].share_inside >= MOST_INSIDE:
        return ()
    names = [
        reading.name
        for reading, each in zip(readings, sums, strict=True)
        if reading.changes == 1 and reading.kind != "shift" and each.share_inside >= ALL_INSIDE
    ]
    divided = [name for name in names if name.startswith("divided")]
    # of picks that fill twice the tomogram at most half are inside; any division brings some in
    told = divided[:1] if sums[0].share_inside < FEW_INSIDE else []
    return tuple(name for name in names if name not in divided or name in told)


def _scale(as_read: Tally) -> int:
    """The scale at which the picks' mean contrast stands out most."""
    return int(np.abs(as_read.z[: len(SCALES)]).argmax())


def _better(
    sums: Sequence[Tally], readings: Sequence[Hypothesis], z: NDArray[np.float64]
) -> tuple[int | None, float, tuple[str, ...]]:
    """Which reading fits clearly better than the first, by how much, and which ones as well."""
    most = np.abs(z).max(axis=1)
    clear = [CLEAR if reading.changes <= 1 else CLEAR_OF_MANY for reading in readings]
    fitting = [i for i in range(1, len(most)) if most[i] >= clear[i]]
    if not fitting:
        return None, 0.0, ()
    best = max(fitting, key=lambda i: most[i])
    feature = int(np.abs(z[best]).argmax())

    def ahead(one: int, other: int) -> float:
        if feature >= len(SCALES):
            return clearer(sums[one], sums[other], feature, 1.0, 1.0)
        sign = float(np.sign(z[one, feature]))
        return clearer(
            sums[one], sums[other], feature, sign, float(np.sign(z[other, feature])) or sign
        )

    rivals = [i for i in fitting if i != best and ahead(best, i) < ALIKE]
    chosen = min([best, *rivals], key=lambda i: (readings[i].changes, -most[i]))
    lead = min(ahead(best, 0), ahead(chosen, 0))
    if lead < (LEAD_OVER_A_FIT if most[0] >= FITS else LEAD):
        return None, lead, ()
    return chosen, lead, tuple(readings[i].name for i in [best, *rivals] if i != chosen)


def _against_random(placed: Placed) -> NDArray[np.float64]:
    """Places drawn evenly from the same part are what the picks are compared with."""
    values = placed.landscape.values
    size = np.asarray(values.shape[:3])
    rng = stream(0, "placement", "random places")
    random = values[tuple(rng.integers(0, size, (N_RANDOM, 3)).T)]
    index = np.floor(placed.landscape.coarse(placed.voxel_zyx) + 0.5).astype(np.int64)
    here = values[tuple(index[((index >= 0) & (index < size)).all(axis=1)].T)]
    scatter = np.maximum(random.std(axis=0), 1e-6)
    variance = np.full(len(SCALES), len(here) * (1 + len(here) / N_RANDOM))
    return np.stack([(here - random.mean(axis=0)).sum(axis=0) / scatter, variance])
