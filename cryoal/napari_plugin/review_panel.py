"""The widget in napari's plugin menu: a form, then the review."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cryoal.errors import CryoALError
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.opening import Opener
from cryoal.napari_plugin.review_widget import ReviewWidget
from cryoal.napari_plugin.start_form import StartForm

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from cryoal.napari_plugin.opening import Request
    from cryoal.napari_plugin.start_form import Start
    from cryoal.review.session import Session

__all__ = ["ReviewPanel"]


class ReviewPanel(QWidget):
    """Asks which boxes of which campaign, opens it beside the main thread, then shows it."""

    def __init__(self, napari_viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = napari_viewer
        self.review: ReviewWidget | None = None
        self.form = StartForm()
        self._opener = Opener(self)
        self._opener.opened.connect(self._opened)
        self._opener.failed.connect(self.form.say)
        self._desk = desk_of(napari_viewer)
        path = self._desk.campaign_path  # of the other widgets
        if path is not None:
            self.form.folder.setText(str(path))
        self.form.started.connect(self.open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.form)
        layout.addStretch(1)
        self.setMinimumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def open(self, start: Start) -> None:
        """Open the campaign that the form names."""
        self.form.say(f"opening {start.folder} ...", is_busy=True)
        self._opener.open(start.folder, start.annotator, start.wanted)

    def _opened(self, result: Session, wanted: Request) -> None:
        """The review takes the place of the form."""
        self._share(result)
        layout = self.layout()
        while layout.count():
            layout.takeAt(0)
        self.form.hide()
        # With layers of the user's own in it the canvas stays where it is.
        fills_window = all(map(_is_ours, self._viewer.layers))
        self.review = ReviewWidget(result, self._viewer, fills_window=fills_window)
        layout.addWidget(self.review)
        self.review.setFocus()

    def _share(self, session: Session) -> None:
        """Have the other widgets follow this campaign too."""
        with suppress(CryoALError, OSError):  # they say so themselves when they are looked at
            self._desk.annotator = session.annotator
            if self._desk.campaign is None or self._desk.campaign.path != session.campaign.path:
                self._desk.open(session.campaign.typed)


def _is_ours(layer: Layer) -> bool:
    """Whether cryoal put the layer there: a tomogram, picks, boxes of a campaign."""
    return any(str(key).startswith("cryoal_") for key in layer.metadata)
