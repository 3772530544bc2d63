"""How the suggestions compare with what the experts then answered: a measure without a test set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.query import Query
    from cryoal.data.labels import Standing

__all__ = ["Agreement", "agreement", "confusion"]


@dataclass(frozen=True)
class Agreement:
    """Of one query, the boxes that have both a suggestion and an answer."""

    pairs: tuple[tuple[str, str], ...]
    """Answer and suggestion of each."""

    @property
    def n(self) -> int:
        """How many could be compared."""
        return len(self.pairs)

    @property
    def n_agree(self) -> int:
        """For how many the suggestion was the answer."""
        return sum(answer == suggestion for answer, suggestion in self.pairs)


def agreement(query: Query, standing: Standing) -> Agreement:
    """The suggestions of `query` beside the answers as they stand now.

    The suggestion was made before the answer was known ("prequential": first predict, then learn).
    Abstentions, disputes and boxes without an answer are left out.
    """
    return Agreement(
        tuple(
            (standing.labelled[asked.key], asked.suggestion)
            for asked in query.asked
            if asked.suggestion is not None and asked.key in standing.labelled
        )
    )


def confusion(pairs: Sequence[tuple[str, str]], classes: Sequence[str]) -> list[list[int]]:
    """Counts of ``(answer, suggestion)``, rows answers, columns suggestions."""
    return [[sum(pair == (a, s) for pair in pairs) for s in classes] for a in classes]
