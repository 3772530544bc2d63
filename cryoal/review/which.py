"""Which boxes a sitting is about, as one types it: ``query``, ``class:wall``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cryoal.errors import ConfigError
from cryoal.registry import nearest

__all__ = ["KINDS", "NAMED", "Kind", "Which"]

Kind = Literal[
    "query", "audit", "disputed", "flagged", "unsure", "suspicious", "class", "tomogram", "keys",
    "all",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMED = {"class": "NAME", "tomogram": "NAME", "cycle": "N"}
"""What stands behind the colon of those that need it."""


@dataclass(frozen=True)
class Which:
    """A kind of queue, and of which class, tomogram or cycle.

    Examples
    --------
    >>> Which.parse("class:wall"), str(Which.parse("cycle:3"))
    (Which(kind='class', name='wall'), 'cycle:3')
    """

    kind: Kind
    name: str = ""
    """Of a class or tomogram; the number of the cycle of a query, "" for the last one."""

    @classmethod
    def parse(cls, text: str) -> Which:
        """What was typed.

        Raises
        ------
        ConfigError
            It names no kind of queue; the message gives the nearest.
        """
        kind, colon, name = text.partition(":")
        if kind == "cycle" and name.isascii() and name.isdecimal():
            return cls("query", str(int(name)))
        if kind in NAMED:
            if kind == "cycle" or not name:
                raise ConfigError(f"expected {kind}:{NAMED[kind]} as queue, found {text!r}")
            return cls("class" if kind == "class" else "tomogram", name)
        for known in KINDS:
            if known == kind and not colon:
                return cls(known)
        there = [*(known for known in KINDS if known not in NAMED), *(f"{k}:" for k in NAMED)]
        raise ConfigError(f"no queue called {text!r}{nearest(text, there)}")

    @property
    def cycle(self) -> int | None:
        """Which cycle a query is of; None: the last."""
        return int(self.name) if self.kind == "query" and self.name else None

    def __str__(self) -> str:
        if self.kind == "query":
            return f"cycle:{self.name}" if self.name else "query"
        return f"{self.kind}:{self.name}" if self.name else self.kind
