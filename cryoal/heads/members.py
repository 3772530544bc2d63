"""Who says the same: the heads that a classifier is the mean of, asked one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.heads.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cryoal.heads.base import FittedHead

__all__ = ["NO_VOTE", "Member", "Members", "agreement"]

NO_VOTE = -1
"""In place of a class: the member diverged, or its logits are no numbers."""


class Member(NamedTuple):
    """One head and the columns that it sees."""

    fitted: FittedHead
    columns: NDArray[np.int64]


class Members:
    """Heads that were fitted to the same labels, each on columns of its own."""

    def __init__(self, each: Sequence[Member]) -> None:
        self._each = list(each)
        self._runs = [list(_runs(member.columns)) for member in each]

    def __len__(self) -> int:
        return len(self._each)

    def logits(self, rows: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """``(m, n_classes)`` of each member in turn; `rows`, ``(m, width)``, are all columns."""
        for member, runs in zip(self._each, self._runs, strict=True):
            head = member.fitted
            if isinstance(head, Linear):  # blocks stand side by side, so nothing is copied
                yield sum(
                    (rows[:, there] @ head.weight[:, own].T for own, there in runs), head.bias
                )
            else:
                yield head.logits(rows[:, member.columns])

    def votes(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """``(m, members)``: the class that each gives each row, :data:`NO_VOTE` if it has none."""
        found = np.empty((len(rows), len(self)), np.int64)
        for at, logits in enumerate(self.logits(rows)):
            best = logits.argmax(axis=1)  # the first that is not a number, where one is
            top = logits[np.arange(len(best)), best]
            found[:, at] = np.where(np.isfinite(top), best, NO_VOTE)
        return found


def agreement(votes: NDArray[np.int64], classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of members whose class is that of the classifier.

    Parameters
    ----------
    votes
        ``(m, members)``, as of :meth:`Members.votes`.
    classes
        ``(m,)``, the classifier's.

    Returns
    -------
    numpy.ndarray
        ``(m,)`` in [0, 1]; nan where fewer than two members have a vote: nobody to agree.

    Examples
    --------
    >>> votes = np.array([[0, 0, 1, 0], [2, -1, 2, 2], [1, -1, -1, -1]])
    >>> agreement(votes, np.array([0, 2, 1])).tolist()
    [0.75, 1.0, nan]
    """
    voting = (votes != NO_VOTE).sum(axis=1)
    same = (votes == classes[:, None]).sum(axis=1)
    return np.where(voting >= 2, same / np.maximum(voting, 1), np.nan)


def _runs(columns: NDArray[np.int64]) -> Iterator[tuple[slice, slice]]:
    """Stretches of neighbouring columns: where they stand in `columns`, and among all."""
    breaks = np.flatnonzero(np.diff(columns) != 1) + 1
    for own in np.split(np.arange(len(columns)), breaks):
        if len(own):
            first = int(columns[own[0]])
            yield slice(int(own[0]), int(own[-1]) + 1), slice(first, first + len(own))
