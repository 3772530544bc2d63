"""What the report shows of an audit: numbers of each class, thresholds, and how it grew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.campaign.assess import assess
from cryoal.campaign.assess_told import more_said, number_said, said_of_boxes, share_said
from cryoal.campaign.report.ranges import Range, Ranges, draw_ranges
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from markupsafe import Markup

    from cryoal.campaign.assess import Assessment
    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing
    from cryoal.estimate.audit import Estimate, Estimates

__all__ = ["AuditShown", "audit_ranges", "show_audit"]


@dataclass(frozen=True)
class AuditShown:
    """Everything in words, tables and pictures; tables hold cells."""

    said: str
    """How it stands."""
    why_not: str
    """Why it says nothing; empty where it does."""
    accuracy: str = ""
    n: int = 0
    boxes: int = 0
    more: str = ""
    is_late: bool = False
    n_asked: int = 0
    blind: int = 0
    novel: str = ""
    """What is said of boxes that get no class because they are too novel."""
    classes: tuple[tuple[str, ...], ...] = ()
    """Of each class: its name, how many come out, precision, recall, count."""
    thresholds: tuple[tuple[str, ...], ...] = ()
    """Of each threshold: it, and for all and for each class how many come out and are right."""
    grown: tuple[tuple[str, ...], ...] = ()
    """Of each draw: its number, time and kind, the boxes answered so far, accuracy by these."""
    shares: Markup | None = None
    counts: Markup | None = None


def show_audit(campaign: Campaign, standing: Standing) -> AuditShown | None:
    """The audit of now; None where none was drawn."""
    found = assess(campaign, standing)
    if found is None:
        return None
    said = said_of_boxes(found).removeprefix("audit").strip() if found.n_audit else found.why_not
    told = found.estimates
    if told is None:
        return AuditShown(said, found.why_not)
    names = found.classes
    return AuditShown(
        said=said,
        why_not="",
        accuracy=share_said(told.accuracy),
        n=told.accuracy.n,
        boxes=found.boxes,
        more=more_said(found),
        is_late=found.is_late,
        n_asked=found.n_asked,
        blind=told.blind,
        novel=(
            ""
            if found.novel is None
            else how_many(
                found.n_novel,
                "box gets no class because it is",
                "boxes get no class because they are",
            )
            + " novel; "
            f"{share_said(found.novel)} of them are of a class without labels, or of none that can "
            "be named. Of the classes they are missed."
        ),
        classes=tuple(
            (
                name,
                str(of.out),
                share_said(of.precision),
                share_said(of.recall),
                number_said(of.count),
                f"{of.precision.n}, {of.recall.n}, {of.count.n}",
            )
            for name, of in zip(names, told.classes, strict=True)
        ),
        thresholds=_thresholds(told),
        grown=_grown(campaign, standing),
        shares=draw_ranges(_shares(found, told), "audit-shares"),
        counts=draw_ranges(_counts(found, told), "audit-counts"),
    )


def audit_ranges(campaign: Campaign, standing: Standing) -> tuple[Ranges, Ranges] | None:
    """Precision and recall, and counts, of each class; None where no audit tells them."""
    found = assess(campaign, standing)
    told = None if found is None else found.estimates
    return None if found is None or told is None else (_shares(found, told), _counts(found, told))


def _thresholds(told: Estimates) -> tuple[tuple[str, ...], ...]:
    rows: dict[float, list[str]] = {}
    for row in told.thresholds:  # all, then each class
        cells = rows.setdefault(row.t, [f"{row.t:g}"])
        cells += [str(row.out), share_said(row.right) if row.out else "–"]
    return tuple(tuple(cells) for cells in rows.values())


def _grown(campaign: Campaign, standing: Standing) -> tuple[tuple[str, ...], ...]:
    rows = []
    for draw in campaign.audit.draws:
        by_then = assess(campaign, standing, thresholds=(), upto=draw.number)
        told = by_then.estimates if by_then is not None else None
        cells = ("0", "–") if told is None else (str(told.n), share_said(told.accuracy))
        rows.append((str(draw.number), draw.time[:10], draw.how, str(len(draw.keys)), *cells))
    return tuple(rows)


def _shares(found: Assessment, told: Estimates) -> Ranges:
    return _ranges(
        found,
        told,
        "Precision and recall of each class, by the audit",
        "share",
        ("precision", "recall"),
        (0.0, 1.0),
    )


def _counts(found: Assessment, told: Estimates) -> Ranges:
    most = max(of.count.high for of in told.classes)
    title = "Boxes of each class in the pool, by the audit"
    return _ranges(found, told, title, "boxes", ("count",), (0.0, most))


def _ranges(
    found: Assessment,
    told: Estimates,
    title: str,
    x_label: str,
    series: tuple[str, ...],
    x_range: tuple[float, float],
) -> Ranges:
    def of(one: Estimate) -> Range:
        return Range(one.value, one.low, one.high)

    groups = tuple(
        (name, tuple(of(getattr(numbers, what)) for what in series))
        for name, numbers in zip(found.classes, told.classes, strict=True)
    )
    said = "; ".join(
        f"{name}: " + ", ".join(f"{w} {_said(r)}" for w, r in zip(series, ranges, strict=True))
        for name, ranges in groups
    )
    return Ranges(title, said, x_label, series, groups, x_range)


def _said(one: Range) -> str:
    value = "unknown" if one.value is None else f"{one.value:.3g}"
    return f"{value} ({one.low:.3g} to {one.high:.3g})"
