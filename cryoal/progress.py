"""How long work says how far it is, without knowing who listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["SILENT", "Progress"]

T = TypeVar("T")


class Progress(Protocol):
    """A listener: the command line draws bars, a library call stays silent."""

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        """Yield `items` unchanged while showing `what`, the rate in `unit` and the time left."""
        ...

    def say(self, line: str) -> None:
        """Tell the user one thing worth knowing, in one line."""
        ...


class _Silent:
    def track(
        self,
        items: Iterable[T],
        what: str,
        total: int | None = None,
        unit: str = "",
    ) -> Iterator[T]:
        yield from items

    def say(self, line: str) -> None:
        del line


SILENT: Progress = _Silent()
"""The listener that shows nothing."""
