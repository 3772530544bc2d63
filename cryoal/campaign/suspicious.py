"""Labels that may be wrong: kept when something is learnt, shown in the queue ``suspicious``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.kept import kept_report
from cryoal.commands import command
from cryoal.data.events import given_in
from cryoal.errors import CampaignError, FileFormatError
from cryoal.how_many import how_many
from cryoal.records import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.campaign import Campaign
    from cryoal.descriptors.columns import Columns
    from cryoal.records import Json

__all__ = ["QUEUE", "Suspect", "doubts_of", "said_of_doubts", "suspects"]

QUEUE = "suspicious"
"""The queue of a review, and its name in the journals."""
FEWEST_SHOWN, MOST_SHOWN = 10, 200
SHARE_SHOWN = 0.1
"""Of all labels; those that look wrong are shown in any case."""


@dataclass(frozen=True)
class Suspect:
    """A label, and what heads say of its box that did not see it."""

    key: str
    label: str
    posterior: float
    """Of the label."""
    suggestion: str
    """The likeliest class."""
    probability: float
    """Of the suggestion."""
    agreement: float
    """The share of heads that give the label's class."""
    looks_wrong: bool


def doubts_of(campaign: Campaign, columns: Columns, labels: Mapping[str, str]) -> Json:
    """What ``classifier.json`` keeps: the most doubtful of `labels`, most doubtful first.

    None where there are too few labels to hold any out.
    """
    found = _judge(campaign, columns, labels)
    if found is None:
        return None
    return {"labels": digest(dict(labels)), "suspects": [asdict(suspect) for suspect in found]}


def suspects(campaign: Campaign) -> list[Suspect]:
    """The most doubtful labels, most doubtful first, those that were looked at again behind them.

    They are those of ``classifier.json`` where only doubtful labels were answered since; else they
    are found anew.

    Raises
    ------
    CampaignError
        Too few labels to hold any out.
    """
    labels = campaign.training_labels()
    found = _kept(campaign, labels)
    if found is None:
        from cryoal.campaign.described import current_columns

        found = _judge(campaign, current_columns(campaign, may_learn=False), labels)
    if found is None:
        from cryoal.heads.doubt import FEWEST

        raise CampaignError(
            f"expected {FEWEST} labels or more, two or more of each of two classes, in "
            f"{campaign.typed}, to hold some out and doubt them, found {len(labels)}"
        )
    done = _looked_at(campaign)
    there = campaign.standing().answered
    return sorted(
        (suspect for suspect in found if suspect.key in there),
        key=lambda suspect: _is_done(suspect, labels, done),
    )


def said_of_doubts(campaign: Campaign, labels: Mapping[str, str]) -> list[str]:
    """A line for `status` where `labels` look wrong that nobody has looked at again.

    Nothing is computed: it is of what was learnt last, and a label that was changed since is in no
    doubt any more.
    """
    found = [suspect for suspect in _read(_report(campaign)) if suspect.looks_wrong]
    if not found:
        return []
    done = _looked_at(campaign)
    n = sum(not _is_done(suspect, labels, done) for suspect in found)
    if not n:
        return []
    return [
        f"{how_many(n, 'label')} may be wrong: "
        f"{command('review', campaign.typed, '--queue', QUEUE)}"
    ]


def _is_done(
    suspect: Suspect, labels: Mapping[str, str], done: Mapping[str, set[str | None]]
) -> bool:
    """Whether the label is another one now, or was given again in this queue."""
    now = labels.get(suspect.key)
    return now != suspect.label or now in done.get(suspect.key, ())


def _looked_at(campaign: Campaign) -> dict[str, set[str | None]]:
    """What was answered in this queue, by key."""
    done: dict[str, set[str | None]] = {}
    for annotator in campaign.labels.annotators():
        events, _ = campaign.labels.events(annotator)
        for answer in given_in(events, QUEUE):
            done.setdefault(answer.key, set()).add(answer.label)
    return done


def _judge(campaign: Campaign, columns: Columns, labels: Mapping[str, str]) -> list[Suspect] | None:
    from cryoal.campaign.free_rows import free_rows
    from cryoal.heads.doubt import FEWEST, doubt

    if len(labels) < FEWEST:
        return None
    classes = campaign.config.classes
    number = {name: i for i, name in enumerate(classes)}
    index, free = campaign.pool.index(list(labels)), free_rows(campaign, labels)
    moments = {name: columns.moments(name) for name in columns.names}
    doubts = doubt(
        {name: columns.read(name, index) for name in columns.names},
        np.array([number[name] for name in labels.values()], np.int64),
        len(classes),
        mean_std={name: (m.mean, m.deviation) for name, m in moments.items()},
        seed=campaign.config.seed,
        unlabelled={name: columns.read(name, free) for name in columns.names},
        groups=campaign.pool.group[index],
    )
    if doubts is None:
        return None
    wrong, keys = doubts.look_wrong(), list(labels)
    shown = max(FEWEST_SHOWN, int(np.ceil(SHARE_SHOWN * len(labels))), int(wrong.sum()))
    order = doubts.order()[: min(shown, MOST_SHOWN, int(doubts.judged.sum()))]
    best = doubts.posterior.argmax(axis=1)
    return [
        Suspect(
            key=keys[at],
            label=labels[keys[at]],
            posterior=float(doubts.of_label[at]),
            suggestion=classes[best[at]],
            probability=float(doubts.posterior[at, best[at]]),
            agreement=float(doubts.agreement[at]),
            looks_wrong=bool(wrong[at]),
        )
        for at in order.tolist()
    ]


def _kept(campaign: Campaign, labels: Mapping[str, str]) -> list[Suspect] | None:
    """What was kept of `labels`, of which doubtful ones alone may have been answered since."""
    report = _report(campaign)
    found = _read(report)
    before = {**labels, **{suspect.key: suspect.label for suspect in found}}
    if not found or digest(before) != report["doubts"]["labels"]:
        return None
    return found


def _report(campaign: Campaign) -> dict[str, Any]:
    try:
        return kept_report(campaign) or {}
    except FileFormatError:  # a cache: as good as none
        return {}


def _read(report: Mapping[str, Any]) -> list[Suspect]:
    """Those of a report; none of one that was written before labels were doubted."""
    kept = report.get("doubts")
    try:
        return [Suspect(**fields) for fields in kept["suspects"]] if kept else []
    except (KeyError, TypeError):  # of a newer cryoal: as good as none
        return []
