"""The few colours that everything is drawn with, taken from napari's theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtGui import QColor, QPalette

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["Paper"]


@dataclass(frozen=True)
class Paper:
    """Colours of the ground and of what stands on it."""

    ground: QColor
    card: QColor
    chosen: QColor
    """Ground of a card that is selected."""
    ink: QColor
    faint: QColor
    """Ink of what matters less."""
    line: QColor

    @classmethod
    def of(cls, widget: QWidget) -> Paper:
        """Those of the theme that `widget` has: style sheets set the palette as well."""
        palette = widget.palette()
        ground = palette.color(QPalette.ColorRole.Window)
        return cls.on(ground, palette.color(QPalette.ColorRole.WindowText))

    @classmethod
    def on(cls, ground: QColor, ink: QColor) -> Paper:
        """Mixtures of two colours."""
        return cls(
            ground=ground,
            card=_between(ground, ink, 0.07),
            chosen=_between(ground, ink, 0.22),
            ink=ink,
            faint=_between(ground, ink, 0.65),
            line=_between(ground, ink, 0.25),
        )


def _between(first: QColor, second: QColor, share: float) -> QColor:
    a, b = first.getRgb()[:3], second.getRgb()[:3]
    return QColor(*(round(x + share * (y - x)) for x, y in zip(a, b, strict=True)))
