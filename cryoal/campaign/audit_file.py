"""``audit.json``: what was drawn for the audit, from which boxes, and what left it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from cryoal.campaign.audit_seen import Seen
from cryoal.errors import CampaignError, CampaignVersionError, FileFormatError
from cryoal.locks import locked
from cryoal.records import is_there, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["FILE", "Audit", "Draw", "Gift", "How", "Kind", "Stratum", "change_audit", "read_audit"]

FILE = "audit.json"

FORMAT = 2
"""Version of ``audit.json``; a newer one is refused. In version 1 a stratum had its keys."""

FIELDS = {"format", "campaign", "draws", "strata", "boxes", "taken", "given"}

How = Literal["uniform", "stratified"]

Kind = Literal["all", "predicted", "asked"]
"""Of a stratum: all boxes, those of a predicted class, or those that queries asked in vain."""


@dataclass(frozen=True)
class Draw:
    """What one call drew."""

    number: int
    """From 1."""
    time: str
    how: How
    seed: int
    cycle: int
    """The number of the cycle that came next."""
    keys: tuple[str, ...]
    """In the order in which they are shown, which is random."""


@dataclass(frozen=True)
class Stratum:
    """Boxes among which a fixed number was drawn, each set of that size as likely as any other.

    A box gets its stratum at the first draw that sees it and keeps it, whatever classifies it
    later; so what all draws took from a stratum is a simple random sample of it.
    """

    kind: Kind
    name: str
    """The predicted class; else as `kind`."""
    draw: int
    """The draw that saw these boxes first."""
    cycle: int
    """The number of the cycle that came next then: what that one or a later one asks leaves."""


@dataclass(frozen=True)
class Gift:
    """Boxes that were given to training."""

    time: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """Everything that ``audit.json`` holds."""

    campaign: str | None
    """Id of the campaign that it belongs to."""
    draws: tuple[Draw, ...] = ()
    strata: tuple[Stratum, ...] = ()
    seen: Seen = field(default_factory=lambda: Seen.of([], np.zeros(0, np.int32)))
    """Which boxes are in which of `strata`."""
    taken: tuple[str, ...] = ()
    """Audit boxes that somebody labelled in a file of their own: labels from then on."""
    given: tuple[Gift, ...] = field(default=())

    def let_go(self) -> set[str]:
        """Boxes that are labels now, whatever was drawn: of files, and given away."""
        return {*self.taken, *(key for gift in self.given for key in gift.keys)}

    def drawn(self) -> dict[str, int]:
        """The last draw that took each key, in the order of drawing."""
        found: dict[str, int] = {}
        for draw in self.draws:
            for key in draw.keys:
                found.pop(key, None)
                found[key] = draw.number
        return found


def read_audit(path: Path, campaign: str | None) -> Audit:
    """The audit in the file `path`, of the campaign of this id; one without draws where none is.

    Raises
    ------
    FileFormatError
        It is damaged, or not an audit.
    CampaignVersionError
        It was written by a newer cryoal.
    CampaignError
        It belongs to another campaign.
    """
    if not is_there(path):
        return Audit(campaign)
    facts = read_json(path)
    version = facts.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise CampaignVersionError(
            f"expected format {FORMAT} or older in {path}, found {version}: this audit was written "
            "by a newer cryoal; update cryoal"
        )
    try:
        _require(version in (1, FORMAT), version)
        if version == 1:
            facts = _of_version_1(facts)
        _require(facts.keys() == FIELDS, facts)
        found = Audit(
            campaign=facts["campaign"],
            draws=tuple(_draw(one) for one in facts["draws"]),
            strata=tuple(_stratum(one) for one in facts["strata"]),
            seen=Seen.from_json(facts["boxes"], len(facts["strata"])),
            taken=_keys(facts["taken"]),
            given=tuple(Gift(_of(str, one["time"]), _keys(one["keys"])) for one in facts["given"]),
        )
        numbers = [draw.number for draw in found.draws]
        _require(numbers == list(range(1, len(numbers) + 1)), numbers)
        _require(all(s.draw in numbers for s in found.strata), [s.draw for s in found.strata])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"expected the draws and strata of an audit in {path}, found {error}: restore it from "
            "a copy, or move it away: the audit is over then, and its answers are labels"
        ) from error
    if found.campaign != campaign:
        raise CampaignError(
            f"expected the audit of this campaign ({campaign}) in {path}, found one of "
            f"{found.campaign}: move the file to its own campaign"
        )
    return found


def change_audit(path: Path, campaign: str | None, change: Callable[[Audit], Audit]) -> Audit:
    """Write what `change` makes of the audit of now, and return it.

    In one step: after a kill there is the old audit or the new one. Two processes take turns, as
    labels come in while boxes are drawn.

    Raises
    ------
    FileFormatError, CampaignVersionError, CampaignError
        As :func:`read_audit`.
    LockError
        Another process has held the file for ten seconds.
    """
    with locked(path.with_name(f".{path.name}.lock")):
        changed = change(read_audit(path, campaign))
        write_json(
            path,
            {
                "format": FORMAT,
                "campaign": changed.campaign,
                "draws": [asdict(one) for one in changed.draws],
                "strata": [asdict(one) for one in changed.strata],
                "boxes": changed.seen.as_json(),
                "taken": changed.taken,
                "given": [asdict(one) for one in changed.given],
            },
        )
    return changed


def _of_version_1(facts: dict[str, Any]) -> dict[str, Any]:
    """The same in the version of now."""
    strata = [dict(one) for one in facts["strata"]]
    keys = [_keys(one.pop("keys")) for one in strata]
    every = list(chain.from_iterable(keys))
    _require(len(set(every)) == len(every), "a box in two strata")
    places = np.repeat(np.arange(len(keys)), [len(some) for some in keys])
    return {**facts, "strata": strata, "boxes": Seen.of(every, places).as_json()}


def _draw(facts: dict[str, Any]) -> Draw:
    _require(facts["how"] in get_args(How), facts["how"])
    return Draw(
        number=_of(int, facts["number"]),
        time=_of(str, facts["time"]),
        how=facts["how"],
        seed=_of(int, facts["seed"]),
        cycle=_of(int, facts["cycle"]),
        keys=_keys(facts["keys"]),
    )


def _stratum(facts: dict[str, Any]) -> Stratum:
    _require(facts["kind"] in get_args(Kind), facts["kind"])
    return Stratum(
        kind=facts["kind"],
        name=_of(str, facts["name"]),
        draw=_of(int, facts["draw"]),
        cycle=_of(int, facts["cycle"]),
    )


def _keys(value: Any) -> tuple[str, ...]:
    if {*map(type, _of(list, value))} <= {str}:  # of all at once: there may be a million
        return tuple(value)
    return tuple(_of(str, key) for key in value)


def _of(kind: type, value: Any) -> Any:
    _require(isinstance(value, kind) and not isinstance(value, bool), value)
    return value


def _require(is_so: bool, found: object) -> None:
    if not is_so:
        raise ValueError(repr(found)[:60])
