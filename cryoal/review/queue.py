"""Which boxes one sitting is about, and in which order they come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from cryoal.campaign.audit import members
from cryoal.campaign.query import read_query
from cryoal.campaign.suspicious import suspects
from cryoal.commands import command
from cryoal.data.events import Flag, in_force
from cryoal.errors import CampaignError
from cryoal.review.ledger import flags_up
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = ["KINDS", "ORDERS", "Item", "Kind", "Order", "Queue", "make_queue"]

Kind = Literal["query", "audit", "disputed", "flagged", "unsure", "suspicious"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Order = Literal["score", "tomogram", "cluster"]
ORDERS: tuple[Order, ...] = get_args(Order)

FEWEST_FOR_REPEATS = 20  # boxes; in fewer one remembers what one said
LEAST_GAP = 10  # boxes between a box and its repeat, in any case
PER_CLUSTER = 12  # boxes: less than a page of cards


@dataclass(frozen=True)
class Item:
    """One box that is put in front of the annotator."""

    key: str
    row: int
    """Place in the pool."""
    tomogram: str
    position_zyx_angstrom: tuple[float, float, float]
    score: float | None = None
    """What the strategy gave it; None when it was drawn at random."""
    suggestion: str | None = None
    probability: float | None = None
    repeat: bool = False
    """Whether it is shown a second time, to see whether the annotator says the same again."""
    votes: dict[str, str] = field(default_factory=dict)
    """Class by annotator, of a disputed box."""


@dataclass(frozen=True)
class Queue:
    """The boxes of a sitting, in order."""

    name: str
    """``cycle 3``, or the kind (``audit``, ``disputed`` ...): also in the journal."""
    kind: Kind
    order: Order
    items: tuple[Item, ...]

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
    kind: Kind = "query",
    cycle: int | None = None,
    order: Order = "score",
) -> Queue:
    """The boxes of a query (of the last cycle unless one is named), or of another kind.

    Parameters
    ----------
    annotator
        Decides which boxes come twice: the same ones whenever the same queue is made.
    kind
        ``query``; ``audit``: drawn at random to know how good the classifier is; ``disputed``:
        annotators differ; ``flagged``: somebody wants to talk about it; ``unsure``: nobody who
        looked could say; ``suspicious``: the label may be wrong.
    order
        ``score``: most informative first; ``tomogram``: tomogram by tomogram; ``cluster``: boxes
        that look alike beside each other. An audit comes in the order of the draw, whatever is
        asked for: who stops half-way leaves a fair sample.

    Raises
    ------
    CampaignError
        Nothing has been asked yet, there is no such cycle, or the queue is empty.
    UnknownKeyError
        A journal or a query names a key that the pool does not have.
    """
    standing = campaign.standing()  # a journal of another campaign is noticed before one labels
    if kind == "query":
        name, items = _from_query(campaign, cycle)
    else:
        name, items = kind, _others(campaign, kind, standing)
    if not items:
        then = f": {command('audit', campaign.typed, '-n', 60)}" if kind == "audit" else ""
        raise CampaignError(f"expected {kind} boxes in {campaign.typed}, found none{then}")
    if kind == "audit":
        order = "score"  # of which there is none
    items = _in_order(campaign, items, order)
    if kind == "query":
        rng = stream(campaign.config.seed, "review", name, order, annotator)
        items = _with_repeats(items, campaign.config.review.repeats, rng)
    return Queue(name, kind, order, tuple(items))


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
        for asked, item in zip(query.asked, _items(campaign, query.keys()), strict=True)
    ]
    return f"cycle {number}", items


def _others(campaign: Campaign, kind: Kind, standing: Standing) -> list[Item]:
    if kind == "disputed":
        items = _items(campaign, list(standing.disputed))
        return [replace(item, votes=standing.disputed[item.key]) for item in items]
    if kind == "audit":
        return _items(campaign, list(members(campaign)))
    if kind == "unsure":
        return _items(campaign, sorted(standing.abstained))
    if kind == "suspicious":
        return _suspicious(campaign)
    return _items(campaign, flagged_keys(campaign))


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
        for suspect, item in zip(found, _items(campaign, [s.key for s in found]), strict=True)
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


def _items(campaign: Campaign, keys: Sequence[str]) -> list[Item]:
    pool = campaign.pool
    names, rows = pool.tomogram_names, pool.index(keys)
    return [
        Item(key, row, names[pool.tomogram[row]], tuple(pool.position_zyx_angstrom[row].tolist()))
        for key, row in zip(keys, rows.tolist(), strict=True)
    ]


def _in_order(campaign: Campaign, items: list[Item], order: Order) -> list[Item]:
    if order == "tomogram":
        return sorted(items, key=lambda item: item.tomogram)  # stable: by score within each
    if order == "cluster":
        return [items[i] for i in _by_likeness(campaign, items)]
    return items


def _by_likeness(campaign: Campaign, items: list[Item]) -> list[int]:
    """Clusters of boxes that look alike, the largest first, each from its middle outwards."""
    from cryoal.descriptors.appearance import appearance
    from cryoal.strategies.clusters import k_means

    boxes = campaign.pool.read_normalised(np.array([item.row for item in items]))
    rng = stream(campaign.config.seed, "review-clusters")
    found = k_means(appearance(boxes), max(2, len(items) // PER_CLUSTER), rng)
    size = np.bincount(found.label)
    ordered = np.lexsort((found.squared, found.label, -size[found.label]))
    order: list[int] = ordered.tolist()
    return order


def _with_repeats(items: list[Item], share: float, rng: np.random.Generator) -> list[Item]:
    """`items`, some of which come again at least a quarter of the queue later.

    Both times without the suggestion: the two answers are given under the same conditions, and a
    box without one need not be a repeat.
    """
    n = len(items)
    n_repeats = round(share * n)
    if n < FEWEST_FOR_REPEATS or not n_repeats:
        return items
    gap = max(LEAST_GAP, n // 4)
    originals = np.sort(rng.choice(n - gap, min(n_repeats, n - gap), replace=False)).tolist()
    behind = {i: int(rng.integers(i + gap, n)) for i in originals}
    hidden = {i: replace(items[i], suggestion=None, probability=None) for i in originals}
    out: list[Item] = []
    for place, item in enumerate(items):
        out.append(hidden.get(place, item))
        out += [replace(hidden[i], repeat=True) for i, after in behind.items() if after == place]
    return out
