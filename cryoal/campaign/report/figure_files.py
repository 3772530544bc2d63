"""The figures of the report as files: SVG that stands alone, and the numbers behind it as CSV."""

from __future__ import annotations

import csv
import math
import re
from contextlib import suppress
from importlib import resources
from typing import TYPE_CHECKING

from cryoal.campaign.class_boxes import boxes_of_class, known_threshold
from cryoal.campaign.map import read_map
from cryoal.campaign.map_groups import groups_of
from cryoal.campaign.map_picture import as_svg
from cryoal.campaign.montage import Look, lay_out
from cryoal.campaign.output_folders import check_output_folder, writing_folder
from cryoal.campaign.overview import overview
from cryoal.campaign.report import charts
from cryoal.campaign.report.audit import audit_ranges
from cryoal.campaign.report.figures import draw
from cryoal.campaign.report.gather import gather
from cryoal.campaign.report.ranges import draw_ranges
from cryoal.campaign.sheet import save
from cryoal.errors import CampaignError, FileFormatError
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.class_boxes import Which
    from cryoal.campaign.overview import Overview
    from cryoal.campaign.report.figures import Chart
    from cryoal.campaign.report.ranges import Ranges
    from cryoal.progress import Progress

__all__ = ["alone", "write_figures"]

LOOK = Look(rows=2, columns=8)


def write_figures(
    campaign: Campaign, folder: Path, *, force: bool = False, progress: Progress = SILENT
) -> list[str]:
    """Write every figure that there is to `folder`, in one step; returns the names of the files.

    Curves and intervals have a CSV of their numbers beside them; montages of the classes have the
    keys and probabilities of their boxes in ``boxes.csv``.

    Raises
    ------
    OutputError
        `folder` is in a campaign or holds what the same campaign did not write.
    CampaignError
        There is no figure to write yet.
    FileFormatError
        A file of the campaign is not what cryoal wrote.
    """
    check_output_folder(campaign, folder, force=force)
    facts = gather(campaign)
    learning, agreed = charts.share_charts(facts)
    last = facts.last_trained
    curves = {
        "learning_curve": learning,
        "agreement": agreed,
        "loss": charts.loss_chart(last) if last else None,
        "transfer_loss": charts.transfer_chart(last) if last else None,
    }
    audit = audit_ranges(campaign, facts.standing) if campaign.has_pool else None
    ranges = {} if audit is None else {"audit_shares": audit[0], "audit_counts": audit[1]}
    with writing_folder(campaign, folder, force=force, progress=progress) as new:
        for name, chart in curves.items():
            if chart is not None:
                _write(new / f"{name}.svg", alone(draw(chart, name)))
                _table(new / f"{name}.csv", ("series", "x", "y", "low", "high"), _points(chart))
        for name, some in ranges.items():
            _write(new / f"{name}.svg", alone(draw_ranges(some, name)))
            header = ("class", "what", "value", "low", "high")
            _table(new / f"{name}.csv", header, _intervals(some))
        if campaign.has_pool:
            with suppress(FileFormatError):  # a classification that was edited: as good as none
                whole = overview(campaign)
                _montages(campaign, whole, new)
                _maps(campaign, whole, new)
        names = sorted(file.name for file in new.iterdir())
        if not names:
            raise CampaignError(
                f"expected a figure to write of {campaign.typed}, found neither labels, a "
                "classification, an audit nor a training"
            )
    return names


def alone(drawn: str) -> str:
    """An ``<svg>`` of the page as a file of its own, with the page's light colours written out."""
    templates = resources.files("cryoal.campaign.report") / "templates"
    colours = dict(
        re.findall(
            r"(--[a-z0-9]+): (#[0-9a-f]+)",
            (templates / "style.css").read_text(encoding="utf-8").split("@media")[0],
        )
    )
    # few programs but browsers know variables
    style = re.sub(
        r"var\((--[a-z0-9]+)\)",
        lambda found: colours[found[1]],
        (templates / "chart.css").read_text(encoding="utf-8"),
    )
    width, height = re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)[0]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13" '
    )
    plain = str(drawn)  # a Markup would escape what is put into it
    body = plain.replace("<svg ", head, 1).replace(
        ">", f'><style>{style}</style><rect width="100%" height="100%" fill="#ffffff"/>', 1
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _maps(campaign: Campaign, whole: Overview, folder: Path) -> None:
    """The last map by class and by doubt; boxes of the audit and test keys have neither."""
    found = read_map(campaign)
    if found is None or not len(found.rows):
        return
    for by in ("class", "doubt") if whole.told is not None else ("class",):
        groups = groups_of(found, whole, by, campaign.config.review.junk)
        _write(folder / f"map_{by}.svg", f"{as_svg(found, groups, by)}\n")
    rows = []
    for row, (x, y) in zip(found.rows.tolist(), found.xy.tolist(), strict=True):
        is_told = whole.shown[row] >= 0 and not whole.is_held[row]
        name = whole.classes[whole.shown[row]] if is_told else ""
        doubt = "" if not is_told or math.isnan(whole.doubt[row]) else f"{whole.doubt[row]:.6f}"
        rows.append((whole.keys[row], f"{x:.6f}", f"{y:.6f}", name, doubt))
    _table(folder / "map.csv", ("key", "x", "y", "class", "doubt"), rows)


def _montages(campaign: Campaign, whole: Overview, folder: Path) -> None:
    rows: list[Sequence[object]] = []
    for number, name in enumerate(campaign.config.classes, start=1):
        edge: Which = "least" if known_threshold(campaign, name) is None else "threshold"
        kinds: tuple[Which, ...] = ("surest", edge, "labelled")
        for which in kinds if whole.told is not None else ("labelled",):
            groups = boxes_of_class(campaign, whole, name, which, LOOK.rows * LOOK.columns)
            if not any(len(group.rows) for group in groups):
                continue
            # names of classes may hold what names of files may not
            plain = re.sub(r"[^\w-]+", "_", name).strip("_")
            file = f"class_{number:02d}_{plain}_{which}.svg"
            sheet = lay_out(campaign.pool, groups, LOOK, campaign.config.review.thickness)
            save(sheet, folder / file, ".svg", LOOK.dpi)
            for group in groups:
                for row, p in zip(group.rows.tolist(), group.probability.tolist(), strict=True):
                    told = "" if math.isnan(p) else f"{p:.6f}"
                    rows.append((file, name, group.said, campaign.pool.keys[row], told))
    if rows:
        header = ("figure", "class", "which", "key", "probability")
        _table(folder / "boxes.csv", header, rows)


def _points(chart: Chart) -> Iterable[Sequence[object]]:
    for _, series in chart.drawn:
        for at, (x, y) in enumerate(series.points):
            yield (series.name, x, y, *(series.intervals[at] if series.intervals else ("", "")))


def _intervals(ranges: Ranges) -> Iterable[Sequence[object]]:
    for group, some in ranges.groups:
        for what, one in zip(ranges.series, some, strict=True):
            yield group, what, "" if one.value is None else one.value, one.low, one.high


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
