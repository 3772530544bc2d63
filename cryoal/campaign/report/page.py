"""The page itself: facts, charts, cards and tables, put into the template."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.campaign.open_classes import said_of_kinds
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.overview import overview
from cryoal.campaign.report import charts, tables
from cryoal.campaign.report.agreement import agreement, confusion
from cryoal.campaign.report.audit import show_audit
from cryoal.campaign.report.cards import MOST, cards, pictures, votes_said
from cryoal.campaign.report.figures import draw
from cryoal.campaign.report.gather import gather
from cryoal.campaign.report.looks import looks_of, said_of_threshold
from cryoal.campaign.report.map import show_map
from cryoal.campaign.status import describe
from cryoal.campaign.test_overlap import n_overlapping, said_of_overlap
from cryoal.campaign.thumbnails import WINDOW
from cryoal.campaign.told import called, cross_validated_rows, said
from cryoal.commands import command
from cryoal.errors import FileFormatError
from cryoal.pages import page_templates
from cryoal.progress import SILENT
from cryoal.records import now, write_text

if TYPE_CHECKING:
    from markupsafe import Markup

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.report.figures import Chart
    from cryoal.campaign.report.gather import Facts
    from cryoal.progress import Progress

__all__ = ["write_report"]


def write_report(
    campaign: Campaign, path: Path | str, *, force: bool = False, progress: Progress = SILENT
) -> None:
    """Write one HTML page with everything about `campaign`; it asks no other file and no network.

    What is not there yet (boxes, labels, a test set, a trained pair) is said to be missing.
    `force`: replace a file that is not cryoal's own, or was changed since.

    Raises
    ------
    OutputError
        Nothing may be written to `path` (see :mod:`cryoal.campaign.outputs`).
    FileFormatError
        A file of the campaign is not what cryoal wrote.
    UnknownKeyError
        A query asks for a key that the pool does not have.
    """
    path = Path(path)
    check_output(campaign, path, force=force)
    page = _render(_context(campaign, gather(campaign), progress))
    with writing(campaign, path, force=force, progress=progress) as file:
        write_text(file, page)


def _context(campaign: Campaign, facts: Facts, progress: Progress) -> dict[str, Any]:
    pool = campaign.pool if campaign.has_pool else None
    compared = [(s.name, agreement(query, facts.standing)) for s, query in facts.cycles]
    pairs = [pair for _, found in compared for pair in found.pairs]
    measured, last, learnt = facts.measured, facts.last_trained, facts.last_learnt
    told = learnt.classifier if learnt is not None and learnt.classifier else None
    learning, agreed = charts.share_charts(facts)
    shown = progress.track(facts.cycles, "drawing boxes", unit="cycles")
    queries = [
        (query, cards(query, pool, facts.standing)) for _, query in shown if pool is not None
    ]
    disputed = list(facts.standing.disputed)
    state = describe(campaign)
    looks, shown_map = [], None
    if pool is not None:
        with suppress(FileFormatError):  # a classification that was edited: as good as none
            seen = overview(campaign)
            shown_map = show_map(campaign, seen)
            looks = looks_of(campaign, seen, progress)
    images = pictures(pool, disputed[:MOST]) if pool is not None else []
    images += [""] * (len(disputed) - len(images))
    return {
        "name": campaign.path.resolve().name,
        "path": str(campaign.path),
        "config": campaign.config,
        "facts": facts,
        "pool": pool,
        "looks": looks,
        "map": shown_map,
        "unseen": [look.name for look in looks if not look.strips],
        "said_of_threshold": said_of_threshold,
        "state": state,
        "advice": state.trend.reason,
        "measure": command("audit", campaign.typed, "-n", 60),
        "n_labelled": len(facts.training),
        "audit": show_audit(campaign, facts.standing) if pool is not None else None,
        "learning": _drawn(learning, "learning"),
        "agreement": _drawn(agreed, "agreement"),
        "compared": compared,
        "asked_confusion": tables.confusion_rows(facts.classes, confusion(pairs, facts.classes)),
        "n_compared": len(pairs),
        "labels": tables.label_rows(facts),
        "open_classes": said_of_kinds(campaign, facts.standing),
        "decided": tables.decided_rows(facts),
        "measured": measured,
        "overlap": said_of_overlap(
            n_overlapping(campaign, facts.training) if facts.test else 0, len(facts.test)
        ),
        "test": measured[-1] if measured else None,
        "test_confusion": (
            tables.confusion_rows(measured[-1][1]["classes"], measured[-1][1]["confusion"])
            if measured
            else []
        ),
        "learnt": learnt,
        "said_classifier": said(told) if told else "",
        "validated": cross_validated_rows(told) if told else [],
        "called": called,
        "last": last,
        "loss": _drawn(charts.loss_chart(last), "loss") if last else None,
        "transfer": _drawn(charts.transfer_chart(last), "transfer") if last else None,
        "queries": queries,
        "most": MOST,
        "window": WINDOW,
        "disputed": [
            (key, votes_said(facts.standing.disputed[key]), image)
            for key, image in zip(disputed, images, strict=True)
        ],
        "settings": tables.setting_rows(campaign.config),
        "environment": tables.environment_rows(facts.stages),
        "steps": list(dict.fromkeys(step for s in facts.stages for step in s.seconds)),
        "written": now(),
    }


def _drawn(chart: Chart | None, name: str) -> Markup | None:
    return None if chart is None else draw(chart, name)


def _render(context: dict[str, Any]) -> str:
    return page_templates("cryoal.campaign.report").get_template("report.html.j2").render(context)
