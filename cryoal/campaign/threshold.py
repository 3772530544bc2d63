"""A class at a threshold of its probability: which boxes are on which side, and what that is worth.

For a slider: what is sorted and what the audit needs is made once for each class.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.assess import asked_keys, audited, why_not_said
from cryoal.campaign.audit import audit_now
from cryoal.campaign.called import Called
from cryoal.campaign.overview import NONE, overview
from cryoal.commands import command
from cryoal.errors import ConfigError, UnknownNameError
from cryoal.registry import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.estimate.at_threshold import AtThreshold
    from cryoal.estimate.audit import Estimate
    from cryoal.records import Json

__all__ = ["Side", "Thresholds", "at_threshold"]

DIGITS = 1e6
"""``predictions.csv`` has six: a threshold of 0.9 keeps what is written as 0.900000."""


@dataclass(frozen=True)
class Side:
    """Both sides of a threshold.

    Boxes of the audit that nobody has answered and test keys are on neither: who answers one of
    them with its prediction in sight spoils what it measures.
    """

    class_name: str
    p: float
    n_kept: int
    """Boxes that the classifier calls so with at least this probability, and nobody has answered
    about."""
    n_left: int
    """Those with less."""
    n_labelled: int
    """Boxes that experts call so: they go out whatever the threshold."""
    precision: Estimate | None
    """Share of what goes out at this threshold, experts' boxes among it, that is of the class."""
    recall: Estimate | None
    """Share of the boxes of the class that goes out."""
    why_not: str
    """Why neither is known; empty where they are."""
    above: NDArray[np.int64]
    """Rows of the pool of those kept, the least sure first."""
    below: NDArray[np.int64]
    """Rows of those left, the surest first: both begin at the threshold."""

    def as_json(self) -> dict[str, Json]:
        """Everything but the rows, by name."""
        return {
            "class": self.class_name,
            "p": self.p,
            "kept": self.n_kept,
            "left": self.n_left,
            "labelled": self.n_labelled,
            "precision": None if self.precision is None else asdict(self.precision),
            "recall": None if self.recall is None else asdict(self.recall),
            "why_not": self.why_not,
        }


class Thresholds:
    """Thresholds of all classes of a campaign as it stands in `overview`.

    Parameters
    ----------
    overview
        Made from the same campaign; after labels came make another of both.
    """

    def __init__(self, campaign: Campaign, overview: Overview) -> None:
        self._campaign, self._overview = campaign, overview
        self._sorted: dict[int, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}

    def at(self, class_name: str, p: float) -> Side:
        """Both sides of `p`, and what the audit says of it.

        Raises
        ------
        UnknownNameError
            No such class; the message gives the nearest.
        ConfigError
            `p` is not in 0 to 1.
        """
        of = self._number(class_name)
        if not 0 <= p <= 1:
            raise ConfigError(f"expected a threshold in 0 to 1, found {p}")
        rows, probability = self._rows(of)
        first = int(np.searchsorted(probability, p))
        told = None if self._audit is None else self._audit.at(of, p)
        return Side(
            class_name=class_name,
            p=p,
            n_kept=len(rows) - first,
            n_left=first,
            n_labelled=self._n_labelled[of],
            precision=None if told is None else told.precision,
            recall=None if told is None else told.recall,
            why_not=self._audit_and_why_not[1],
            above=rows[first:],
            below=rows[:first][::-1],
        )

    def curve(self, class_name: str, n: int = 100) -> list[tuple[float, int]]:
        """How many boxes are kept from each of `n` + 1 thresholds on, 0 to 1."""
        rows, probability = self._rows(self._number(class_name))
        steps = np.arange(n + 1) / n
        kept = len(rows) - np.searchsorted(probability, steps)
        return list(zip(steps.tolist(), kept.tolist(), strict=True))

    @property
    def _audit(self) -> AtThreshold | None:
        return self._audit_and_why_not[0]

    @cached_property
    def _audit_and_why_not(self) -> tuple[AtThreshold | None, str]:
        from cryoal.estimate.at_threshold import AtThreshold
        from cryoal.estimate.cells import NOT_DRAWN

        campaign, seen = self._campaign, self._overview
        standing = campaign.standing()
        audit = audit_now(campaign, standing)
        if audit is None:
            return None, f"no audit yet: {command('audit', campaign.typed, '-n', 60)}"
        if why_not := why_not_said(campaign, audit):
            return None, why_not
        if seen.told is None:
            return None, f"the pool has not been classified: {command('classify', campaign.typed)}"
        table = self._called()
        given = audited(campaign, standing, audit, table, asked_keys(campaign))
        if not (given.answer != NOT_DRAWN).any():
            return None, "none of the boxes of the audit has been classified"
        return AtThreshold(given), ""

    def _called(self) -> Called:
        """What the classifier calls each box that it was asked about; too novel ones get none."""
        seen, most_novel = self._overview, self._campaign.config.classifier.novel
        assert seen.told is not None
        rows = np.flatnonzero(seen.predicted != NONE)
        called = seen.predicted[rows].astype(np.int64)
        probability = _as_written(seen.probability[rows])
        if most_novel < 1:
            is_novel = seen.told.novelty[rows] > most_novel
            called[is_novel] = len(seen.classes)
            probability[is_novel] = 0.0
        return Called(seen.keys[rows].tolist(), called, probability)

    @cached_property
    def _n_labelled(self) -> list[int]:
        label = self._overview.label
        found: list[int] = np.bincount(
            label[label != NONE], minlength=len(self._overview.classes)
        ).tolist()
        return found

    def _rows(self, of: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Boxes that the classifier decided to be of a class, by probability, ascending."""
        if of not in self._sorted:
            seen = self._overview
            rows = np.flatnonzero((seen.shown == of) & ~seen.is_answered & ~seen.is_held)
            probability = _as_written(seen.probability[rows])
            order = np.argsort(probability, kind="stable")
            self._sorted[of] = rows[order], probability[order]
        return self._sorted[of]

    def _number(self, class_name: str) -> int:
        number = self._overview.number(class_name)
        if number == NONE:
            known = self._overview.classes
            raise UnknownNameError(
                f"expected one of the classes {', '.join(known)}, found {class_name!r}"
                f"{nearest(class_name, known)}"
            )
        return number


def at_threshold(
    campaign: Campaign, class_name: str, p: float, seen: Overview | None = None
) -> Side:
    """One question; who asks several makes :class:`Thresholds` once."""
    return Thresholds(campaign, overview(campaign) if seen is None else seen).at(class_name, p)


def _as_written(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    """As the table has it: float32 of 0.9 is below 0.9."""
    found: NDArray[np.float64] = np.rint(probability.astype(np.float64) * DIGITS) / DIGITS
    return found
