"""What the report tells, read from the small files of the campaign."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.audit import members
from cryoal.campaign.decisions import DECIDED_BY
from cryoal.campaign.kept import deletable, kept_report
from cryoal.campaign.predictions import are_current, read_predictions
from cryoal.campaign.query import read_query
from cryoal.campaign.reports import read_report
from cryoal.errors import FileFormatError
from cryoal.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.decisions import DecidedBy
    from cryoal.campaign.query import Query
    from cryoal.data.labels import Standing

__all__ = ["Classified", "Facts", "Stage", "gather"]


@dataclass(frozen=True)
class Stage:
    """What was learnt for a cycle, or from the labels of now."""

    name: str
    """``cycle 1``, or ``now``."""
    query: Query | None
    """None for ``now``."""
    n_labelled: int
    """Labels there were when it was made."""
    trained: bool
    """Whether there is a pair of these labels."""
    classifier: dict[str, Any] | None
    """What is told of the classifier; None before there are labels of two classes."""
    seconds: dict[str, float]
    history: dict[str, list[float]]
    test: dict[str, Any] | None
    environment: dict[str, Any]


@dataclass(frozen=True)
class Classified:
    """What ``predictions.csv`` holds."""

    classifier: str
    counts: dict[DecidedBy, Counter[str | None]]
    """Boxes of each class (None: of no class), by who decided."""
    is_current: bool


@dataclass(frozen=True)
class Facts:
    """Everything but the boxes."""

    classes: tuple[str, ...]
    stages: tuple[Stage, ...]
    """The cycles in order; then ``now``, when something was learnt after the last of them."""
    standing: Standing
    training: dict[str, str]
    """Class of each key that may be trained on."""
    test: dict[str, str]
    """Class of each key kept for measuring."""
    audit: tuple[str, ...]
    """The boxes of the audit."""
    annotators: tuple[str, ...]
    classified: Classified | None

    @property
    def cycles(self) -> tuple[tuple[Stage, Query], ...]:
        """The stages that asked, each with its query."""
        return tuple((stage, stage.query) for stage in self.stages if stage.query is not None)

    @property
    def measured(self) -> tuple[tuple[Stage, dict[str, Any]], ...]:
        """The stages that were measured on the test set, each with what was measured."""
        return tuple((s, s.test) for s in self.stages if s.classifier and s.test is not None)

    @property
    def last_trained(self) -> Stage | None:
        """The newest pair."""
        return next((stage for stage in reversed(self.stages) if stage.trained), None)

    @property
    def last_learnt(self) -> Stage | None:
        """The newest classifier."""
        return next((stage for stage in reversed(self.stages) if stage.classifier), None)


def gather(campaign: Campaign) -> Facts:
    """Read every small file of `campaign`.

    Raises
    ------
    FileFormatError
        A file is not what cryoal wrote.
    LabelError
        A damaged journal.
    """
    stages = [
        _stage(read_report(f / "report.json"), f / "environment.json", read_query(f))
        for f in campaign.cycles()
    ]
    if (kept := kept_report(campaign)) is not None:
        # that of a cycle stays until labels come in: then it has the cycle's number
        number = kept.get("cycle")
        if number not in {stage.query.cycle for stage in stages if stage.query is not None}:
            environment = campaign.path / "model" / "environment.json"
            with deletable(environment.parent):
                stages.append(_stage(kept, environment, None))
    classified = None
    if campaign.has_pool and (campaign.path / "predictions.csv").exists():
        with suppress(FileFormatError):  # of other classes, or edited: as good as none
            predictions = read_predictions(campaign)
            counts = {who: Counter[str | None]() for who in DECIDED_BY}
            names = [None, *predictions.classes]
            both = predictions.decided.astype(np.int64) * len(names) + predictions.called + 1
            each = np.bincount(both, minlength=len(DECIDED_BY) * len(names))
            for who, row in zip(DECIDED_BY, each.reshape(-1, len(names)).tolist(), strict=True):
                counts[who].update({name: n for name, n in zip(names, row, strict=True) if n})
            if not counts["novel"]:  # mostly nothing is left without a class for it
                del counts["novel"]
            classified = Classified(predictions.classifier, counts, are_current(campaign))
    return Facts(
        classes=campaign.config.classes,
        stages=tuple(stages),
        standing=campaign.standing(),
        training=campaign.training_labels(),
        test=campaign.test_labels(),
        audit=tuple(members(campaign)) if campaign.has_pool else (),
        annotators=tuple(campaign.labels.annotators()),
        classified=classified,
    )


def _stage(report: dict[str, Any], environment: Path, query: Query | None) -> Stage:
    old = {"name": "teacher", "n_labelled": report["n_labelled"]} if report["trained"] else None
    return Stage(
        name="now" if query is None else f"cycle {query.cycle}",
        query=query,
        n_labelled=report["n_labelled"],
        trained=report["trained"],
        classifier=report.get("classifier") or old,
        seconds=dict(report["seconds"]),
        history=dict(report["history"]),
        test=report["test"],
        environment=read_json(environment) if environment.exists() else {},
    )
