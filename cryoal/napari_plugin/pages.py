"""The pages of a review in one place; each is made when it is first turned to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from cryoal.napari_plugin.tabs import CARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Pages"]


class Pages(QStackedWidget):
    """Shows one page; those beside the cards can be scrolled where the window is small."""

    def __init__(
        self,
        cards: QWidget,
        makers: Mapping[str, Callable[[], QWidget]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._makers = makers
        self._places = {CARDS: self.addWidget(cards)}
        self.made: dict[str, QWidget] = {}
        self.name = CARDS

    def turn(self, name: str) -> QWidget | None:
        """Show a page; it, or None for the cards."""
        if name not in self._places:
            page = self.made[name] = self._makers[name]()
            frame = QScrollArea()
            frame.setWidgetResizable(True)
            frame.setFrameShape(QFrame.Shape.NoFrame)
            frame.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes to what is in it
            frame.setWidget(page)
            self._places[name] = self.addWidget(frame)
        self.name = name
        self.setCurrentIndex(self._places[name])
        return self.made.get(name)
