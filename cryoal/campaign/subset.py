"""R_U, the candidates that a strategy looks at, and what is asked beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.progress import SILENT
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.progress import Progress

__all__ = ["Drawing", "Explored", "draw_subset", "drawn_less"]

STEP = 2048


class Drawing(NamedTuple):
    """What is drawn from, and how much."""

    candidates: NDArray[np.int64]
    """Places in the pool of all that may be asked."""
    n: int
    """Size of R_U."""
    m: int
    """How many are asked."""
    seed: int
    cycle: int


class Explored(NamedTuple):
    """Boxes that are asked because they are new."""

    keys: list[str]
    reason: str
    """Empty where nothing is explored."""


def draw_subset(
    campaign: Campaign,
    drawing: Drawing,
    classifier: Classifier | None,
    labels: dict[str, str],
    unsure: Collection[str],
    *,
    looks: bool,
    explores: bool,
    progress: Progress = SILENT,
) -> tuple[NDArray[np.int64], Explored]:
    """R_U, ascending, and what is asked because it is new; a box is in one of them at most.

    Parameters
    ----------
    unsure
        What nobody could name: its likes are drawn less.
    looks
        Whether the strategy looks at boxes; one that draws at random is left alone.
    explores
        Whether a share may go to what is new.
    """
    candidates, n, m, seed, cycle = drawing
    explored = Explored([], "")
    if not looks:  # descriptors take torch, which chance does without
        rng = stream(seed, "subset", cycle)
        return np.sort(rng.choice(candidates, min(n, len(candidates)), replace=False)), explored
    from cryoal.campaign.abstentions import likes_of_unsure

    if explores:
        from cryoal.campaign.explore import explore

        rng = stream(seed, "explore", cycle)
        explored = explore(campaign, m, candidates, classifier, labels, unsure, rng, progress)
        candidates = np.setdiff1d(candidates, campaign.pool.index(explored.keys))
    n, least = min(n, len(candidates)), m - len(explored.keys)
    rng = stream(seed, "subset", cycle)
    tell = likes_of_unsure(campaign, labels, unsure, progress)
    if tell is None:
        return np.sort(rng.choice(candidates, n, replace=False)), explored
    return np.sort(drawn_less(candidates, n, least, tell, rng)), explored


def drawn_less(
    candidates: NDArray[np.int64],
    n: int,
    least: int,
    tell: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Up to `n` candidates, none twice: each that is drawn stays out with probability ``tell``.

    So what `tell` is sure of is asked less, whatever the strategy, and not never: a kind is not
    given up for one annotator's doubts. Where that leaves fewer than `least`, those that are most
    probably of another kind come in again.
    """
    order, chance = rng.permutation(candidates), rng.random(len(candidates))
    kept: list[NDArray[np.int64]] = []
    out: list[NDArray[np.int64]] = []
    p_out: list[NDArray[np.float64]] = []
    for start in range(0, len(order), STEP):
        some = order[start : start + STEP]
        p = tell(some)
        stays = chance[start : start + STEP] >= p
        kept.append(some[stays])
        out.append(some[~stays])
        p_out.append(p[~stays])
        if sum(map(len, kept)) >= n:
            break
    found = np.concatenate(kept)[:n]
    if len(found) < least:
        by_p = np.argsort(np.concatenate(p_out), kind="stable")
        again = np.concatenate(out)[by_p][: least - len(found)]
        found = np.concatenate([found, again])
    return found
