"""Tables of named plug-ins: ours first, then those of other packages, nothing imported early."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from cryoal.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Table", "nearest"]


def nearest(name: str, known: Sequence[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known name, or the whole list."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"


@dataclass(frozen=True)
class Table:
    """Names of one kind of plug-in, each the address ``"module:object"`` of what it stands for.

    Parameters
    ----------
    kind
        What the entries are, for error messages: ``"strategy"``.
    builtins
        Our own entries. Nothing is imported until :meth:`load`.
    group
        Entry-point group in which other packages add theirs: ``"cryoal.strategies"``.
        A name of ours cannot be taken over.
    """

    kind: str
    builtins: Mapping[str, str]
    group: str

    def names(self) -> list[str]:
        """Every name, ours in table order, then those of other packages in alphabetical order."""
        found = {point.name for point in entry_points(group=self.group)}
        return [*self.builtins, *sorted(found - self.builtins.keys())]

    def require(self, name: str) -> None:
        """Make sure that there is such a name, importing nothing.

        Raises
        ------
        UnknownNameError
            No such name; the message gives the nearest.
        """
        if name not in self.names():
            raise UnknownNameError(f"no {self.kind} called {name!r}{nearest(name, self.names())}")

    def load(self, name: str) -> object:
        """The object of that name.

        Raises
        ------
        UnknownNameError
            No such name; the message gives the nearest.
        """
        if name in self.builtins:
            module, _, attribute = self.builtins[name].partition(":")
            return getattr(import_module(module), attribute)
        for point in entry_points(group=self.group, name=name):
            return point.load()
        self.require(name)
        raise AssertionError("unreachable: a name is built in, an entry point, or unknown")
