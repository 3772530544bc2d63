"""What the page's list of queues and its filters show."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from cryoal.campaign.audit import members
from cryoal.errors import ConfigError
from cryoal.review.choices import SUGGESTING, choices
from cryoal.review.orders import ORDERS, default_order
from cryoal.review.queue import rows_of
from cryoal.review.where import EVERYTHING, counts
from cryoal.review.which import Which

if TYPE_CHECKING:
    from cryoal.browser.asked import Asked
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.records import Json
    from cryoal.review.orders import Order
    from cryoal.review.where import Where
    from cryoal.review.which import Kind

__all__ = ["counted", "kinds", "require_hidden"]

SURE: tuple[Order, ...] = ("least", "surest")
"""Orders that tell what the classifier thinks."""


def kinds(campaign: Campaign, boxes: Overview, asked: Asked, *, blind: bool) -> dict[str, Json]:
    """Every queue with its title, how many boxes it has and how they may be ordered."""
    found: list[dict[str, Json]] = []
    for choice in choices(campaign, boxes):
        kind = Which.parse(choice.which).kind
        if blind and kind in SUGGESTING:
            continue
        found.append(
            {
                "which": choice.which,
                "title": choice.title,
                "n": choice.n,
                "said": choice.said,
                "orders": _orders(kind, blind=blind),
                "filters": kind != "audit",
                "note": "boxes drawn at random, to know how good the classes are"
                if kind == "audit" and not choice.n
                else None,
            }
        )
    which = asked.which
    if which == "query":  # of the last cycle
        which = next((str(one["which"]) for one in found), which)
    if all(one["which"] != which for one in found):
        found.insert(0, _here(which, blind=blind))
    chosen: dict[str, Json] = {
        "which": which,
        "order": asked.order or default_order(Which.parse(which).kind),
        "where": asked.where.as_json(),
    }
    return {"kinds": found, "chosen": chosen}


def _here(which: str, *, blind: bool) -> dict[str, Json]:
    """The queue of this page, where the list has no such."""
    kind = Which.parse(which).kind
    title = {"keys": "boxes taken on the map"}.get(kind, which.replace(":", " "))
    return {
        "which": which,
        "title": title,
        "n": None,
        "said": "",
        "orders": _orders(kind, blind=blind),
        "filters": kind != "audit",
        "note": None,
    }


def _orders(kind: Kind, *, blind: bool) -> list[Json]:
    if kind == "audit":
        return ["score"]
    first = default_order(kind)
    rest = [order for order in ORDERS if order != first and not (blind and order in SURE)]
    if kind in ("class", "tomogram", "all"):
        rest = [order for order in rest if order != "score"]  # nobody gave them a score
    return [first, *rest]


def require_hidden(which: Which, where: Where, order: Order | None = None) -> None:
    """Make sure that nothing about a queue tells what the classifier thinks of its boxes.

    Raises
    ------
    ConfigError
        Its kind, a filter or the order does.
    """
    if which.kind in SUGGESTING or order in SURE:
        found = f"the boxes {which}" if which.kind in SUGGESTING else f"the order {order}"
        raise ConfigError(
            f"expected boxes that are not chosen by the classifier where suggestions are hidden, "
            f"found {found}"
        )
    told = (where.classes, where.probability, where.doubt)
    if told != (EVERYTHING.classes, EVERYTHING.probability, EVERYTHING.doubt):
        raise ConfigError(
            "expected no filter by class or probability where suggestions are hidden, found one"
        )


def counted(
    campaign: Campaign, boxes: Overview, which: Which, where: Where, *, blind: bool
) -> dict[str, Json]:
    """How many boxes of a queue pass a filter, and how many would for each choice of a field.

    Raises
    ------
    ConfigError
        Suggestions are hidden, and the filter is by what the classifier thinks.
    """
    if blind:
        require_hidden(which, where)
    if which.kind == "audit":
        return {**_facets(boxes, where, blind=True), "n": len(members(campaign))}
    if which.kind == "suspicious":  # which are is found out when it is opened: seconds
        return {**_facets(boxes, where, blind=blind), "n": None}
    among = None if which.kind == "all" else rows_of(campaign, boxes, which)
    found = counts(boxes, where, among)
    return {
        **asdict(found),
        "classes": {} if blind else dict(found.classes),
        "has_probability": boxes.told is not None and not blind,
    }


def _facets(boxes: Overview, where: Where, *, blind: bool) -> dict[str, Json]:
    """The choices without numbers."""
    found = counts(boxes, where)
    return {
        "classes": {} if blind else dict.fromkeys(found.classes),
        "tomograms": dict.fromkeys(found.tomograms),
        "annotators": dict.fromkeys(found.annotators),
        "answered": {},
        "has_probability": boxes.told is not None and not blind,
    }
