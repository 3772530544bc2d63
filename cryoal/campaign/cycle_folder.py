"""The folder of one cycle: room for it, what it suggests, and how it is written in one step."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.learnt import keep_report
from cryoal.campaign.query import Query, write_query
from cryoal.errors import CampaignError
from cryoal.records import entries, environment, is_there, write_json

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier

__all__ = ["require_room", "suggestions", "write_cycle"]


def require_room(campaign: Campaign, number: int) -> None:
    """Raise CampaignError where the cycle could not be put in the end: now, not after training."""
    folder = campaign.path / f"cycle_{number:03d}"
    if is_there(folder) and (not folder.is_dir() or entries(folder)):
        raise CampaignError(
            f"expected no {folder.name} yet, found one without its query.json in {campaign.path}: "
            "restore that file from a copy, or move the folder out of the campaign"
        )


def suggestions(
    campaign: Campaign, classifier: Classifier | None, keys: list[str]
) -> list[tuple[str | None, float | None]]:
    """The classifier's class of each key and its probability, whatever strategy asked for it."""
    if classifier is None:
        return [(None, None)] * len(keys)
    log_p = classifier.log_posterior(campaign.pool, campaign.pool.index(keys))
    best = log_p.argmax(axis=1)
    return [
        (campaign.config.classes[c], float(np.exp(row[c])))
        for row, c in zip(log_p, best, strict=True)
    ]


def write_cycle(
    campaign: Campaign,
    query: Query,
    classifier: Classifier | None,
    labels: dict[str, str],
    seconds: dict[str, float],
) -> None:
    """Write everything about the cycle of `query`, learnt from `labels`, or nothing."""
    name = f"cycle_{query.cycle:03d}"
    staged = campaign.path / f".{name}.tmp"
    shutil.rmtree(staged, ignore_errors=True)  # left by a process that was killed
    staged.mkdir()
    try:
        report: dict[str, Any] = {"trained": False, "seconds": {}, "history": {}, "test": None}
        if classifier is not None:
            report = keep_report(campaign, classifier, labels)
            trained = classifier.trained
            if trained is not None and trained.report["trained"]:  # not a model's: it stays there
                for role in trained.team.models():
                    shutil.copy2(trained.folder / f"{role}.safetensors", staged)
        counts = Counter(labels.values())
        report |= {
            "cycle": query.cycle,
            "n_labelled": len(labels),
            "labels": {c: counts[c] for c in campaign.config.classes},
            "seconds": report["seconds"] | seconds,
        }
        report.pop("doubts", None)  # those of now are in classifier.json
        write_json(staged / "report.json", report)
        write_json(staged / "environment.json", environment())
        write_query(staged, query, campaign.pool)
        staged.rename(campaign.path / name)  # the commit: before it there is no such cycle
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
