"""Where one stands in a queue: the box in front, and what is selected."""

from __future__ import annotations

__all__ = ["Cursor"]


class Cursor:
    """A place among `n` boxes, from which the keys lead on; or past them, when all is done.

    Attributes
    ----------
    position : int
        The box in front; past the end the last one that was answered, which is not selected.
    is_past : bool
        Whether there is nothing left to answer, and nothing is selected.
    columns, page_size : int
        How many cards are in a row, and on a page; for the keys up and down.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.position = 0
        self.is_past = False
        self.columns = 1
        self.page_size = 20
        self._anchor: int | None = None

    @property
    def selection(self) -> range:
        """The boxes that the next key is about; usually the one in front alone."""
        if self.is_past:
            return range(self.position, self.position)
        anchor = self.position if self._anchor is None else self._anchor
        return range(min(anchor, self.position), max(anchor, self.position) + 1)

    def let_go(self) -> None:
        """Select one box only."""
        self._anchor = None

    def go(self, number: int, *, extend: bool = False) -> None:
        """Put box `number` in front; with `extend`, everything from the selection's start to it."""
        start = self.position if self._anchor is None else self._anchor
        self.position = min(max(number, 0), self.n - 1)
        self._anchor = (self.position if self.is_past else start) if extend else None
        self.is_past = False

    def go_past(self, last: int) -> None:
        """Select nothing: `last` was the last box without an answer."""
        self.position, self.is_past, self._anchor = last, True, None

    def move(self, action: str) -> bool:
        """Do what an arrow or page key does; whether `action` is one.

        From past the end, one step back is the box in front. Where all are selected, the last one
        is in front.
        """
        if action == "extend-all":
            self.position, self.is_past, self._anchor = self.n - 1, False, 0
            return True
        page = self.page_size
        steps = {"right": 1, "left": -1, "down": self.columns, "up": -self.columns}
        steps |= {"page-down": page, "page-up": -page, "first": -self.n}
        name = action.removeprefix("extend-")
        if name not in steps:
            return False
        step = 0 if self.is_past and name == "left" else steps[name]
        self.go(self.position + step, extend=name != action)
        return True
