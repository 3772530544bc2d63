"""One cycle, the straight line: learn, draw R_U, look, score, ask."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import without_audit
from cryoal.campaign.cycle_folder import require_room, suggestions, write_cycle
from cryoal.campaign.inherited import can_classify
from cryoal.campaign.inherited_team import can_score
from cryoal.campaign.lost import lost
from cryoal.campaign.query import Asked, Query
from cryoal.campaign.ready import candidates_for, require_answers, require_names
from cryoal.campaign.subset import Drawing, draw_subset
from cryoal.errors import ConfigError
from cryoal.progress import SILENT
from cryoal.scoring.collect import collect
from cryoal.scoring.of_formulas import OfFormulas
from cryoal.seeds import stream
from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.progress import Progress
    from cryoal.scoring.teller import Teller

__all__ = ["select"]

FIRST_SUBSET = 20_000
"""Candidates among which a first query looks for groups: their descriptors are at hand."""

NOTHING_LEARNT = "fewer than two classes are labelled: asked by {first}"


def select(
    campaign: Campaign,
    m: int,
    *,
    strategy: str | None = None,
    seed: int | None = None,
    again: bool = False,
    train: bool = False,
    min_score: float | None = None,
    progress: Progress = SILENT,
) -> Query:
    """Ask the next `m` boxes: one cycle of Sec. III-B, written to ``cycle_NNN/`` in one step.

    Parameters
    ----------
    m
        How many.
    strategy, seed
        In place of those of the config.
    again
        Go on although nothing of the last query has been answered.
    train
        Train the pair, also for a strategy that does not need it.
    min_score
        Ask only about boxes that the picker scored at least so high.

    Raises
    ------
    CampaignError
        Fewer than `m` are left to ask, or the last query has no answer yet.
    ConfigError
        `m` is not positive.
    UnknownNameError
        No such strategy.
    """
    if m < 1:
        raise ConfigError(f"expected at least 1 box to ask for, found {m}")
    if strategy is not None:
        STRATEGIES.require(strategy)
    standing = campaign.standing()
    if not again:
        require_answers(campaign, standing)
    candidates_for(campaign, m, standing, min_score=min_score)  # now, not after a training
    is_cold = not can_classify(campaign, campaign.training_labels(standing))
    require_names(campaign, is_cold=is_cold, strategy=strategy)
    wanted = make_strategy(strategy or campaign.config.query.strategy)
    for line in lost(campaign, standing):
        progress.say(line)
    number, pool = campaign.next_cycle(), campaign.pool
    require_room(campaign, number)
    used_seed = campaign.config.seed if seed is None else seed

    labels = campaign.training_labels(standing)
    classifier, reason = None, None
    if can_score(campaign, labels, wanted.needs):
        from cryoal.campaign.classifier import current_classifier

        classifier = current_classifier(
            campaign, labels, strategy=wanted, seed=seed, train=train, progress=progress
        )
    elif wanted.needs and wanted.cold_needs is None:
        wanted = make_strategy(campaign.config.query.first)
        reason = NOTHING_LEARNT.format(first=wanted.name)

    # as it is now: answers may have come in
    candidates = candidates_for(campaign, m, campaign.standing(), min_score=min_score)
    needs = wanted.needs if classifier else wanted.cold_needs or frozenset()
    n_subset = max(m, round(campaign.config.query.subset_factor * m))
    if classifier is None and needs and campaign.config.classifier.use != "pair":
        n_subset = max(n_subset, FIRST_SUBSET)  # groups of a few dozen boxes would be chance
    n_subset = min(len(candidates), n_subset)
    unsure = without_audit(campaign, standing).abstained
    subset, explored = draw_subset(
        campaign,
        Drawing(candidates, n_subset, m, used_seed, number),
        classifier,
        labels,
        unsure,
        looks=bool(needs),
        explores=strategy is None,
        progress=progress,
    )

    classes = {name: i for i, name in enumerate(campaign.config.classes)}
    labelled = pool.index(list(labels)), np.array([classes[c] for c in labels.values()], np.int64)
    tellers = _tellers(campaign, classifier, needs, progress)
    began = time.perf_counter()
    evidence = collect(
        tellers,
        pool,
        subset,
        needs,
        labelled=labelled,
        crew=campaign.crew,
        device=campaign.config.device,
        progress=progress,
    )
    looked = time.perf_counter()
    rng = stream(used_seed, "strategy", number)
    scores = wanted.score(evidence, rng)
    keys = [*explored.keys, *wanted.select(scores, evidence, m - len(explored.keys), rng)]
    seconds = {"score": looked - began, "select": time.perf_counter() - looked}

    by_key = dict(zip(evidence.keys, scores.tolist(), strict=True))
    query = Query(
        cycle=number,
        strategy=wanted.name,
        reason="; ".join(filter(None, [reason, explored.reason])) or None,
        seed=used_seed,
        n_eligible=len(candidates),
        n_subset=len(subset),
        n_labelled=len(labels),
        asked=tuple(
            Asked(key, by_key.get(key) if needs else None, suggestion, probability)
            for key, (suggestion, probability) in zip(
                keys, suggestions(campaign, classifier, keys), strict=True
            )
        ),
    )
    write_cycle(campaign, query, classifier, labels, seconds)
    return query


def _tellers(
    campaign: Campaign, classifier: Classifier | None, needs: frozenset[str], progress: Progress
) -> list[Teller]:
    """Who tells what a strategy needs; where it needs nothing, nobody who takes torch."""
    if classifier is not None:
        return classifier.tellers()
    if not needs:
        return [OfFormulas()]
    from cryoal.campaign.classifier import looks_before_labels

    return [looks_before_labels(campaign, needs, progress)]
