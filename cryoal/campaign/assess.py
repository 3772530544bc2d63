"""What the audit says of the last classification; nothing is trained, and no box is read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import audit_now, without_audit
from cryoal.campaign.called import called_by, last_called
from cryoal.campaign.open_classes import classes_without_labels
from cryoal.campaign.query import read_query
from cryoal.commands import command
from cryoal.errors import CampaignError, FileFormatError
from cryoal.records import digest, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.audit import AuditNow
    from cryoal.campaign.called import Called
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions_table import Predictions
    from cryoal.data.labels import Standing
    from cryoal.estimate.audit import Estimate, Estimates
    from cryoal.estimate.cells import Audited
    from cryoal.records import Json

__all__ = ["Assessment", "asked_keys", "assess", "audited", "why_not_said"]

ABSENT = -1
"""The row of a box that a table does not have."""


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
    n_novel: int = 0
    """Boxes without a label to which the classifier gives no class because they are too novel,
    those of the audit among them; to `estimates` they are boxes that are missed."""
    novel: Estimate | None = None
    """Share of them that is of a class without labels, or that nobody can name."""
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
    goes_out: NDArray[np.bool_] | None = None,
    thresholds: Sequence[float] | None = None,
    upto: int | None = None,
) -> Assessment | None:
    """What the audit says of `predictions` (None: the last); None where nothing was ever drawn.

    Parameters
    ----------
    goes_out
        Which rows of `predictions` go out where no expert decides; those have the probability 1
        then, the others 0.
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
    most_novel = campaign.config.classifier.novel
    table = None if predictions is None else called_by(predictions, most_novel)
    if table is not None and goes_out is not None:
        table = table._replace(probability=goes_out.astype(np.float64))
    why_not = why_not_said(campaign, audit)
    if table is None and not why_not:
        try:
            table = last_called(campaign)
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
    from cryoal.estimate.audit import THRESHOLDS, estimates, half_width_with, share_called
    from cryoal.estimate.cells import NOT_NAMED

    asked = asked_keys(campaign)
    given = audited(campaign, standing, audit, table, asked, upto=upto)
    found = estimates(given, THRESHOLDS if thresholds is None else thresholds)
    if not found.n:
        return replace(bare, why_not="none of its boxes has been classified")
    extra, n_classes = len(audit.keys), len(bare.classes)
    is_novel = given.predicted == n_classes
    if is_novel.any():  # the classifier's last class, of which no box is
        of = [*_open_classes(campaign, standing), NOT_NAMED]
        bare = replace(bare, n_novel=int(is_novel.sum()), novel=share_called(given, n_classes, of))
    found = replace(
        found,
        classes=found.classes[:n_classes],
        thresholds=tuple(row for row in found.thresholds if row.of != n_classes),
    )
    return replace(
        bare,
        estimates=found,
        boxes=len(given.answer) + len(given.known),
        n_asked=int(np.isin(audit.outside, campaign.pool.find([*asked])).sum()),
        is_late=predictions is None and _is_late(campaign, standing),
        half_width=(found.accuracy.high - found.accuracy.low) / 2,
        extra=extra,
        half_width_then=half_width_with(given, extra),
    )


def audited(
    campaign: Campaign,
    standing: Standing,
    audit: AuditNow,
    table: Called,
    asked: set[str],
    *,
    upto: int | None = None,
) -> Audited:
    """The boxes that `table` and the audit know, as numbers.

    Left out are boxes that nobody could name, those that a query asks (`asked`) and that are in no
    stratum (they were chosen, and the audit holds none like them), and those that came after the
    predictions. Other boxes that came after the last draw are a stratum of their own.
    """
    from cryoal.estimate.cells import NOT_DRAWN, NOT_NAMED, Audited

    place = {name: number for number, name in enumerate(campaign.config.classes)}
    pool = campaign.pool
    row_of = np.full(len(pool), ABSENT)
    there = pool.find(table.keys)
    row_of[there[there >= 0]] = np.flatnonzero(there >= 0)

    def rows(keys: Iterable[str]) -> NDArray[np.int64]:
        """Of the table; -1 for a box that is not in it."""
        found = pool.find([*keys])
        return np.where(found < 0, ABSENT, row_of[found])

    late = np.setdiff1d(audit.outside, pool.find([*asked]))
    stratum = np.full(len(table.keys), ABSENT)
    for number, boxes in enumerate([*(one.rows for one in audit.strata), late]):
        stratum[row_of[boxes][row_of[boxes] != ABSENT]] = number
    draw_of = campaign.audit.drawn() if upto is not None else {}
    answer = np.full(len(table.keys), NOT_DRAWN)
    keys = [k for k in (*audit.named, *audit.unnamed) if upto is None or draw_of[k] <= upto]
    for key, row in zip(keys, rows(keys).tolist(), strict=True):
        if row != ABSENT:
            answer[row] = place.get(audit.named.get(key, ""), NOT_NAMED)
    labelled = without_audit(campaign, standing)
    known = {**campaign.test_labels(), **labelled.labelled}
    known = {k: name for k, name in known.items() if name in place and k not in labelled.disputed}
    its_row = rows(known)
    is_there = its_row != ABSENT
    certain = its_row[is_there]
    its_class = np.array([place[name] for name in known.values()], dtype=np.int64)[is_there]
    by_expert = np.array([k in labelled.labelled for k in known], dtype=bool)[is_there]
    frame = np.flatnonzero(stratum >= 0)
    return Audited(
        n_classes=max(len(place), int(table.called.max(initial=0)) + 1),
        predicted=table.called[frame],
        probability=table.probability[frame],
        stratum=stratum[frame],
        answer=answer[frame],
        known=its_class,
        known_out=np.where(by_expert, its_class, table.called[certain]),
        known_probability=np.where(by_expert, 1.0, table.probability[certain]),
    )


def why_not_said(campaign: Campaign, audit: AuditNow) -> str:
    """Why an audit says nothing; empty where it does."""
    if audit.keys and len(audit.open) < len(audit.keys):
        return ""
    if audit.keys:
        do = command("review", campaign.typed, "--queue", "audit")
        return f"no box of the audit has an answer yet: {do}"
    if audit.given:
        return "the audit was given to training and says nothing any more: draw another"
    return "the audit has lost all its boxes to queries and says nothing any more: draw another"


def _open_classes(campaign: Campaign, standing: Standing) -> list[int]:
    """Places of the classes that nothing was learnt of."""
    labels = without_audit(campaign, standing).labelled
    missing = classes_without_labels(campaign, labels)
    return [campaign.config.classes.index(name) for name in missing]


def asked_keys(campaign: Campaign) -> set[str]:
    """Every box that a query has asked."""
    return {one.key for folder in campaign.cycles() for one in read_query(folder).asked}


def _is_late(campaign: Campaign, standing: Standing) -> bool:
    """Whether other labels or boxes are there than when the pool was classified."""
    facts = read_json(campaign.path / "predictions.json")
    labels = digest(campaign.training_labels(standing))
    return (facts.get("labels"), facts.get("n_boxes")) != (labels, len(campaign.pool))
