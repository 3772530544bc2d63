"""What a page knows of the campaign and of one queue, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING

from cryoal.browser.boxes import RANGE
from cryoal.campaign.thumbnails import WINDOW
from cryoal.data.events import Answer, Flag, Recall, Sitting, Skip, to_fields
from cryoal.junk import JUNK_NAMES
from cryoal.marks import JUNK, OPEN, UNSURE, class_mark, ink_on
from cryoal.records import now
from cryoal.review.intake import FORMAT, VERSION
from cryoal.review.keys import SHEET
from cryoal.review.progress import BREAK_AFTER, FEWEST_TIMED, RECENT
from cryoal.review.view import LOW_PASS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cryoal.browser.boxes import Embedded
    from cryoal.campaign.campaign import Campaign
    from cryoal.config import Config
    from cryoal.data.events import Event
    from cryoal.marks import Mark
    from cryoal.records import Json
    from cryoal.review.queue import Queue

__all__ = [
    "box_facts",
    "frame",
    "items_of",
    "journals",
    "journals_about",
    "queue_facts",
    "settings",
]

N_MARKS = 56  # the class marks that differ


def frame(campaign: Campaign, *, annotator: str | None, token: str | None) -> dict[str, Json]:
    """What every page knows."""
    marks = [class_mark(number) for number in range(N_MARKS)]
    return {
        "format": FORMAT,
        "version": VERSION,
        "cryoal": version("cryoal"),
        "mode": "file" if token is None else "server",
        "token": token,
        "campaign": campaign.identity,
        "name": campaign.path.resolve().name,
        "directory": str(campaign.path),
        "annotator": annotator,
        "written": now(),
        "sheet": [asdict(binding) for binding in SHEET],
        "marks": [_mark(mark) for mark in marks],
        "junk_names": list(JUNK_NAMES),
        "special": {"junk": _mark(JUNK), "unsure": _mark(UNSURE), "open": _mark(OPEN)},
        "pace": {"recent": RECENT, "fewest": FEWEST_TIMED, "break_after": BREAK_AFTER},
    }


def queue_facts(queue: Queue) -> dict[str, Json]:
    """What the session goes by, besides the boxes."""
    return {
        "name": queue.name,
        "order": queue.order,
        "settles": queue.settles,
        "again": queue.asks_again,
        "n_all": queue.n_all,
        "passed": [[before, key] for before, key in queue.passed],
    }


def items_of(queue: Queue, places: dict[int, int]) -> list[dict[str, Json]]:
    """The boxes in order; `places` of their pictures, by row."""
    return [
        {
            "key": item.key,
            "row": item.row,
            "repeat": item.repeat,
            "picture": places[item.row],
            "tomogram": item.tomogram,
            "position": [round(value, 1) for value in reversed(item.position_zyx_angstrom)],
            "score": item.score,
            "suggestion": item.suggestion,
            "probability": item.probability,
            "votes": dict(item.votes),
        }
        for item in queue.items
    ]


def box_facts(campaign: Campaign, boxes: Embedded) -> dict[str, Json]:
    """How the boxes in the page are to be read and drawn."""
    return {
        "edge": boxes.edge,
        "binning": boxes.binning,
        "spacing": campaign.pool.voxel_spacing * boxes.binning,
        "thickness": campaign.config.review.thickness,
        "range": list(RANGE),
        "window": list(WINDOW),
        "low_pass": list(LOW_PASS),
    }


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
    again = queue.name if queue.asks_again else None
    return journals_about(campaign, {item.key for item in queue.items}, sittings_of=again)


def journals_about(
    campaign: Campaign, keys: Collection[str], *, sittings_of: str | None = None
) -> dict[str, list[dict[str, Json]]]:
    """The lines of each annotator about `keys`, and the sittings of one queue, by name.

    Raises
    ------
    LabelError
        A journal is damaged.
    """
    store = campaign.labels
    return {
        name: [to_fields(event) for event in _about(store.events(name)[0], keys, sittings_of)]
        for name in store.annotators()
    }


def _about(
    events: Iterable[Event], keys: Collection[str], sittings_of: str | None
) -> Iterator[Event]:
    presses: set[str] = set()
    for event in events:
        if isinstance(event, Sitting) and event.queue == sittings_of:
            yield event
        if isinstance(event, Answer | Skip | Flag) and event.key in keys:
            presses.add(event.press)
            yield event
        elif isinstance(event, Recall) and event.press in presses:
            yield event


def _mark(mark: Mark) -> dict[str, Json]:
    points = " ".join(f"{x:g},{y:g}" for x, y in mark.points)
    return {
        "shape": mark.shape,
        "points": points,
        "colour": mark.colour,
        "ink": ink_on(mark.colour),
    }
