"""What the audit says of the last classification; nothing is trained, and no box is read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import audit_now, without_audit
from cryoal.campaign.predictions_table import read_predictions
from cryoal.campaign.query import read_query
from cryoal.commands import command
from cryoal.errors import CampaignError, FileFormatError
from cryoal.records import digest, read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.audit import AuditNow
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions_table import Predictions
    from cryoal.data.labels import Standing
    from cryoal.estimate.audit import Estimates
    from cryoal.estimate.cells import Audited
    from cryoal.records import Json

__all__ = ["Assessment", "assess", "audited"]


@dataclass(frozen=True)
class Assessment:
    """The audit as it stands, and what it says."""

    classes: tuple[str, ...]
    n_audit: int
    """Boxes of the audit."""
    n_open: int
    """Those that have no answer yet."""
    n_left: int
    """Those that it lost to queries and to files of labels: they are labels now."""
    n_given: int
    """Those that were given to training."""
    why_not: str
    """Why nothing can be said; empty where something can."""
    estimates: Estimates | None = None
    boxes: int = 0
    """Boxes of which something is said."""
    n_asked: int = 0
    """Boxes that a query asks and nobody has answered: nothing is said of them."""
    is_late: bool = False
    """Whether labels or boxes came since the classification that was judged."""
    half_width: float = 0.0
    """Of the interval of the accuracy."""
    extra: int = 0
    """How many boxes more would make `half_width_then` of it."""
    half_width_then: float = 0.0

    def as_json(self) -> Json:
        """Every fact by name."""
        facts = asdict(self)
        if self.estimates is not None:
            of_class = zip(self.classes, facts["estimates"]["classes"], strict=True)
            facts["estimates"]["classes"] = dict(of_class)
            for row in facts["estimates"]["thresholds"]:
                row["of"] = None if row["of"] is None else self.classes[row["of"]]
        return facts


def assess(
    campaign: Campaign,
    standing: Standing | None = None,
    *,
    predictions: Predictions | None = None,
    thresholds: Sequence[float] | None = None,
    upto: int | None = None,
) -> Assessment | None:
    """What the audit says of `predictions` (None: the last); None where nothing was ever drawn.

    Parameters
    ----------
    thresholds
        Probabilities from which on boxes are told of; None:
        :data:`~cryoal.estimate.audit.THRESHOLDS`.
    upto
        Only the audit boxes of so many draws, the first ones; None: all.

    Raises
    ------
    FileFormatError
        A damaged ``audit.json``, query or journal.
    """
    standing = standing or campaign.standing()
    audit = audit_now(campaign, standing)
    if audit is None:
        return None
    table, why_not = predictions, _why_not(campaign, audit)
    if table is None and not why_not:
        try:
            table = read_predictions(campaign)
        except CampaignError:
            why_not = f"the pool has not been classified: {command('classify', campaign.typed)}"
        except FileFormatError as error:  # of other classes, or edited
            why_not = str(error)
    bare = Assessment(
        classes=tuple(campaign.config.classes),
        n_audit=len(audit.keys),
        n_open=len(audit.open),
        n_left=audit.n_left,
        n_given=len(audit.given),
        why_not=why_not,
    )
    if why_not or table is None:
        return bare
    from cryoal.estimate.audit import THRESHOLDS, estimates, half_width_with

    asked = _asked(campaign)
    given = audited(campaign, standing, audit, table, asked, upto=upto)
    found = estimates(given, THRESHOLDS if thresholds is None else thresholds)
    if not found.n:
        return replace(bare, why_not="none of its boxes has been classified")
    extra = len(audit.keys)
    return replace(
        bare,
        estimates=found,
        boxes=len(given.answer) + len(given.known),
        n_asked=len(asked.intersection(audit.outside)),
        is_late=predictions is None and _is_late(campaign, standing),
        half_width=(found.accuracy.high - found.accuracy.low) / 2,
        extra=extra,
        half_width_then=half_width_with(given, extra),
    )


def audited(
    campaign: Campaign,
    standing: Standing,
    audit: AuditNow,
    predictions: Predictions,
    asked: set[str],
    *,
    upto: int | None = None,
) -> Audited:
    """The boxes that `predictions` and the audit know, as numbers.

    Left out are boxes that nobody could name, those that a query asks (`asked`) and that are in no
    stratum (they were chosen, and the audit holds none like them), and those that came after the
    predictions. Other boxes that came after the last draw are a stratum of their own.
    """
    from cryoal.estimate.cells import NOT_DRAWN, NOT_NAMED, Audited

    place = {name: number for number, name in enumerate(campaign.config.classes)}
    stratum_of = {key: n for n, one in enumerate(audit.strata) for key in one.boxes}
    late = len(audit.strata)
    stratum_of |= {key: late for key in audit.outside if key not in asked}
    draw_of = campaign.audit.drawn() if upto is not None else {}
    answers = {key: place.get(name, NOT_NAMED) for key, name in audit.named.items()}
    answers |= dict.fromkeys(audit.unnamed, NOT_NAMED)
    if upto is not None:
        answers = {key: answer for key, answer in answers.items() if draw_of[key] <= upto}
    labelled = without_audit(campaign, standing)
    known = {**campaign.test_labels(), **labelled.labelled}
    called = predictions.probability.argmax(axis=1)
    probability = predictions.probability.max(axis=1)
    frame: list[tuple[int, int, int]] = []
    certain: list[tuple[int, int, int, bool]] = []
    for row, key in enumerate(predictions.keys):
        stratum = stratum_of.get(key)
        if stratum is not None:
            frame.append((row, stratum, answers.get(key, NOT_DRAWN)))
        elif known.get(key) in place and key not in labelled.disputed:
            by_expert = key in labelled.labelled
            its_class = place[known[key]]
            out = its_class if by_expert else int(called[row])
            certain.append((row, its_class, out, by_expert))
    frame_ = np.array(frame, dtype=np.int64).reshape(-1, 3)
    certain_ = np.array(certain, dtype=np.int64).reshape(-1, 4)
    return Audited(
        n_classes=len(place),
        predicted=called[frame_[:, 0]].astype(np.int64),
        probability=probability[frame_[:, 0]],
        stratum=frame_[:, 1],
        answer=frame_[:, 2],
        known=certain_[:, 1],
        known_out=certain_[:, 2],
        known_probability=np.where(certain_[:, 3] == 1, 1.0, probability[certain_[:, 0]]),
    )


def _why_not(campaign: Campaign, audit: AuditNow) -> str:
    if audit.keys and len(audit.open) < len(audit.keys):
        return ""
    if audit.keys:
        do = command("review", campaign.typed, "--queue", "audit")
        return f"no box of the audit has an answer yet: {do}"
    if audit.given:
        return "its boxes were given to training, so it says nothing any more: draw another"
    return "all its boxes are labels now, so it says nothing any more: draw another"


def _asked(campaign: Campaign) -> set[str]:
    return {one.key for folder in campaign.cycles() for one in read_query(folder).asked}


def _is_late(campaign: Campaign, standing: Standing) -> bool:
    """Whether other labels or boxes are there than when the pool was classified."""
    facts = read_json(campaign.path / "predictions.json")
    labels = digest(campaign.training_labels(standing))
    return (facts.get("labels"), facts.get("n_boxes")) != (labels, len(campaign.pool))
