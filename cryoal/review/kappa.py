"""Agreement beyond chance: Cohen's kappa of two, Fleiss' of any number of annotators."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FEWEST", "cohen_kappa", "fleiss_kappa"]

FEWEST = 2
"""Boxes: one alone would give 0 or nothing, whatever was said of it."""


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """(p_o - p_e) / (1 - p_e) of two annotators' classes of the same boxes (Cohen, 1960).

    None with fewer than :data:`FEWEST` boxes, of which the shares of the classes are no estimate of
    chance, and where both gave one and the same class throughout: then chance alone would agree as
    well, and kappa is 0 / 0.

    Examples
    --------
    >>> pairs = 20 * [("y", "y")] + 5 * [("y", "n")] + 10 * [("n", "y")] + 15 * [("n", "n")]
    >>> round(cohen_kappa(pairs), 10)  # p_o = .7, p_e = .5 * .6 + .5 * .4 = .5
    0.4
    """
    n = len(pairs)
    if n < FEWEST:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / n
    by_chance = sum(first[name] * second[name] for name in first) / n**2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def fleiss_kappa(votes: Sequence[Sequence[str]]) -> float | None:
    """Fleiss' kappa (1971) of boxes that each had two votes or more, not all the same number.

    The agreement of a box is the share of pairs of its votes that are equal; the mean over boxes is
    set against the sum of the squared shares of the classes among all votes. With the same number
    of votes for each box this is the published formula. Boxes with one vote are left out. None when
    fewer than :data:`FEWEST` are left, or only one class was ever named.
    """
    several = [Counter(of_one) for of_one in votes if len(of_one) > 1]
    if len(several) < FEWEST:
        return None
    alike = [
        sum(k * (k - 1) for k in counts.values()) / (counts.total() * (counts.total() - 1))
        for counts in several
    ]
    everything = sum(several, Counter[str]())
    by_chance = sum((k / everything.total()) ** 2 for k in everything.values())
    observed = sum(alike) / len(alike)
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)
