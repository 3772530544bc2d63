"""The review as one HTML page: boxes, keys, and the presses that are there already."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

from cryoal.browser.boxes import RANGE, embed
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.thumbnails import WINDOW
from cryoal.commands import command
from cryoal.data.events import Answer, Flag, Recall, Sitting, Skip, to_fields
from cryoal.pages import page_templates
from cryoal.progress import SILENT
from cryoal.records import now, write_text
from cryoal.review.context import surroundings
from cryoal.review.intake import FORMAT, VERSION
from cryoal.review.keys import SHEET
from cryoal.review.marks import JUNK, OPEN, UNSURE, class_mark, ink_on
from cryoal.review.modes import mode_of
from cryoal.review.onward import what_next
from cryoal.review.progress import BREAK_AFTER, FEWEST_TIMED, RECENT
from cryoal.review.view import LOW_PASS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.config import Config
    from cryoal.data.events import Event
    from cryoal.progress import Progress
    from cryoal.records import Json
    from cryoal.review.marks import Mark
    from cryoal.review.modes import Mode
    from cryoal.review.queue import Queue

__all__ = [
    "PageReport",
    "Rendered",
    "journals",
    "policy",
    "render",
    "render_question",
    "settings",
    "write_page",
]

Place = Literal["file", "server"]

SCRIPTS = ("keys", "ledger", "progress", "session", "view", "store", "server", "face", "main")
"""Files of ``templates/js``, in the order in which they need each other."""

N_MARKS = 56  # the class marks that differ


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
    progress: Progress = SILENT,
) -> Rendered:
    """The page of one queue; with a `token`, one that speaks to the server it came from."""
    pool = campaign.pool
    rows = list(dict.fromkeys(item.row for item in queue.items))
    boxes = embed(pool, rows, progress=progress)
    around, notes = surroundings(campaign, rows, progress=progress)
    if boxes.binning > 1:
        notes.insert(
            0,
            f"{len(rows)} boxes of {pool.box} voxels are much for one page: they are shown binned "
            f"by {boxes.binning}",
        )
    places = {row: place for place, row in enumerate(rows)}
    facts: dict[str, Json] = {
        **_frame(campaign, annotator=annotator, token=token),
        "settings": settings(campaign.config),
        "queue": {
            "name": queue.name,
            "order": queue.order,
            "settles": queue.settles,
            "again": queue.asks_again,
        },
        "blind": (shown := mode_of(campaign, queue, mode, blind=blind)) == "blind",
        "suggestions": shown,
        "onward": _onward(campaign, queue, token),
        "items": [
            {
                "key": item.key,
                "repeat": item.repeat,
                "picture": places[item.row],
                "tomogram": item.tomogram,
                "position": [round(value, 1) for value in reversed(item.position_zyx_angstrom)],
                "score": item.score,
                "suggestion": item.suggestion,
                "probability": item.probability,
                "votes": item.votes,
            }
            for item in queue.items
        ],
        "box": {
            "edge": boxes.edge,
            "binning": boxes.binning,
            "spacing": pool.voxel_spacing * boxes.binning,
            "thickness": campaign.config.review.thickness,
            "range": list(RANGE),
            "window": list(WINDOW),
            "low_pass": list(LOW_PASS),
        },
        "context": [asdict(around[row]) if row in around else None for row in rows],
        "journals": journals(campaign, queue),
        "notes": notes,
    }
    return _filled(facts, boxes.lines, tuple(notes))


def render_question(campaign: Campaign, token: str) -> Rendered:
    """A page that only asks who is there."""
    return _filled({**_frame(campaign, annotator=None, token=token), "items": None}, (), notes=())


def settings(config: Config) -> dict[str, Json]:
    """What of ``campaign.toml`` the page goes by, and has to be told when it changes."""
    return {
        "classes": list(config.classes),
        "keys": list(config.review.keys),
        "junk": config.review.junk,
        "renamed": config.new_names(),
    }


def journals(campaign: Campaign, queue: Queue) -> dict[str, list[dict[str, Json]]]:
    """The lines of each annotator that are about the boxes of `queue`, by name.

    Raises
    ------
    LabelError
        A journal is damaged.
    """
    keys = {item.key for item in queue.items}
    store = campaign.labels
    return {
        name: [to_fields(event) for event in _about(store.events(name)[0], keys, queue)]
        for name in store.annotators()
    }


def _about(events: Iterable[Event], keys: set[str], queue: Queue) -> Iterable[Event]:
    presses: set[str] = set()
    for event in events:
        if isinstance(event, Sitting) and queue.asks_again and event.queue == queue.name:
            yield event
        if isinstance(event, Answer | Skip | Flag) and event.key in keys:
            presses.add(event.press)
            yield event
        elif isinstance(event, Recall) and event.press in presses:
            yield event


def _onward(campaign: Campaign, queue: Queue, token: str | None) -> str:
    """What to do when every box has an answer; on a page by itself the answers go out first."""
    if token is not None:
        return what_next(campaign, queue)
    return f"press Save, then {command('label', campaign.typed, 'FILE.json')}"


def _frame(campaign: Campaign, *, annotator: str | None, token: str | None) -> dict[str, Json]:
    """What every page knows."""
    mode: Place = "file" if token is None else "server"
    marks = [class_mark(number) for number in range(N_MARKS)]
    return {
        "format": FORMAT,
        "version": VERSION,
        "cryoal": version("cryoal"),
        "mode": mode,
        "token": token,
        "campaign": campaign.identity,
        "name": campaign.path.resolve().name,
        "directory": str(campaign.path),
        "annotator": annotator,
        "written": now(),
        "sheet": [asdict(binding) for binding in SHEET],
        "marks": [_mark(mark) for mark in marks],
        "special": {"junk": _mark(JUNK), "unsure": _mark(UNSURE), "open": _mark(OPEN)},
        "pace": {"recent": RECENT, "fewest": FEWEST_TIMED, "break_after": BREAK_AFTER},
    }


def _mark(mark: Mark) -> dict[str, Json]:
    points = " ".join(f"{x:g},{y:g}" for x, y in mark.points)
    return {
        "shape": mark.shape,
        "points": points,
        "colour": mark.colour,
        "ink": ink_on(mark.colour),
    }


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
        "facts": Markup(_json(facts)),
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


def _json(value: Json) -> str:
    """JSON that can stand inside ``<script>``: no name of a class ends the element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
