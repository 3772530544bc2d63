"""The boxes of a query as cards: the picture, what was suggested, what the expert said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cryoal.campaign.thumbnails import picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.query import Asked, Query
    from cryoal.data.labels import Standing
    from cryoal.data.pool import Pool

__all__ = ["MOST", "Card", "cards", "pictures", "votes_said"]

MOST = 48
"""Cards shown of one query, the most informative first."""

Verdict = Literal["agrees", "differs", "answered", "abstained", "disputed", "open"]


@dataclass(frozen=True)
class Card:
    """One box that was asked."""

    key: str
    tomogram: str
    image: str
    """``data:`` URI of a PNG."""
    suggestion: str | None
    probability: float | None
    score: float | None
    verdict: Verdict
    answer: str
    """The expert's answer in words."""


def cards(query: Query, pool: Pool, standing: Standing) -> list[Card]:
    """The first :data:`MOST` boxes of `query`."""
    shown = query.asked[:MOST]
    keys = [asked.key for asked in shown]
    made = []
    for asked, row, image in zip(shown, pool.index(keys), pictures(pool, keys), strict=True):
        verdict, answer = _answer(asked, standing)
        made.append(
            Card(
                key=asked.key,
                tomogram=pool.tomogram_names[pool.tomogram[row]],
                image=image,
                suggestion=asked.suggestion,
                probability=asked.probability,
                score=asked.score,
                verdict=verdict,
                answer=answer,
            )
        )
    return made


def pictures(pool: Pool, keys: Sequence[str]) -> list[str]:
    """The picture of each key, with the contrast of its tomogram."""
    if not keys:
        return []
    boxes = pool.read_shown(pool.index(keys))
    return [picture(np.asarray(box, dtype=np.float32)) for box in boxes]


def votes_said(votes: dict[str, str]) -> str:
    """Who says what: ``anna: rod, ben: ring``."""
    return ", ".join(f"{annotator}: {label}" for annotator, label in sorted(votes.items()))


def _answer(asked: Asked, standing: Standing) -> tuple[Verdict, str]:
    if asked.key in standing.labelled:
        answer = standing.labelled[asked.key]
        if asked.suggestion is None:
            return "answered", answer
        return ("agrees" if answer == asked.suggestion else "differs"), answer
    if asked.key in standing.abstained:
        return "abstained", "cannot say"
    if asked.key in standing.disputed:
        return "disputed", votes_said(standing.disputed[asked.key])
    return "open", "not answered yet"
