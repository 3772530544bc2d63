"""One box that is put in front of the annotator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.campaign import Campaign

__all__ = ["Item", "items_of"]


@dataclass(frozen=True)
class Item:
    """One box that is put in front of the annotator."""

    key: str
    row: int
    """Place in the pool."""
    tomogram: str
    position_zyx_angstrom: tuple[float, float, float]
    score: float | None = None
    """What the strategy gave it; None when it was drawn at random."""
    suggestion: str | None = None
    probability: float | None = None
    repeat: bool = False
    """Whether it is shown a second time, to see whether the annotator says the same again."""
    votes: dict[str, str] = field(default_factory=dict)
    """Class by annotator, of a disputed box."""


def items_of(campaign: Campaign, keys: Sequence[str]) -> list[Item]:
    """The boxes of `keys`, in their order, with nothing suggested.

    Raises
    ------
    UnknownKeyError
        A key that the pool does not have.
    """
    pool = campaign.pool
    names, rows = pool.tomogram_names, pool.index(keys)
    return [
        Item(key, row, names[pool.tomogram[row]], tuple(pool.position_zyx_angstrom[row].tolist()))
        for key, row in zip(keys, rows.tolist(), strict=True)
    ]
