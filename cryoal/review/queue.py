"""Which boxes one sitting is about, and in which order they come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import members
from cryoal.campaign.overview import NONE, overview
from cryoal.campaign.query import read_query
from cryoal.campaign.suspicious import suspects
from cryoal.commands import command
from cryoal.data.events import Flag, in_force
from cryoal.errors import CampaignError, ConfigError
from cryoal.registry import nearest
from cryoal.review.item import Item, items_of
from cryoal.review.ledger import flags_up
from cryoal.review.likeness import loneliness, looks
from cryoal.review.orders import ORDERS, Order, default_order, in_order
from cryoal.review.repeats import FEWEST_FOR_REPEATS, with_repeats, with_repeats_at_the_end
from cryoal.review.where import EVERYTHING, Where
from cryoal.review.which import Kind, Which
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.overview import Overview
    from cryoal.data.labels import Standing

__all__ = [
    "MOST",
    "ORDERS",
    "Item",
    "Kind",
    "Order",
    "Queue",
    "Where",
    "Which",
    "make_queue",
    "rows_of",
]

MOST = 200
"""Boxes of a sitting where as many as the pool has could be asked for."""


@dataclass(frozen=True)
class Queue:
    """The boxes of a sitting, in order."""

    name: str
    """``cycle 3``, or which boxes they are (``audit``, ``class:wall`` ...): also in the journal."""
    which: Which
    order: Order
    items: tuple[Item, ...]
    n_all: int = 0
    """How many there are in all; `items` are the first of them."""
    where: Where = EVERYTHING
    passed: tuple[tuple[int, str], ...] = ()
    """Boxes of the audit that would be among them: how many of `items` come before, and the key."""

    @property
    def kind(self) -> Kind:
        """What kind of queue it is."""
        return self.which.kind

    @property
    def settles(self) -> bool:
        """Whether answers end disputes."""
        return self.kind == "disputed"

    @property
    def asks_again(self) -> bool:
        """Whether a box is open until it has been answered in a queue of this name."""
        return self.kind == "suspicious"

    @property
    def is_blind(self) -> bool:
        """Whether nobody may see what others or the classifier think: it would be no test."""
        return self.kind == "audit"


def make_queue(
    campaign: Campaign,
    annotator: str,
    *,
    which: Which | str = "query",
    where: Where = EVERYTHING,
    order: Order | None = None,
    most: int = MOST,
    keys: Sequence[str] = (),
    before: Overview | None = None,
) -> Queue:
    """The boxes of a query (of the last cycle unless one is named), or others.

    Parameters
    ----------
    annotator
        Decides which boxes come twice: the same ones whenever the same queue is made.
    which
        ``query`` or ``cycle:N``; ``audit``: drawn at random to know how good the classifier is;
        ``disputed``: annotators differ; ``flagged``: somebody wants to talk about it; ``unsure``:
        nobody who looked could say; ``suspicious``: the label may be wrong; ``class:NAME``: of that
        class as they stand; ``tomogram:NAME``; ``keys``: those of `keys`; ``all``.
    where
        Which of them; an audit is not filtered.
    order
        ``score``: as the query, the search or the audit gave them; ``likeness``: boxes that look
        alike beside each other; ``tomogram``: tomogram by tomogram; ``least``, ``surest``: least or
        most sure first. None: that of the kind (:func:`cryoal.review.orders.default_order`). An
        audit comes in the order of the draw, whatever is asked for: who stops half-way leaves a
        fair sample.
    most
        How many boxes of ``class:``, ``tomogram:``, ``keys`` and ``all``: the least sure first,
        those of ``keys`` as they come, with ``surest`` the surest.
    keys
        Of ``keys``.
    before
        The last overview of this campaign (:func:`cryoal.campaign.overview.overview`).

    Raises
    ------
    CampaignError
        Nothing has been asked yet, there is no such cycle, or the queue is empty.
    ConfigError
        A class, tomogram or annotator that is not there, or a filter for an audit.
    UnknownKeyError
        A journal or a query names a key that the pool does not have.
    """
    which = Which.parse(which) if isinstance(which, str) else which
    standing = campaign.standing()  # a journal of another campaign is noticed before one labels
    if which.kind == "audit" and not where.is_everything:
        asked = ", ".join(where.as_json())
        raise ConfigError(
            f"expected the audit whole, as a fair sample has no filter, found {asked}"
        )
    order = "score" if which.kind == "audit" else order or default_order(which.kind)
    boxes: Overview | None = None
    passed: tuple[tuple[int, str], ...] = ()
    if which.kind in ("class", "tomogram", "all", "keys") or not where.is_everything:
        boxes = overview(campaign, before)
    if boxes is not None and which.kind in ("class", "tomogram", "all", "keys"):
        name, items, n_all = _standing_so(campaign, boxes, which, where, order, most, keys)
        items, passed = _without_audit(in_order(campaign, items, order), boxes)
    else:
        name, items = _named(campaign, which, standing)
        if boxes is not None:
            passes = where.mask(boxes)
            items = [item for item in items if passes[item.row]]
        items = in_order(campaign, items, order)
        n_all = len(items)
    if not items:
        then = f": {command('audit', campaign.typed, '-n', 60)}" if which.kind == "audit" else ""
        left = "" if where.is_everything else " that pass the filter"
        raise CampaignError(f"expected {which} boxes{left} in {campaign.typed}, found none{then}")
    if which.kind == "query":
        items = _with_repeats(campaign, items, name, order, annotator)
    return Queue(name, which, order, tuple(items), n_all, where, passed)


def _with_repeats(
    campaign: Campaign, items: list[Item], name: str, order: Order, annotator: str
) -> list[Item]:
    rng = stream(campaign.config.seed, "review", name, order, annotator)
    share = campaign.config.review.repeats
    if order != "likeness" or len(items) < FEWEST_FOR_REPEATS:
        return with_repeats(items, share, rng)
    alone = loneliness(looks(campaign, [item.row for item in items]))
    return with_repeats_at_the_end(items, share, rng, alone)


def _standing_so(
    campaign: Campaign,
    boxes: Overview,
    which: Which,
    where: Where,
    order: Order,
    most: int,
    keys: Sequence[str],
) -> tuple[str, list[Item], int]:
    """Boxes by how they stand now, with what is predicted for them; how many there are in all."""
    passes = _narrowed(which, boxes, where).mask(boxes, with_audit=True)
    if which.kind == "keys":
        named = campaign.pool.index(list(dict.fromkeys(keys)))
        rows = named[passes[named]]
    else:
        rows = np.flatnonzero(passes)
    n_all = int((~boxes.is_audit[rows]).sum())
    if which.kind != "keys" or order in ("least", "surest"):
        rows = rows[_by_certainty(boxes, rows, is_surest_first=order == "surest")]
    rows = rows[:most]
    items = [
        replace(
            item,
            suggestion=None if p == NONE else boxes.classes[p],
            probability=None if p == NONE else float(boxes.probability[item.row]),
        )
        for item, p in zip(
            items_of(campaign, [str(key) for key in boxes.keys[rows]]),
            boxes.predicted[rows].tolist(),
            strict=True,
        )
    ]
    return str(which), items, n_all


def _without_audit(
    items: list[Item], boxes: Overview
) -> tuple[list[Item], tuple[tuple[int, str], ...]]:
    """Those that are shown, and where in their order boxes of the audit would have come.

    They have to leave the audit when the boxes about them get labels: of what is left the audit
    would else hold more than its share of what the queue is about, and be no fair sample.
    """
    kept: list[Item] = []
    passed: list[tuple[int, str]] = []
    for item in items:
        if boxes.is_audit[item.row]:
            passed.append((len(kept), item.key))
        else:
            kept.append(item)
    return kept, tuple(passed)


def _by_certainty(
    boxes: Overview, rows: NDArray[np.int64], *, is_surest_first: bool
) -> NDArray[np.int64]:
    """An order of `rows`; those of which nothing is predicted come last, as in the pool."""
    p = boxes.probability[rows]
    return np.argsort(-p if is_surest_first else p, kind="stable")  # nan is last


def rows_of(
    campaign: Campaign, boxes: Overview, which: Which, keys: Sequence[str] = ()
) -> NDArray[np.int64]:
    """Rows of all boxes of a queue, before any filter, audit boxes apart; for counting them.

    Raises
    ------
    CampaignError, ConfigError, UnknownKeyError
        As :func:`make_queue`.
    """
    if which.kind in ("class", "tomogram", "all", "keys"):
        mask = _narrowed(which, boxes, EVERYTHING).mask(boxes)
        if which.kind == "keys":
            named = campaign.pool.index(list(dict.fromkeys(keys)))
            return named[mask[named]]
        return np.flatnonzero(mask)
    _, items = _named(campaign, which, campaign.standing())
    return np.array([item.row for item in items], np.int64)


def _narrowed(which: Which, boxes: Overview, where: Where) -> Where:
    """`where`, of the class or tomogram of `which` alone."""
    if which.kind == "class":
        _require(which.name, boxes.classes, "class")
        return replace(where, classes=(which.name,))
    if which.kind == "tomogram":
        _require(which.name, boxes.tomogram_names, "tomogram")
        return replace(where, tomograms=(which.name,))
    return where


def _named(campaign: Campaign, which: Which, standing: Standing) -> tuple[str, list[Item]]:
    match which.kind:
        case "query":
            return _from_query(campaign, which.cycle)
        case "disputed":
            items = items_of(campaign, list(standing.disputed))
            items = [replace(item, votes=standing.disputed[item.key]) for item in items]
        case "audit":
            items = items_of(campaign, list(members(campaign)))
        case "unsure":
            items = items_of(campaign, sorted(standing.abstained))
        case "suspicious":
            items = _suspicious(campaign)
        case _:
            items = items_of(campaign, flagged_keys(campaign))
    return str(which), items


def _from_query(campaign: Campaign, cycle: int | None) -> tuple[str, list[Item]]:
    folders = campaign.cycles()
    if not folders:
        raise CampaignError(
            f"expected a query in {campaign.typed}, found none: "
            + command("select", campaign.typed, "-n", 100)
        )
    queries = {int(folder.name.removeprefix("cycle_")): folder for folder in folders}
    number = max(queries) if cycle is None else cycle
    if number not in queries:
        there = ", ".join(map(str, sorted(queries)))
        raise CampaignError(
            f"expected one of the cycles {there} of {campaign.typed}, found {cycle}"
        )
    query = read_query(queries[number])
    new_name = campaign.config.new_names()
    items = [
        replace(
            item,
            score=asked.score,
            suggestion=new_name.get(asked.suggestion or "", asked.suggestion),
            probability=asked.probability,
        )
        for asked, item in zip(query.asked, items_of(campaign, query.keys()), strict=True)
    ]
    return f"cycle {number}", items


def _suspicious(campaign: Campaign) -> list[Item]:
    """With the class that heads suggest which did not see the label, and how doubtful it is."""
    found = suspects(campaign)
    return [
        replace(
            item,
            score=1.0 - suspect.posterior,
            suggestion=suspect.suggestion,
            probability=suspect.probability,
        )
        for suspect, item in zip(found, items_of(campaign, [s.key for s in found]), strict=True)
    ]


def flagged_keys(campaign: Campaign) -> list[str]:
    """Keys that at least one annotator has flagged for discussion, sorted."""
    raised: set[str] = set()
    for annotator in campaign.labels.annotators():
        events, _ = campaign.labels.events(annotator)
        flags: dict[str, list[Flag]] = {}
        for event in in_force(events):
            if isinstance(event, Flag):
                flags.setdefault(event.key, []).append(event)
        raised.update(key for key, of_key in flags.items() if flags_up(of_key))
    return sorted(raised)


def _require(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        raise ConfigError(f"no {what} called {name!r}{nearest(name, names)}")
