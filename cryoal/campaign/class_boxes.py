"""Some boxes of a class to look at: those it is surest of, least sure, at a threshold, any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from cryoal.campaign.trust import SHARE, read_trust, thresholds
from cryoal.commands import command
from cryoal.errors import CampaignError, ConfigError, UnknownNameError
from cryoal.registry import nearest
from cryoal.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview

__all__ = ["WHICH", "ClassBoxes", "Which", "boxes_of_class", "known_threshold", "predicted_rows"]

Which: TypeAlias = Literal["surest", "least", "threshold", "random", "labelled"]

WHICH: tuple[Which, ...] = get_args(Which)
"""``surest`` and ``least`` by the classifier's probability of the class; ``threshold``: the nearest
to one, on both sides; ``random``; ``labelled``: those that an expert called so."""


@dataclass(frozen=True)
class ClassBoxes:
    """Boxes of one class in the order in which they are shown."""

    name: str
    said: str
    """Which these are, in a few words."""
    rows: NDArray[np.int64]
    """In the pool."""
    probability: NDArray[np.float32]
    """The classifier's, of the class; nan where an expert decided."""
    n_all: int
    """How many there are of which these are some."""


def boxes_of_class(
    campaign: Campaign,
    whole: Overview,
    name: str,
    which: Which = "surest",
    most: int = 32,
    *,
    threshold: float | None = None,
    seed: int | None = None,
) -> tuple[ClassBoxes, ...]:
    """At most `most` boxes of the class `name`; two groups for ``threshold``: kept and left out.

    Only boxes that the classifier decided, unless ``labelled``. Boxes of the audit and test keys
    are never among them: who has seen how they come out answers them otherwise.

    Parameters
    ----------
    threshold
        Probability from which on boxes are kept; None: from which on labels tell that nine of ten
        are right (:mod:`cryoal.campaign.trust`).
    seed
        For ``random``; the campaign's where None.

    Raises
    ------
    UnknownNameError
        No such class.
    ConfigError
        No threshold was given, and nothing tells one.
    CampaignError
        Nothing has been classified yet.
    """
    number = whole.number(name)
    if number < 0:
        raise UnknownNameError(f"no class called {name!r}{nearest(name, whole.classes)}")
    if which == "labelled":
        rows = np.flatnonzero((whole.label == number) & ~whole.is_held)
        p = np.full(len(rows), np.nan, np.float32)
        return (_some("labelled by an expert", name, rows[:most], p[:most], len(rows)),)
    rows = predicted_rows(campaign, whole, name)
    p, n = whole.probability[rows], len(rows)
    falling = np.lexsort((rows, -p))  # equals in the order of the pool
    if which == "surest":
        at = falling[:most]
        return (_some("surest", name, rows[at], p[at], n),)
    if which == "least":
        at = falling[::-1][:most]
        return (_some("least sure", name, rows[at], p[at], n),)
    if which == "random":
        chance = stream(campaign.config.seed if seed is None else seed, "montage", name)
        at = np.sort(chance.permutation(n)[:most])
        return (_some("drawn at random", name, rows[at], p[at], n),)
    least = known_threshold(campaign, name) if threshold is None else threshold
    if least is None:
        raise ConfigError(
            f"expected --threshold P, as nothing tells from which probability on "
            f"{100 * SHARE:.0f} % of {name!r} are right, found none "
            f"({command('audit', campaign.typed, '-n', 60)} would tell)"
        )
    is_kept = p[falling] >= np.float32(least)
    kept, left = falling[is_kept], falling[~is_kept]
    if not len(left):
        at = kept[-most:]
        kept_at = f" at p >= {least:g}" if least > 0 else ""
        return (_some(f"least sure, all are kept{kept_at}", name, rows[at], p[at], n),)
    groups = (
        (f"just kept at p >= {least:g}", kept[-(most - most // 2) :], len(kept)),
        (f"just left out at p >= {least:g}", left[: most // 2], len(left)),
    )
    return tuple(_some(said, name, rows[at], p[at], of) for said, at, of in groups)


def predicted_rows(campaign: Campaign, whole: Overview, name: str) -> NDArray[np.int64]:
    """Rows of the boxes that the classifier alone calls `name`, those of the audit left out.

    Raises
    ------
    CampaignError
        Nothing has been classified yet.
    """
    if whole.told is None:
        raise CampaignError(
            f"expected a classification in {campaign.typed}, found none: "
            f"{command('classify', campaign.typed)}"
        )
    is_called = whole.shown == whole.number(name)
    found: NDArray[np.int64] = np.flatnonzero(is_called & ~whole.is_answered & ~whole.is_held)
    return found


def known_threshold(campaign: Campaign, name: str) -> float | None:
    """The probability from which on labels tell that nine of ten boxes are right; None: unknown."""
    trust = read_trust(campaign)
    return None if trust is None else thresholds(trust, SHARE).get(name)


def _some(
    said: str, name: str, rows: NDArray[np.int64], p: NDArray[np.float32], n_all: int
) -> ClassBoxes:
    return ClassBoxes(name, said, rows, p, n_all)
