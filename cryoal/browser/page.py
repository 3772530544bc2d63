"""The review as one HTML page: boxes, keys, and the presses that are there already."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.browser import atlas
from cryoal.browser.boxes import embed
from cryoal.browser.facts import (
    box_facts,
    frame,
    items_of,
    journals,
    queue_facts,
    settings,
)
from cryoal.browser.inline import script_json
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.overview import overview
from cryoal.commands import command
from cryoal.io.picks import WRITERS
from cryoal.io.picks.write import ending_of
from cryoal.pages import page_templates
from cryoal.progress import SILENT
from cryoal.records import write_text
from cryoal.review.context import surroundings
from cryoal.review.modes import mode_of
from cryoal.review.onward import what_next

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress
    from cryoal.records import Json
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Queue

__all__ = [
    "PageReport",
    "Rendered",
    "policy",
    "render",
    "render_question",
    "write_page",
]

SCRIPTS = (
    *("dom", "keys", "ledger", "progress", "session", "view", "store", "server", "address"),
    *("ask", "chips", "tiles", "focus", "gallery", "face", "peek", "review", "views"),
    *("queues", "served_queues", "held_queues", "points", "colouring", "canvas_map", "atlas"),
    *("served_atlas", "held_atlas", "threshold", "rounds", "closing", "listeners", "main"),
)
"""Files of ``templates/js``, in the order in which they need each other."""


@dataclass(frozen=True)
class PageReport:
    """What :func:`write_page` did."""

    n_bytes: int
    notes: tuple[str, ...]
    """What the annotator should know: boxes that were binned, tomograms that have moved."""


@dataclass(frozen=True)
class Rendered:
    """A page, and what should be said about it."""

    html: str
    nonce: str
    notes: tuple[str, ...]


def write_page(
    campaign: Campaign,
    queue: Queue,
    path: Path,
    *,
    annotator: str | None,
    blind: bool,
    mode: Mode | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> PageReport:
    """Write the boxes of `queue` as one page that needs no other file and no network.

    It keeps its presses in the browser and saves them as the JSON that
    :func:`cryoal.review.intake.read_saved` reads. The presses that are in the journals now are part
    of it.

    Parameters
    ----------
    annotator
        Who will label; None: the page asks.
    blind, mode
        Whether suggestions are hidden, or when they are shown; None: as the campaign says.
    force
        Replace a file that is not cryoal's own, or was changed since.

    Raises
    ------
    OutputError
        Nothing may be written to `path` (see :mod:`cryoal.campaign.outputs`).
    LabelError
        `annotator` cannot be the name of one, or a journal is damaged.
    """
    if annotator is not None:
        campaign.labels.journal(annotator)  # refused now, not after two hundred boxes
    check_output(campaign, path, force=force)
    page = render(campaign, queue, annotator=annotator, blind=blind, mode=mode, progress=progress)
    with writing(campaign, path, force=force, progress=progress) as file:
        write_text(file, page.html)
    return PageReport(len(page.html.encode()), page.notes)


def render(
    campaign: Campaign,
    queue: Queue,
    *,
    annotator: str | None,
    blind: bool,
    mode: Mode | None = None,
    token: str | None = None,
    home: str | None = None,
    progress: Progress = SILENT,
) -> Rendered:
    """The page of one queue; with a `token`, one that speaks to the server it came from.

    `home`: the address of the page of the campaign, where it is one of several.
    """
    pool = campaign.pool
    rows = list(dict.fromkeys(item.row for item in queue.items))
    boxes = embed(pool, rows, progress=progress)
    notes = list[str]()
    if boxes.binning > 1:
        notes.append(
            f"{len(rows)} boxes of {pool.box} voxels are much for one page: they are shown binned "
            f"by {boxes.binning}"
        )
    pictures: dict[str, Json] = {
        "context": None,  # asked for as cards come into sight
        "formats": {name: ending_of(name) for name in WRITERS.names()},
    }
    if token is None:
        around, told = surroundings(campaign, rows, progress=progress)
        told_of, at = atlas.held(campaign, rows)
        pictures = {
            "map_of": told_of,
            "at": at,
            "doubts": _doubts(campaign, rows),
            "context": [asdict(around[row]) if row in around else None for row in rows],
            "commands": _commands(campaign, queue),
        }
        notes += told
    facts: dict[str, Json] = {
        **frame(campaign, annotator=annotator, token=token),
        "settings": settings(campaign.config),
        "queue": queue_facts(queue),
        "blind": (shown := mode_of(campaign, queue, mode, blind=blind)) == "blind",
        "suggestions": shown,
        "onward": _onward(campaign, queue, token),
        "items": items_of(queue, {row: place for place, row in enumerate(rows)}),
        "box": box_facts(campaign, boxes),
        **pictures,
        "home": home,
        "journals": journals(campaign, queue),
        "notes": notes,
    }
    return _filled(facts, boxes.lines, tuple(notes))


def _doubts(campaign: Campaign, rows: Sequence[int]) -> list[float | None]:
    """How doubtful each box is, 0 to 1; None where nothing is predicted or nobody may see it."""
    boxes = overview(campaign)
    hidden = boxes.is_held | np.isnan(boxes.doubt)
    return [None if hidden[row] else round(float(boxes.doubt[row]), 3) for row in rows]


def render_question(campaign: Campaign, token: str) -> Rendered:
    """A page that only asks who is there."""
    return _filled({**frame(campaign, annotator=None, token=token), "items": None}, (), notes=())


def _commands(campaign: Campaign, queue: Queue) -> list[dict[str, Json]]:
    """What a page without a server cannot do, and what does it."""
    typed = campaign.typed
    n = sum(not item.repeat for item in queue.items)
    lines = [
        ("Press Save, then take the answers in", command("label", typed, "FILE.json")),
        ("The next query", command("select", typed, "-n", n)),
        ("Give every box a class", command("classify", typed)),
        ("How good the classes are", command("audit", typed, "-n", 60)),
        (
            "Another queue as a page",
            command("review", typed, "--queue", "class:NAME", "--html", "FILE"),
        ),
    ]
    return [{"title": title, "text": text} for title, text in lines]


def _onward(campaign: Campaign, queue: Queue, token: str | None) -> str:
    """What to do when every box has an answer; on a page by itself the answers go out first."""
    if token is not None:
        return what_next(campaign, queue)
    return f"press Save, then {command('label', campaign.typed, 'FILE.json')}"


def _filled(facts: dict[str, Json], boxes: tuple[str, ...], notes: tuple[str, ...]) -> Rendered:
    from markupsafe import Markup

    folder = resources.files("cryoal.browser") / "templates"
    scripts = [(folder / "js" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    nonce = secrets.token_urlsafe(16)
    context: dict[str, Any] = {
        "name": facts["name"],
        "mode": facts["mode"],
        "policy": policy(nonce),
        "nonce": nonce,
        "style": Markup((folder / "review.css").read_text(encoding="utf-8")),
        "script": Markup("\n".join(scripts)),
        "facts": Markup(script_json(facts)),
        "boxes": "\n".join(boxes),
    }
    html = page_templates("cryoal.browser").get_template("review.html.j2").render(context)
    return Rendered(html, nonce, notes)


def policy(nonce: str) -> str:
    """The Content-Security-Policy: what is in the page, and the server it came from, if any."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
