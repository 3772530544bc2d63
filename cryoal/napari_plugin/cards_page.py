"""The boxes of a queue: the gallery and the box in front."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QWidget

from cryoal.errors import CryoALError
from cryoal.napari_plugin.boxes import Boxes
from cryoal.napari_plugin.focus import Focus
from cryoal.napari_plugin.gallery import Gallery
from cryoal.napari_plugin.look import look_of
from cryoal.napari_plugin.tile_loader import TileLoader
from cryoal.review.view import View

if TYPE_CHECKING:
    from cryoal.review.session import Session

__all__ = ["CardsPage"]


class CardsPage(QWidget):
    """Draws a session; what keys do is for others."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.view = View()
        self.boxes = Boxes(session.campaign.pool)
        self.tiles = TileLoader(session.campaign, self)
        self.tiles.came.connect(self.draw)
        self.gallery = Gallery(session, self.boxes, self.tiles)
        self.focus_card = Focus()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.gallery, 5)
        layout.addWidget(self.focus_card, 1)

    def begin(self, session: Session) -> None:
        """Another queue takes the place of this one; its pool may have more boxes."""
        self.session = session
        self.boxes = Boxes(session.campaign.pool)
        self.tiles.close()
        self.tiles = TileLoader(session.campaign, self)
        self.tiles.came.connect(self.draw)
        self.gallery.begin(session, self.boxes, self.tiles)
        self.view = replace(self.view, depth=0)

    def deepen(self, steps: int) -> int:
        """Go through the box in front; the depth then."""
        half = self.session.campaign.pool.box // 2
        depth = min(max(self.view.depth + steps, -half), half - 1)
        self.view = replace(self.view, depth=depth)
        return depth

    def draw(self) -> str:
        """Draw the cards and the box in front, with the tiles that are there; what went wrong."""
        self.gallery.view = replace(self.view, depth=0)
        self.gallery.update()
        try:
            look = look_of(self.session, self.boxes, self.tiles, self.view)
        except (CryoALError, OSError) as error:
            return str(error)
        self.focus_card.show_look(look)
        return ""
