"""What a file does not say, asked of the one who opens it; without a window it is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
from qtpy.QtWidgets import QInputDialog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QWidget

__all__ = ["ask_choice", "ask_number"]

TITLE = "cryoal"


def ask_number(line: str, default: float) -> float | None:
    """A number above 0; None where it is not told or there is no window to ask in."""
    parent = _window()
    if parent is None:
        return None
    value, is_told = QInputDialog.getDouble(parent, TITLE, line, default, 1e-4, 1e6, 4)
    return float(value) if is_told else None


def ask_choice(line: str, choices: Sequence[str]) -> str | None:
    """One of `choices`; None where none is meant or there is no window to ask in."""
    parent = _window()
    if parent is None or not choices:
        return None
    value, is_told = QInputDialog.getItem(parent, TITLE, line, list(choices), 0, False)
    return str(value) if is_told else None


def _window() -> QWidget | None:
    viewer = napari.current_viewer()
    window = None if viewer is None else getattr(viewer, "window", None)
    return None if window is None else window._qt_window
