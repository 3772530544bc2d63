"""A napari window with a review in it, for ``cryoal review``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
from napari.qt.threading import WorkerBase
from qtpy.QtWidgets import QApplication

from cryoal.napari_plugin.review_widget import ReviewWidget

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from cryoal.review.session import Session

__all__ = ["add_review", "open_review"]

WANTED = (1280, 800)  # pixels: five by four cards and the focus card


def open_review(session: Session) -> None:
    """Open a window for `session`; returns when it has been closed.

    Nothing is saved on closing, as every key press is on the disk before it shows.
    """
    viewer = napari.Viewer(
        title=f"cryoal review: {session.campaign.typed}", show=False, show_welcome_screen=False
    )
    widget = add_review(viewer, session)
    viewer.show()  # which gives the window the size that it had last
    window = widget.window()
    screen = window.screen().availableSize()
    if window.width() < WANTED[0] or window.height() < WANTED[1]:
        window.resize(min(WANTED[0], screen.width()), min(WANTED[1], screen.height()))
    window.activateWindow()  # the first key is the review's
    try:
        napari.run()
    finally:  # Ctrl-C in the terminal ends it too
        WorkerBase.await_workers()  # one that was asked for just before the end
        QApplication.processEvents()  # hands over what it opened, to be closed


def add_review(viewer: Viewer, session: Session) -> ReviewWidget:
    """Dock the review of `session` in `viewer`, with the whole window to itself."""
    widget = ReviewWidget(session, viewer, fills_window=True)
    viewer.window.add_dock_widget(widget, name="cryoal review", area="right")
    return widget
