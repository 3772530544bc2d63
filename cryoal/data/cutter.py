"""The boxes of an import one after the other, and what is seen of each tomogram on the way."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.density import DensityGuess
from cryoal.data.normalise import BOUND, is_beyond
from cryoal.data.statistics import BY_SCATTER, Statistics
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.given import Given
    from cryoal.data.sources import Source
    from cryoal.data.tomogram import Tomogram
    from cryoal.data.tomogram_record import TomogramRecord

__all__ = ["Cutter", "Seen", "first_record"]

TOLERANCE = 0.05  # of the scale: what later picks of a tomogram may differ without a word
CUT_AT_ONCE = 64  # boxes: 4 MiB of 32^3 float16


@dataclass
class Seen:
    """What was seen of one tomogram while its boxes were cut."""

    statistics: Statistics
    first: Statistics | None = None
    """Those of its first import, which hold for later ones too."""
    is_given: bool = False
    """Whether the user says where specimen is."""
    n_beyond: int = 0
    """Voxels of boxes that are bounded when they are read."""
    n_boxes_beyond: int = 0
    finite: list[NDArray[np.bool_]] = field(default_factory=list)
    """Block by block, which boxes had only finite voxels: the others are kept out."""

    @property
    def is_finite(self) -> NDArray[np.bool_]:
        """Of each pick of the tomogram, whether its box is in."""
        return np.concatenate([np.ones(0, bool), *self.finite])

    @property
    def used(self) -> Statistics:
        """What its boxes are normalised by."""
        return self.first or self.statistics

    def said(self) -> list[str]:
        """A line for each thing that the user should hear about."""
        lines = []
        now = self.statistics
        if self.first is not None and self.is_given:
            lines.append(
                f"centre and scale are those of its first import: the {now.specimen} changes "
                "nothing any more"
            )
        elif self.used.empty_share:
            lines.append(f"{_share(self.used)}, and tells nothing of background and scatter")
        if self.first is not None:
            by_scale = now.scale / self.first.scale - 1
            by_center = (now.center - self.first.center) / self.first.scale
            if max(abs(by_scale), abs(by_center)) > TOLERANCE:
                lines.append(
                    f"centre and scale are those of its first import, {self.first.center:.4g} and "
                    f"{self.first.scale:.4g}; now they would be {now.center:.4g} and "
                    f"{now.scale:.4g}"
                )
        if self.n_beyond:
            lines.append(
                f"{_voxels(self.n_beyond, self.n_boxes_beyond)} beyond {BOUND:g} sigma, taken for "
                f"that: hot pixels, gold?"
            )
        return lines


def _share(statistics: Statistics) -> str:
    share = f"{100 * statistics.empty_share:.2g} % of the volume"
    if statistics.specimen == BY_SCATTER:
        return f"{share} hardly scatters and is taken for empty (--slab or --specimen says better)"
    return f"{share} lies outside the {statistics.specimen}"


def _voxels(n: int, n_boxes: int) -> str:
    boxes = how_many(n_boxes, "box")
    return how_many(n, f"voxel in {boxes} lies", f"voxels in {boxes} lie")


class Cutter:
    """Cuts the boxes of one tomogram after the other.

    Attributes
    ----------
    seen
        One for each tomogram.
    inside_fraction
        Of each box that is in, block by block: the share that lies inside its tomogram.
    n_border
        Boxes that reach beyond their tomogram.
    seconds
        By the clock, for reading boxes and nothing else.
    guess
        Which way the boxes point.

    Parameters
    ----------
    given
        Where the user says that specimen is, by the name of the tomogram.
    known
        Records of the pool: a tomogram keeps the centre and scale of its first import.
    """

    def __init__(
        self,
        box: int,
        scratch: Path,
        given: Mapping[str, Given] | None = None,
        known: Sequence[TomogramRecord] = (),
    ) -> None:
        self.seen: list[Seen] = []
        self.inside_fraction: list[NDArray[np.float32]] = []
        self.n_border = 0
        self.seconds = 0.0
        self.guess = DensityGuess()
        self._box = box
        self._scratch = scratch
        self._given = given or {}
        self._known = known

    def boxes(self, sources: Sequence[Source]) -> Iterator[NDArray[Any]]:
        """Each box in its tomogram's own numbers; those that are not all finite are passed over.

        Raises
        ------
        TomogramError
            A tomogram that cannot be read, or has nothing to measure.
        """
        for source in sources:
            with source.open(self._scratch) as tomogram:
                found = tomogram.statistics(self._given.get(source.name))
                first = first_record(self._known, source)
                seen = Seen(
                    found,
                    None if first is None else _statistics_of(first),
                    is_given=source.name in self._given,
                )
                self.seen.append(seen)
                for start in range(0, len(source.keys), CUT_AT_ONCE):
                    position = source.located.position_zyx_angstrom[start : start + CUT_AT_ONCE]
                    yield from self._cut(tomogram, position, seen)

    def _cut(self, tomogram: Tomogram, position: NDArray[np.float64], seen: Seen) -> NDArray[Any]:
        center, scale = seen.used.center, seen.used.scale
        began = time.perf_counter()
        cut, inside = tomogram.cut(position, self._box, center)
        self.seconds += time.perf_counter() - began
        finite = np.isfinite(cut).all(axis=(1, 2, 3))
        seen.finite.append(finite)
        cut, inside = cut[finite], inside[finite]
        self.n_border += int((inside < 1).sum())
        n_beyond = is_beyond(cut, center, scale).sum(axis=(1, 2, 3))
        seen.n_beyond += int(n_beyond.sum())
        seen.n_boxes_beyond += int((n_beyond > 0).sum())
        self.guess.look(cut, seen.used)
        self.inside_fraction.append(inside)
        return np.asarray(cut)


def first_record(known: Sequence[TomogramRecord], source: Source) -> TomogramRecord | None:
    """What a pool remembers of this tomogram, not of another of its name; None of a new one."""
    for record in known:
        if record.name == source.name and record.is_tomogram(source.file, [source.path]):
            return record
    return None


def _statistics_of(record: TomogramRecord) -> Statistics:
    told_by = record.specimen or BY_SCATTER
    return Statistics(record.center, record.scale, record.empty_share, told_by)
