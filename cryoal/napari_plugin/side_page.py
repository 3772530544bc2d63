"""What the pages beside the cards have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from cryoal.napari_plugin.overviews import Known
    from cryoal.review.session import Session

__all__ = ["SidePage"]


class SidePage(QWidget):
    """A page that shows the campaign; what is to be done about it is told."""

    asked = Signal(object)
    """A :class:`~cryoal.napari_plugin.opening.Request`: these boxes are to be reviewed."""
    ordered = Signal(object)
    """The words of a command to start: ``("map",)``."""
    said = Signal(str)
    """One line for the annotator."""
    went = Signal(int)
    """The number of a box of the queue to go to."""

    def come(self, session: Session, known: Known | None) -> None:
        """The page was turned to: show how things stand, and take the keyboard."""
        raise NotImplementedError

    def show_known(self, known: Known) -> None:
        """The campaign has changed while the page is on show."""
        raise NotImplementedError
