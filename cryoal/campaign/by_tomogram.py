"""How the heads do on a tomogram of which they know no label: each is left out once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import audit_now
from cryoal.campaign.classifier import Classifier, fit
from cryoal.campaign.described import current_columns
from cryoal.campaign.drift import told_apart
from cryoal.campaign.leave_out import groups_of
from cryoal.campaign.trainable import can_train, require_trainable
from cryoal.estimate.audit import Estimate, estimates
from cryoal.estimate.cells import NOT_DRAWN, NOT_NAMED, Audited
from cryoal.estimate.fisher import fisher
from cryoal.estimate.intervals import wilson
from cryoal.estimate.several import holm
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.audit import AuditNow
    from cryoal.campaign.campaign import Campaign
    from cryoal.descriptors.columns import Columns
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["ByTomogram", "OneLeftOut", "by_tomogram"]

STEP = 8192  # boxes whose descriptors are in memory at a time


NOBODY = -1
"""In place of a class: fewer than two classes are labelled elsewhere."""

BEYOND_CHANCE = 0.05
"""Largest p value, corrected for the number of tomograms, at which one is said to differ."""


@dataclass(frozen=True)
class OneLeftOut:
    """One tomogram, or one part of the only one."""

    name: str
    boxes: int
    labels: int
    labels_elsewhere: int
    """Those that heads learnt from when it was left out."""
    audit: tuple[int, int]
    """Audit boxes about which these heads are right, and how many have a class."""
    alone: Estimate | None
    """Accuracy of these heads on its boxes without a label; None where no audit box of it has a
    class, or fewer than two classes are labelled elsewhere."""
    with_all: Estimate | None
    """That of heads that know its labels too."""
    labels_right: tuple[int, int] | None
    """Its labels about which the heads of the other labels are right, and how many there are. Its
    labels were asked for, so their share is no accuracy."""
    told_apart: tuple[float, float, float] | None
    """AUROC, and its interval, of telling its boxes from the others; 0.5: they are like them."""


@dataclass(frozen=True)
class ByTomogram:
    """Every tomogram left out once."""

    parts: tuple[OneLeftOut, ...]
    are_blocks: bool
    """Whether they are parts of the only tomogram."""
    alone: Estimate | None
    """All together."""
    with_all: Estimate | None

    def as_json(self) -> Json:
        """Every fact by name."""
        return asdict(self)

    def differing(self) -> list[tuple[OneLeftOut, float]]:
        """Parts in which the heads of the others are right more or less often than elsewhere.

        With a p value (Fisher's, over audit boxes) that holds for all parts at once (Holm).
        """
        asked = [part for part in self.parts if part.alone is not None]
        hits, n = (sum(part.audit[i] for part in asked) for i in (0, 1))
        p = holm([fisher(*p.audit, hits - p.audit[0], n - p.audit[1]) for p in asked])
        return [pair for pair in zip(asked, p, strict=True) if pair[1] <= BEYOND_CHANCE]

    def lines(self) -> list[str]:
        """The facts as a person would say them."""
        what = "part" if self.are_blocks else "tomogram"
        rows = [(what, *HEADER[1:]), *map(_cells, self.parts)]
        width = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, width, strict=True)).rstrip()
            for row in rows
        ]
        lines.append(
            "accuracy on boxes without a label, by the audit: of heads that know the others' "
            "labels, and of heads that know all; then how many of its own labels the former are "
            "right about, which is no accuracy"
        )
        if self.alone is not None and self.with_all is not None:
            lines.append(
                f"all together: accuracy {_share(self.alone)} where the {what} has no label, "
                f"{_share(self.with_all)} with all labels"
            )
        for part, p in self.differing():
            lines.append(
                f"{part.name} is not as the others: right about {part.audit[0]} of "
                f"{part.audit[1]} audit boxes (p = {p:.2g}, corrected for {len(self.parts)} "
                f"{what}s)"
            )
        if any(part.told_apart is not None for part in self.parts):
            lines.append(
                f"told apart: 0.5 where the boxes of a {what} look like the others, 1 where each "
                "gives it away; other shares of classes there count too"
            )
        return lines


HEADER = (
    "tomogram",
    "boxes",
    "labels",
    "audit",
    "others' labels",
    "all labels",
    "its labels",
    "told apart",
)


def _cells(part: OneLeftOut) -> tuple[str, ...]:
    """One row of the table."""
    labels = "-"
    if part.labels_right is not None:
        hits, n = part.labels_right
        low, high = wilson(hits, n)
        labels = f"{hits} of {n} ({100 * low:.0f} to {100 * high:.0f} %)"
    apart = "-"
    if part.told_apart is not None:
        value, low, high = part.told_apart
        apart = f"{value:.2f} ({low:.2f} to {high:.2f})"
    counts = (part.name, str(part.boxes), str(part.labels), str(part.audit[1]))
    return (*counts, _share(part.alone), _share(part.with_all), labels, apart)


def _share(found: Estimate | None) -> str:
    if found is None:
        return "unknown"
    interval = f"{100 * found.low:.0f} to {100 * found.high:.0f} %"
    value = "unknown" if found.value is None else f"{100 * found.value:.0f} %"
    return f"{value} ({interval})"


def by_tomogram(campaign: Campaign, *, progress: Progress = SILENT) -> ByTomogram:
    """Leave each tomogram out once: learn from the labels of the others, ask about its boxes.

    It is about heads on descriptors, also where a pair classifies. What is left out are the labels:
    the boxes themselves may be among those without a label that heads learn from too, and an
    encoder has seen them. With one tomogram it is four parts along the longest axis of the boxes,
    and labels nearer to a part than the edge of a box are left out with it.

    Raises
    ------
    CampaignError
        Fewer than two classes are labelled.
    """
    standing = campaign.standing()
    labels = campaign.training_labels(standing)
    require_trainable(campaign, labels)
    columns = current_columns(campaign, progress)
    asked = _Asked.of(campaign, audit_now(campaign, standing))
    groups = groups_of(campaign)
    row = dict(zip(labels, campaign.pool.index(list(labels)).tolist(), strict=True))
    number = {name: i for i, name in enumerate(campaign.config.classes)}
    with_all = _called(campaign, labels, columns, asked.rows)
    alone = np.full(len(asked.rows), NOBODY)
    parts: list[OneLeftOut] = []
    for group in progress.track(groups, "leaving each out", unit="trainings"):
        own = {key: name for key, name in labels.items() if group.here[row[key]]}
        others = {key: name for key, name in labels.items() if not group.near[row[key]]}
        inside = group.here[asked.rows]
        hits = None
        if can_train(others):
            rows = np.array([row[key] for key in own], np.int64)
            called = _called(campaign, others, columns, np.append(asked.rows[inside], rows))
            alone[inside] = called[: inside.sum()]
            right = called[inside.sum() :] == [number[name] for name in own.values()]
            hits = (int(np.sum(right)), len(own)) if own else None
        parts.append(
            OneLeftOut(
                name=group.name,
                boxes=int(group.here.sum()),
                labels=len(own),
                labels_elsewhere=len(others),
                audit=asked.right(alone, inside),
                alone=asked.accuracy(alone, inside),
                with_all=asked.accuracy(with_all, inside),
                labels_right=hits,
                told_apart=told_apart(campaign, columns, group.here),
            )
        )
    everywhere = alone != NOBODY
    return ByTomogram(
        parts=tuple(parts),
        are_blocks=groups[0].is_block,
        alone=asked.accuracy(alone, everywhere),
        with_all=asked.accuracy(with_all, everywhere),
    )


@dataclass(frozen=True)
class _Asked:
    """The boxes that an audit stands for, and what it found."""

    rows: NDArray[np.int64]
    stratum: NDArray[np.int64]
    answer: NDArray[np.int64]
    n_classes: int

    @classmethod
    def of(cls, campaign: Campaign, audit: AuditNow | None) -> _Asked:
        number = {name: i for i, name in enumerate(campaign.config.classes)}
        strata = [one.rows for one in audit.strata] if audit else []
        rows = np.concatenate([np.zeros(0, np.int64), *strata])
        stratum = np.repeat(np.arange(len(strata)), [len(some) for some in strata])
        answer = np.full(len(campaign.pool), NOT_DRAWN)
        if audit:
            named = campaign.pool.index([*audit.named])
            answer[named] = [number[name] for name in audit.named.values()]
            answer[campaign.pool.index([*audit.unnamed])] = NOT_NAMED
        return cls(rows, stratum, answer[rows], len(number))

    def right(self, called: NDArray[np.int64], which: NDArray[np.bool_]) -> tuple[int, int]:
        """Of how many of `which` with a class it is right, and how many there are."""
        named = which & (self.answer >= 0)
        return int((called[named] == self.answer[named]).sum()), int(named.sum())

    def accuracy(self, called: NDArray[np.int64], which: NDArray[np.bool_]) -> Estimate | None:
        """Of `which`, as the audit estimates it; None where it has no class for any of them."""
        if not (which & (self.answer >= 0)).any() or (called[which] == NOBODY).any():
            return None
        none = np.zeros(0, np.int64)
        audited = Audited(
            n_classes=self.n_classes,
            predicted=called[which],
            probability=np.ones(int(which.sum())),
            stratum=self.stratum[which],
            answer=self.answer[which],
            known=none,
            known_out=none,
            known_probability=np.zeros(0),
        )
        return estimates(audited, ()).of_classifier


def _called(
    campaign: Campaign, labels: dict[str, str], columns: Columns, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The class of each box by heads that know these labels."""
    heads = Classifier("heads", {}, None, fit(campaign, labels, columns)[0], columns)
    steps = [rows[start : start + STEP] for start in range(0, len(rows), STEP)]
    found = [heads.log_posterior(campaign.pool, step).argmax(axis=1) for step in steps]
    return np.concatenate([np.zeros(0, np.int64), *found])
