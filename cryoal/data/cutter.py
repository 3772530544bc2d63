"""The boxes of an import one after the other, and what is seen of each tomogram on the way."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.crew import ALONE, keeps
from cryoal.data.cutting import Cutting, InTurn, Measuring
from cryoal.data.density import DensityGuess
from cryoal.data.normalise import BOUND
from cryoal.data.statistics import BY_SCATTER, Statistics
from cryoal.how_many import how_many
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.crew import Crew
    from cryoal.data.given import Given
    from cryoal.data.sources import Source
    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.progress import Progress

__all__ = ["Cutter", "Seen", "first_record"]

TOLERANCE = 0.05  # of the scale: what later picks of a tomogram may differ without a word


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
    """Cuts the boxes of one tomogram after the other, or has a crew do it.

    Attributes
    ----------
    seen
        One for each tomogram.
    inside_fraction
        Of each box that is in, block by block: the share that lies inside its tomogram.
    n_border
        Boxes that reach beyond their tomogram.
    seconds
        By the clock, for cutting boxes and nothing else; 0 where others cut them.
    guess
        Which way the boxes point.

    Parameters
    ----------
    given
        Where the user says that specimen is, by the name of the tomogram.
    known
        Records of the pool: a tomogram keeps the centre and scale of its first import.
    crew
        Who measures and cuts.
    """

    def __init__(
        self,
        box: int,
        scratch: Path,
        given: Mapping[str, Given] | None = None,
        known: Sequence[TomogramRecord] = (),
        crew: Crew = ALONE,
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
        self._crew = crew

    def boxes(
        self,
        sources: Sequence[Source],
        dtype: np.dtype[Any],
        progress: Progress = SILENT,
        *,
        lazy: bool = False,
    ) -> Iterator[Any]:
        """Each box in its tomogram's own numbers; those that are not all finite are passed over.

        Where this process cuts, it does so as soon as a tomogram is measured, while others measure
        the next ones. Where others cut, all are measured before this returns, which `progress`
        tells of.

        Parameters
        ----------
        dtype
            That of all boxes.
        lazy
            Their checks in place of the boxes, as they are in `dtype`.

        Raises
        ------
        TomogramError
            A tomogram that cannot be read, or has nothing to measure.
        """
        tomograms = InTurn(sources, self._scratch)
        measuring = Measuring(tomograms, [self._given.get(source.name) for source in sources])
        position = [source.located.position_zyx_angstrom for source in sources]
        cutting = Cutting(tomograms, position, self._box, dtype if lazy else None)
        each = range(len(sources))
        spans = [cutting.spans(number, dtype.itemsize) for number in each]
        all_spans = [span for of_one in spans for span in of_one]
        measured = self._measured(measuring, sources, cutting)
        if keeps(self._crew, cutting, all_spans):
            return self._in_turn(tomograms, measured, cutting, spans)
        for _ in progress.track(measured, measuring.name, len(sources), "tomograms"):
            pass
        tomograms.close()  # where they were too few for others
        return self._from_others(cutting, spans)

    def _measured(
        self, measuring: Measuring, sources: Sequence[Source], cutting: Cutting
    ) -> Iterator[Seen]:
        """Of one tomogram after the other what its boxes will be cut by."""
        spans = [(number, number + 1) for number in range(len(sources))]
        for number, told in enumerate(self._crew.spans(measuring, spans)):
            source, found = sources[number], measuring.statistics(number, told)
            first = first_record(self._known, source)
            before = None if first is None else _statistics_of(first)
            seen = Seen(found, before, is_given=source.name in self._given)
            self.seen.append(seen)
            cutting.used.append(seen.used)
            yield seen

    def _in_turn(
        self,
        tomograms: InTurn,
        measured: Iterator[Seen],
        cutting: Cutting,
        spans: Sequence[Sequence[tuple[int, int]]],
    ) -> Iterator[Any]:
        with closing(tomograms):
            for seen, of_one in zip(measured, spans, strict=True):
                for start, stop in of_one:
                    yield from self._take(cutting.of(start, stop), seen)
                self.seconds = cutting.seconds

    def _from_others(
        self, cutting: Cutting, spans: Sequence[Sequence[tuple[int, int]]]
    ) -> Iterator[Any]:
        owners = [seen for seen, of_one in zip(self.seen, spans, strict=True) for _ in of_one]
        found = self._crew.spans(cutting, [span for of_one in spans for span in of_one])
        for seen, told in zip(owners, found, strict=True):
            yield from self._take(told, seen)

    def _take(self, told: Mapping[str, NDArray[Any]], seen: Seen) -> NDArray[Any]:
        """What is kept of a span, once what was seen in it is counted."""
        finite, n_beyond = told["is_finite"], told["n_beyond"]
        inside = told["inside_fraction"][finite]
        seen.finite.append(finite)
        self.n_border += int((inside < 1).sum())
        seen.n_beyond += int(n_beyond.sum())
        seen.n_boxes_beyond += int((n_beyond > 0).sum())
        self.guess.take(told["contrast"][finite])
        self.inside_fraction.append(inside)
        return told["kept"] if finite.all() else told["kept"][finite]


def first_record(known: Sequence[TomogramRecord], source: Source) -> TomogramRecord | None:
    """What a pool remembers of this tomogram, not of another of its name; None of a new one."""
    for record in known:
        if record.name == source.name and record.is_tomogram(source.file, [source.path]):
            return record
    return None


def _statistics_of(record: TomogramRecord) -> Statistics:
    told_by = record.specimen or BY_SCATTER
    return Statistics(record.center, record.scale, record.empty_share, told_by)
