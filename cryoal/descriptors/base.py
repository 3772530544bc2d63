"""What a block of descriptors is, and boxes as several blocks see them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["Block", "Seen"]

SMALLEST = 8  # side of a box

T = TypeVar("T")


class Seen:
    """Boxes, and what several blocks need of them, made once.

    Parameters
    ----------
    boxes
        ``(n, d, h, w)`` float32, d = h = w even and 8 at least, normalised: particles positive,
        noise of variance about 1.

    Raises
    ------
    ValueError
        Boxes of another shape.
    """

    def __init__(self, boxes: Tensor) -> None:
        side = boxes.shape[-1]
        if boxes.ndim != 4 or set(boxes.shape[1:]) != {side} or side % 2 or side < SMALLEST:
            raise ValueError(
                f"expected boxes (n, d, h, w) with d = h = w even and {SMALLEST} at least,"
                f" found shape {tuple(boxes.shape)}"
            )
        self.boxes = boxes.to(torch.float32)
        self.side = side
        self._made: dict[Callable[[Seen], object], object] = {}

    def once(self, make: Callable[[Seen], T]) -> T:
        """What `make` makes of these boxes; the same object when asked again."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])


class Block(ABC):
    """One block of numbers for each box, by a fixed formula.

    A row depends on its box alone: to the last bit in the same batch, and to rounding in another.
    Every number is finite for finite boxes, constant ones too.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    """Raised when any number changes, so that numbers that were kept are made anew."""

    @torch.no_grad()
    def __call__(self, boxes: Tensor) -> Tensor:
        """``(n, columns)`` float32 of boxes ``(n, d, h, w)``, on their device."""
        seen = Seen(boxes)
        if not len(boxes):  # torch 2.13's Fourier transform of no boxes is an error of MKL
            return seen.boxes.new_zeros((0, self.columns(seen.side)))
        return self.of(seen)

    @abstractmethod
    def of(self, seen: Seen) -> Tensor:
        """The same of one box or more, which other blocks look at too."""

    @abstractmethod
    def columns(self, side: int) -> int:
        """How many numbers a box of that side has."""
