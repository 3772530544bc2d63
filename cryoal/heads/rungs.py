"""From which probability on the class that is told is right often enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from cryoal.heads.evidence import Evidence

__all__ = ["PROBABILITIES", "Rung", "rungs", "smallest"]

PROBABILITIES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Few and round: of many, the one would be picked that looks best by chance."""
FEWEST_BOXES = 5
PRIOR_ROWS = 8.0
"""Held-out labels of a class that what is thought before them counts as."""
HIDDEN = 0.1


class Rung(NamedTuple):
    """Boxes of one class whose probability is at least `probability`."""

    probability: float
    expected: float
    """The share of them that is expected to be right."""
    at_least: float
    """A share that is fallen short of seldom."""


def rungs(evidence: Evidence) -> list[list[Rung]]:
    r"""For each class one rung for each of :data:`PROBABILITIES` that enough boxes reach.

    Of the m boxes in the sample that are said to be of the class with a probability of at least t,
    let q be the mean posterior by heads that did not see them, but no more than the share of all
    held-out labels, whatever is said of them, that are right at this probability. Of the n labels
    that are said to be of the class when they are held out, with at least t, let k be right. Then

    .. math:: e = (8 q + k) / (8 + n) - h, \qquad e - \sqrt{e (1 - e) / m}

    are what is expected and what it is at least. h is the share of these boxes that may be of
    classes that have no label, were all of those here (:meth:`Evidence.most_hidden`).

    The labels need not be random: queries ask what is hard, so k / n is rather too low.
    """
    said = evidence.said.argmax(axis=1)
    held_out = evidence.held_out.argmax(axis=1)
    all_right = held_out == evidence.classes
    all_sure = evidence.held_out.max(axis=1)
    hidden = evidence.most_hidden(HIDDEN) * len(said)
    found = []
    for c in range(evidence.said.shape[1]):
        of_class, labels = said == c, held_out == c
        p, q = evidence.said[of_class, c], evidence.unseen[of_class, c]
        sure, right = evidence.held_out[labels, c], evidence.classes[labels] == c
        some = []
        for t in PROBABILITIES:
            there, known = p >= t, sure >= t
            m, n = int(there.sum()), int(known.sum())
            if m < FEWEST_BOXES:
                break
            before = float(q[there].mean())
            if (all_sure >= t).any():
                before = min(before, float(all_right[all_sure >= t].mean()))
            share = (PRIOR_ROWS * before + float(right[known].sum())) / (PRIOR_ROWS + n)
            expected = min(max(share - hidden / m, 0.0), 1.0)
            short = np.sqrt(expected * (1.0 - expected) / m)
            some.append(Rung(t, expected, max(expected - float(short), 0.0)))
        found.append(some)
    return found


def smallest(some: list[Rung], share: float) -> float | None:
    """The smallest probability from which on at least `share` is right; None: unknown.

    Examples
    --------
    >>> some = [Rung(0.0, 0.7, 0.6), Rung(0.5, 0.94, 0.91), Rung(0.9, 0.99, 0.97)]
    >>> smallest(some, 0.9), smallest(some, 0.98)
    (0.5, None)
    """
    return next((rung.probability for rung in some if rung.at_least >= share), None)
