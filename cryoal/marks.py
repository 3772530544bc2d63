"""How a class looks without its name: a shape and a colour that the colour-blind can tell apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JUNK", "OPEN", "UNSURE", "Mark", "class_mark", "ink_on", "mark_of", "marks_of"]

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Mark:
    """A filled polygon in a colour."""

    shape: str
    points: Points
    """Corners ``(x, y)`` in [-1, 1], y downwards."""
    colour: str
    """``#rrggbb``."""


def _regular(corners: int, turn: float = 0.0, radius: float = 1.0) -> Points:
    angles = [math.tau * (k / corners + turn) - math.pi / 2 for k in range(corners)]
    return tuple((round(radius * math.cos(a), 4), round(radius * math.sin(a), 4)) for a in angles)


def _star(tips: int, inner: float) -> Points:
    outer, middle = _regular(tips), _regular(tips, 0.5 / tips, inner)
    return tuple(corner for pair in zip(outer, middle, strict=True) for corner in pair)


_THIRD = 1 / 3
_CROSS: Points = (
    (-_THIRD, -1), (_THIRD, -1), (_THIRD, -_THIRD), (1, -_THIRD), (1, _THIRD), (_THIRD, _THIRD),
    (_THIRD, 1), (-_THIRD, 1), (-_THIRD, _THIRD), (-1, _THIRD), (-1, -_THIRD), (-_THIRD, -_THIRD),
)  # fmt: skip

_SHAPES: dict[str, Points] = {
    "circle": _regular(24, radius=0.9),
    "square": ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)),
    "triangle": _regular(3),
    "diamond": _regular(4),
    "cross": _CROSS,
    "star": _star(5, 0.45),
    "wedge": _regular(3, 0.5),
    "bar": ((-1, -0.4), (1, -0.4), (1, 0.4), (-1, 0.4)),
}

# Okabe and Ito (2008), without black and with a darker yellow, which white cards would swallow.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800")

JUNK = Mark("saltire", tuple((round(0.7071 * (x - y), 4), round(0.7071 * (x + y), 4))
                             for x, y in _CROSS), "#8a5a2b")  # fmt: skip
UNSURE = Mark("half", ((-0.9, -0.9), (0.9, -0.9), (-0.9, 0.9)), "#7a7f87")
OPEN = Mark("none", (), "#9aa0a6")


def class_mark(number: int) -> Mark:
    """The mark of the class in place `number`; the first 56 are all different."""
    shapes = list(_SHAPES)
    shape = shapes[number % len(shapes)]
    return Mark(shape, _SHAPES[shape], _COLOURS[number % len(_COLOURS)])


def mark_of(label: str, classes: Sequence[str], junk: str) -> Mark:
    """The mark of a class by its name; of junk, and of what is no class any more, the same."""
    return JUNK if label == junk or label not in classes else class_mark(classes.index(label))


def marks_of(classes: Sequence[str], junk: str) -> dict[str, Mark]:
    """The mark of each class, by its name."""
    return {name: mark_of(name, classes, junk) for name in classes}


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on `colour` (WCAG 2 contrast).

    Examples
    --------
    >>> ink_on("#0072b2"), ink_on("#e69f00")
    ('#ffffff', '#000000')
    """
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000000"
