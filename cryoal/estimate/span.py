"""Numbers with the intervals that they lie in, and what sums and shares of them are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Span", "share_of", "sum_of"]


class Span(NamedTuple):
    """Values, and the lower and upper ends of their intervals, all of one shape."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def shifted(self, by: float) -> Span:
        """With a known number added."""
        return Span(self.value + by, self.low + by, self.high + by)

    def scaled(self, by: float) -> Span:
        """Times a known number that is not negative."""
        return Span(self.value * by, self.low * by, self.high * by)


def sum_of(a: Span, b: Span) -> Span:
    """The sum of two that are independent.

    How far each end is from the value is added as standard errors are, each end for itself (the
    "square-and-add" of Newcombe, 1998; Zou and Donner, 2008): what two intervals that are no
    symmetric ones become without a model of their distribution.
    """
    value = a.value + b.value
    low = value - np.hypot(a.value - a.low, b.value - b.low)
    high = value + np.hypot(a.high - a.value, b.high - b.value)
    return Span(value, low, high)


def share_of(a: Span, b: Span) -> Span:
    """The share a / (a + b) of two that are independent and not negative.

    The share is at least r where (1 - r) a - r b is at least 0; the ends are the r at which an end
    of that difference's interval (as of :func:`sum_of`) is 0 (Donner and Zou, 2012). Where nothing
    is known of either it is 0 to 1, and the value nan.
    """
    whole = a.value + b.value
    value = np.where(whole > 0, a.value / np.where(whole > 0, whole, 1.0), np.nan)
    low = _least(a.value, a.value - a.low, b.value, b.high - b.value)
    high = 1 - _least(b.value, b.value - b.low, a.value, a.high - a.value)
    return Span(value, low, high)


def _least(
    a: NDArray[np.float64],
    under: NDArray[np.float64],
    b: NDArray[np.float64],
    over: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The share r = x / (1 + x) where a - x b is as large as the distance of its lower end.

    That is (a - x b)^2 = under^2 + x^2 over^2 with a >= x b: a quadratic of which the smaller root
    is wanted, in the form that divides by nothing that can be 0 alone.
    """
    room = np.maximum(a**2 - under**2, 0.0)
    root = np.sqrt(np.maximum((a * over) ** 2 + under**2 * (b**2 - over**2), 0.0))
    whole = room + a * b + root
    return np.where(whole > 0, room / np.where(whole > 0, whole, 1.0), 0.0)
