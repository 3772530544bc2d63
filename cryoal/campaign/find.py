"""A search: the boxes that are most like some given ones, asked as a cycle of its own."""

from __future__ import annotations

import time
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.cycle_folder import require_room, suggestions, write_cycle
from cryoal.campaign.described import current_columns
from cryoal.campaign.lost import lost
from cryoal.campaign.query import Asked, Query
from cryoal.campaign.ready import candidates_for
from cryoal.campaign.trainable import can_train
from cryoal.errors import ConfigError, UnknownKeyError
from cryoal.novelty.alike import likeness
from cryoal.novelty.directions import Directions
from cryoal.progress import SILENT
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.descriptors.columns import Columns
    from cryoal.progress import Progress

__all__ = ["FIND", "directions_of", "find", "known_rows", "likeness_of"]

FIND = "find"
"""What a search is called where a query names its strategy."""
SAMPLE = 2000
"""Boxes that tell how descriptors go together in this pool."""
STEP = 4096
SAID = 3  # examples that are named one by one


def find(
    campaign: Campaign, like: Sequence[str], n: int = 40, *, progress: Progress = SILENT
) -> Query:
    """Ask the `n` boxes that are most like those of the keys `like`; no label is needed.

    Written to ``cycle_NNN/`` as a query is, with the likeness as score. Boxes that are labelled are
    not asked again; an example that is not comes first. The whole pool is
    ranked; chance decides among equals alone.

    Raises
    ------
    UnknownKeyError
        A key that the pool does not have; the message gives the nearest.
    CampaignError
        Fewer than `n` are left to ask.
    ConfigError
        `n` is not positive, or no key is given.
    """
    if n < 1:
        raise ConfigError(f"expected at least 1 box to ask for, found {n}")
    examples = known_rows(campaign, like)
    standing = campaign.standing()
    candidates_for(campaign, n, standing)  # now, not after descriptors were made
    for line in lost(campaign, standing):
        progress.say(line)
    number, pool = campaign.next_cycle(), campaign.pool
    require_room(campaign, number)
    labels = campaign.training_labels(standing)
    began = time.perf_counter()
    columns = current_columns(campaign, progress)
    classifier = None
    if can_train(labels) and campaign.config.classifier.use != "pair":  # never train for a search
        classifier = current_classifier(campaign, labels, progress=progress)
    candidates = candidates_for(campaign, n, campaign.standing())
    score = likeness_of(campaign, columns, candidates, examples)
    chance = stream(campaign.config.seed, "find", number).permutation(len(score))
    best = np.lexsort((chance, -score))[:n]  # copies of a box are taken by chance
    keys = [str(key) for key in pool.keys[candidates[best]]]
    query = Query(
        cycle=number,
        strategy=FIND,
        reason=_said(pool.keys[examples].tolist()),
        seed=campaign.config.seed,
        n_eligible=len(candidates),
        n_subset=len(candidates),
        n_labelled=len(labels),
        asked=tuple(
            Asked(key, float(score[at]), suggestion, probability)
            for key, at, (suggestion, probability) in zip(
                keys, best, suggestions(campaign, classifier, keys), strict=True
            )
        ),
    )
    write_cycle(campaign, query, classifier, labels, {"score": time.perf_counter() - began})
    return query


def directions_of(campaign: Campaign, columns: Columns) -> Directions:
    """How descriptors are compared in this pool."""
    n = len(campaign.pool)
    some = np.unique(np.linspace(0, n - 1, min(SAMPLE, n)).round().astype(np.int64))
    moments = {name: columns.moments(name) for name in columns.names}
    return Directions(
        {name: (m.mean, m.deviation) for name, m in moments.items()},
        {name: columns.read(name, some) for name in columns.names},
    )


def likeness_of(
    campaign: Campaign,
    columns: Columns,
    candidates: NDArray[np.int64],
    examples: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Of each candidate, ``(n,)``, in [-1, 1]; 1 of examples among them."""
    directions = directions_of(campaign, columns)

    def rows(index: NDArray[np.int64]) -> NDArray[np.float32]:
        return directions({name: columns.read(name, index) for name in columns.names})

    parts = [rows(candidates[at : at + STEP]) for at in range(0, len(candidates), STEP)]
    score = likeness(np.concatenate(parts), rows(examples))
    score[np.isin(candidates, examples)] = 1.0
    return score


def known_rows(campaign: Campaign, like: Sequence[str]) -> NDArray[np.int64]:
    """Positions of these keys in the pool, each once, in the order given."""
    if not like:
        raise ConfigError("expected at least one key to look for the likes of, found none")
    wanted = list(dict.fromkeys(like))
    known = campaign.pool.keys.tolist()
    there = set(known)
    for key in wanted:
        if key not in there:
            close = get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise UnknownKeyError(
                f"expected a key of {campaign.typed / 'pool.zarr'}, found {key!r}; did you mean "
                f"{close!r}?"
            )
    return campaign.pool.index(wanted)


def _said(keys: Sequence[str]) -> str:
    named = ", ".join(keys[:SAID])
    more = len(keys) - SAID
    return f"like {named}" + (f" and {more} more" if more > 0 else "")
