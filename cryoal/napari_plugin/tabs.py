"""The pages of a review: cards, which boxes, threshold, map, next round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QTabBar, QToolButton

if TYPE_CHECKING:
    from typing import Final

    from qtpy.QtWidgets import QWidget

__all__ = ["CARDS", "PAGES", "Tabs"]

CARDS: Final = "cards"
PAGES: dict[str, tuple[str, str]] = {
    CARDS: ("Cards", "the boxes of the queue (Esc)"),
    "queues": ("Which boxes", "another queue, filters (Shift+Q)"),
    "threshold": ("Threshold", "how sure is sure enough, class by class (Shift+T)"),
    "map": ("Map", "boxes that look alike lie together (Shift+M)"),
    "rounds": ("Next round", "how far it is; train, ask, classify, audit, export (Shift+R)"),
}
"""Title and what is there, by the name of the action that turns to it."""


class Tabs(QTabBar):
    """A tab for each page; the keyboard stays where it is."""

    turned = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = list(PAGES)
        for title, about in PAGES.values():
            self.setTabToolTip(self.addTab(title), about)
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Pages of the review")
        for button in self.findChildren(QToolButton):  # where there is no room for all tabs
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName("More pages")
        self.tabBarClicked.connect(self._clicked)

    def _clicked(self, place: int) -> None:
        if place >= 0:  # not beside the tabs
            self.turned.emit(self._names[place])

    def show_page(self, name: str) -> None:
        """Mark the page that is on show."""
        self.setCurrentIndex(self._names.index(name))
