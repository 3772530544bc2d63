"""Which boxes are the audit now, and of which boxes they are a fair sample.

An audit is drawn at random from the boxes without an answer, shown without suggestions, and never
trained on. Nothing that asks or learns knows it: a query that picks a box of the audit takes it out
of the audit *and* out of the boxes that the audit stands for, and its answer is a label from then
on. Since the pick did not depend on who is in the audit, what is left of the audit is a simple
random sample of what is left of each stratum, for every later classifier.

A box leaves by one of these, and by nothing else: a query asks it after it had been seen by a draw;
somebody labels it in a file of their own, among other boxes; it is kept for measuring; the finished
audit is given to training. An answer in any queue of the review changes nothing of that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit_file import FILE, change_audit
from cryoal.campaign.audit_seen import NONE
from cryoal.campaign.query import read_query
from cryoal.data.events import Answer, Sitting, in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.audit_file import Audit
    from cryoal.campaign.campaign import Campaign
    from cryoal.data.labels import Standing

__all__ = [
    "AuditNow",
    "StratumNow",
    "audit_now",
    "members",
    "still_there",
    "take_labels",
    "without_audit",
]

BY_CHANCE = 1e-3
"""A file of audit boxes alone answers the audit where it would be met so seldom by chance. Somebody
who labels a few boxes of their own meets it: those would stay in the audit while others leave."""


@dataclass(frozen=True, eq=False)
class StratumNow:
    """Boxes without a label, and those of them that are the audit."""

    name: str
    """The class that was predicted when they were first drawn from; ``all``, where nothing was;
    ``asked``, where queries had asked them in vain."""
    rows: NDArray[np.int64]
    """Rows in the pool of all boxes that this part of the audit stands for, in order; those of the
    audit are among them."""
    audit: tuple[str, ...]
    """A simple random sample of these boxes, in random order, whether answered or not."""


@dataclass(frozen=True, eq=False)
class AuditNow:
    """The audit as it stands after the answers of now.

    Every box of the pool is in exactly one place: it is kept for measuring, labelled (see
    :func:`without_audit`), in the rows of one stratum, or in `outside`.
    """

    keys: tuple[str, ...]
    """The boxes of the audit, in the order in which they are shown."""
    strata: tuple[StratumNow, ...]
    named: dict[str, str]
    """Class of each audit box that has one."""
    unnamed: frozenset[str]
    """Audit boxes about which nobody who answered could say, or annotators differ."""
    open: tuple[str, ...]
    """Audit boxes without an answer, in the order in which they are shown."""
    outside: NDArray[np.int64]
    """Rows in the pool of boxes without a label that no stratum holds: they came after the last
    draw, or a query asks them. The audit says nothing of them."""
    n_left: int
    """Boxes that the audit has lost to queries and to files of labels."""
    given: tuple[str, ...]
    """Boxes that were given to training; with no box in the audit, it says nothing any more."""

    @property
    def is_finished(self) -> bool:
        """Whether every box of the audit has an answer, and there is one."""
        return bool(self.keys) and not self.open


def without_audit(campaign: Campaign, standing: Standing) -> Standing:
    """`standing` without what is known from the audit alone.

    Whoever learns or asks goes by this one, or what is left of the audit is no fair sample.
    """
    inside = members(campaign)
    if not inside:
        return standing
    return replace(
        standing,
        labelled={k: label for k, label in standing.labelled.items() if k not in inside},
        abstained=standing.abstained.difference(inside),
        disputed={k: votes for k, votes in standing.disputed.items() if k not in inside},
        settled_by={k: who for k, who in standing.settled_by.items() if k not in inside},
    )


def members(campaign: Campaign) -> dict[str, int]:
    """Place in ``audit.strata`` of every box of the audit, in the order in which they are shown."""
    audit = campaign.audit
    if not audit.draws:
        return {}
    return _members(campaign, audit, _gone(campaign, audit))


def _members(campaign: Campaign, audit: Audit, gone: set[str]) -> dict[str, int]:
    drawn = audit.drawn()
    found: dict[str, int] = {}
    for (key, draw), place in zip(drawn.items(), _places(campaign, audit, [*drawn]), strict=True):
        if place != NONE and draw >= audit.strata[place].draw and key not in gone:
            found[key] = place
    return found


def audit_now(campaign: Campaign, standing: Standing | None = None) -> AuditNow | None:
    """The audit after the answers of `standing` (None: of now); None where nothing was ever drawn.

    Raises
    ------
    UnknownKeyError
        The audit names a box that the pool does not have.
    """
    audit = campaign.audit
    if not audit.draws:
        return None
    standing = standing or campaign.standing()
    pool = campaign.pool
    gone = _gone(campaign, audit)
    inside = _members(campaign, audit, gone)
    pool.index([*inside])
    place_of = _still_there(campaign, audit, gone)
    labelled = pool.find([*standing.answered.difference(inside), *campaign.test_labels()])
    place_of[labelled[labelled >= 0]] = len(audit.strata)
    rows = [np.flatnonzero(place_of == place) for place in range(len(audit.strata))]
    sample: list[list[str]] = [[] for _ in audit.strata]
    for key, place in inside.items():
        sample[place].append(key)
    given = {key for gift in audit.given for key in gift.keys}
    new_name = campaign.config.new_names()
    return AuditNow(
        keys=tuple(inside),
        strata=tuple(
            StratumNow(new_name.get(stratum.name, stratum.name), all_of_it, tuple(some))
            for stratum, all_of_it, some in zip(audit.strata, rows, sample, strict=True)
            if len(all_of_it)
        ),
        named={k: standing.labelled[k] for k in inside if k in standing.labelled},
        unnamed=frozenset(k for k in inside if k in standing.abstained or k in standing.disputed),
        open=tuple(k for k in inside if k not in standing.answered),
        outside=np.flatnonzero(place_of == NONE),
        n_left=len(audit.drawn().keys() - inside.keys() - given),
        given=tuple(key for gift in audit.given for key in gift.keys),
    )


def take_labels(campaign: Campaign, keys: Sequence[str], *, is_audit: bool = False) -> list[str]:
    """Note that a file has answered `keys`; the audit boxes that are labels from now on.

    A file that answers boxes of the audit alone, no few, answers the audit, and so does its own
    sheet (`is_audit`): there none becomes a label. In any other file somebody chose the boxes
    without a look at the audit, and those of the audit are labels like the rest.
    """
    inside = members(campaign)
    met = [key for key in dict.fromkeys(keys) if key in inside]
    if not met or is_audit:
        return []
    named = set(keys)
    if named <= campaign.audit.drawn().keys():
        audit = campaign.audit
        n_there = int(np.count_nonzero(still_there(campaign, audit) != NONE))
        share = len(inside) / n_there
        if share ** len(named) <= BY_CHANCE or named >= inside.keys():
            return []
    change_audit(
        campaign.path / FILE,
        campaign.identity,
        lambda audit: replace(audit, taken=tuple(dict.fromkeys([*audit.taken, *met]))),
    )
    return met


def still_there(campaign: Campaign, audit: Audit) -> NDArray[np.int32]:
    """Place of the stratum of each box of the pool.

    -1 where it is in none, or something else than an answer took it out.
    """
    return _still_there(campaign, audit, _gone(campaign, audit))


def _still_there(campaign: Campaign, audit: Audit, gone: set[str]) -> NDArray[np.int32]:
    places = audit.seen.in_pool(campaign.pool).copy()
    rows = campaign.pool.find([*gone])
    places[rows[rows >= 0]] = NONE
    return places


def _places(campaign: Campaign, audit: Audit, keys: Sequence[str]) -> list[int]:
    """Of the stratum of each of `keys`; -1 where it is in none."""
    return audit.seen.of_keys(keys, campaign.pool if campaign.has_pool else None)


def _gone(campaign: Campaign, audit: Audit) -> set[str]:
    """Boxes that something else than an answer took out of their stratum."""
    gone = audit.let_go() | campaign.test_labels().keys()
    reopened = _taken_up_again(campaign, audit)
    for folder in campaign.cycles():
        query = read_query(folder)
        keys = query.keys()
        if query.cycle in reopened:
            gone.update(keys)
            continue
        for key, place in zip(keys, _places(campaign, audit, keys), strict=True):
            if place != NONE and query.cycle >= audit.strata[place].cycle:
                gone.add(key)
    return gone


def _taken_up_again(campaign: Campaign, audit: Audit) -> set[int]:
    """Cycles that were left unanswered, drawn from, and then answered after all.

    Who goes on with an old query sees which of its boxes the audit has answered already; so all of
    its boxes leave the audit together.
    """
    asked = {place for place, stratum in enumerate(audit.strata) if stratum.kind == "asked"}
    if not asked:
        return set()
    cycle_of: list[tuple[str, int]] = []
    for annotator in campaign.labels.annotators():
        events, _ = campaign.labels.events(annotator)
        queue = {event.name: event.queue for event in events if isinstance(event, Sitting)}
        for event in in_force(events):
            if not isinstance(event, Answer):
                continue
            number = queue.get(event.press.rpartition("-")[0], "").removeprefix("cycle ")
            if number.isdecimal():
                cycle_of.append((event.key, int(number)))
    places = _places(campaign, audit, [key for key, _ in cycle_of])
    return {cycle for (_, cycle), at in zip(cycle_of, places, strict=True) if at in asked}
