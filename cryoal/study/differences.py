"""How far strategies are from the reference, said so that it holds for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryoal.estimate.several import each_level, holm
from cryoal.estimate.student import Interval, mean_interval, student_quantile
from cryoal.study.arrange import accuracy
from cryoal.study.statistics import paired_t_test
from cryoal.study.table import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.study.arrange import Cells, Measure

__all__ = ["REFERENCE", "Difference", "against", "differences", "in_words"]

REFERENCE = "random"
"""The strategy that the others are held against."""

ALPHA = 0.05


@dataclass(frozen=True)
class Difference:
    """A strategy less the reference, over the seeds that both were run on."""

    over: Interval
    """The mean difference; the intervals of all strategies hold at once in 95 % of the studies."""
    t: float | None
    p: float | None
    """Two-sided and corrected for the number of strategies; None where there is no test."""

    @property
    def verdict(self) -> Literal["above", "below", "not shown"]:
        """What holds after correction."""
        if self.p is None or self.p >= ALPHA:
            return "not shown"
        return "above" if self.over.mean > 0 else "below"


def differences(cells: Cells, measure: Measure = accuracy) -> dict[str, Difference]:
    """Areas under the curve less those of the reference, of each strategy that has pairs."""
    areas = cells.areas(measure)
    return against({s: areas[s] for s in cells.strategies}, REFERENCE)


def against(values: Mapping[str, Mapping[int, float]], reference: str) -> dict[str, Difference]:
    """What each of `values` ``[strategy][seed]`` is over the `reference`, by pairs of a seed.

    Student's t of the pairs; p values by Holm, and intervals by Bonferroni, over all strategies
    that are compared: of strategies that are all equal, one or more are found to differ in at
    most 5 % of all studies. A permutation of signs would need six seeds before it could find
    anything.
    """
    of = values.get(reference, {})
    pairs = {
        s: (list(map(found.__getitem__, both)), list(map(of.__getitem__, both)))
        for s, found in values.items()
        if s != reference and (both := [seed for seed in found if seed in of])
    }
    tests = {s: paired_t_test(*pair) for s, pair in pairs.items()}
    n = sum(len(first) > 1 for first, _ in pairs.values())
    # a tie in every seed is no evidence, but it is one of the comparisons
    p = [1.0 if test is None else test[1] for s, test in tests.items() if len(pairs[s][0]) > 1]
    corrected = iter(holm(p))
    found = {}
    for s, (first, second) in pairs.items():
        over = mean_interval(
            (a - b for a, b in zip(first, second, strict=True)), level=each_level(1 - ALPHA, n)
        )
        test = tests[s]
        sure = next(corrected) if len(first) > 1 else None
        if test is not None and abs(test[0]) == float("inf"):  # alike in every seed: no spread
            over = Interval(over.mean, None, None, over.n)
        found[s] = Difference(over, test[0] if test else None, sure if test else None)
    return found


def in_words(
    found: Mapping[str, Difference],
    reference: str = REFERENCE,
    *,
    marked: frozenset[str] = frozenset(),
) -> str:
    """Which differences hold, in a sentence; empty where nothing was tested."""
    tested = {s: d for s, d in found.items() if d.over.n > 1}
    if not tested:
        return ""
    sides = {
        side: [f"{s} {MARK}" if s in marked else s for s, d in tested.items() if d.verdict == side]
        for side in ("above", "below")
    }
    told = [f"{side} {reference}: {', '.join(names)}" for side, names in sides.items() if names]
    n = len(tested)
    of = f"{n} comparisons" if n > 1 else "one comparison"
    if told:
        return f"Corrected for {of}, these differences hold: {'; '.join(told)}."
    said = f"Corrected for {of}, no difference from {reference} holds"
    halves = sorted(d.over.half for d in tested.values() if d.over.half is not None)
    if halves:
        n_seeds = max(d.over.n for d in tested.values())
        times = student_quantile((1 + each_level(1 - ALPHA, n)) / 2, n_seeds - 1)
        said += (
            f": on {n_seeds} seeds one must be {times:.{0 if times >= 10 else 1}f} times its"
            f" standard error, here {100 * halves[len(halves) // 2]:.1f} points (median)"
        )
    return f"{said}."
