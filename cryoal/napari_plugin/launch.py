"""A napari window with a review, or with the classes of boxes, in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
from napari.qt.threading import WorkerBase
from qtpy.QtWidgets import QApplication

from cryoal.napari_plugin.class_panel import show_classes
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.review_widget import ReviewWidget

if TYPE_CHECKING:
    from pathlib import Path

    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

    from cryoal.review.session import Session

__all__ = ["add_review", "open_review", "open_view"]

WANTED = (1280, 800)  # pixels: five by four cards and the focus card


def open_review(session: Session) -> None:
    """Open a window for `session`; returns when it has been closed.

    Nothing is saved on closing, as every key press is on the disk before it shows.
    """
    viewer = napari.Viewer(
        title=f"cryoal review: {session.campaign.typed}", show=False, show_welcome_screen=False
    )
    widget = add_review(viewer, session)
    _run(viewer, widget)


def open_view(path: Path, tomogram: str, *, with_text: bool = False, in_3d: bool = False) -> None:
    """Open a window with `tomogram` and its boxes by class; returns when it has been closed."""
    viewer = napari.Viewer(title=f"cryoal view: {path}", show=False, show_welcome_screen=False)
    desk_of(viewer).open(path)
    panel = show_classes(viewer, tomogram)
    panel.text.setChecked(with_text)
    panel.in_3d.setChecked(in_3d)
    _run(viewer, panel)


def _run(viewer: Viewer, widget: QWidget) -> None:
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
        WorkerBase.await_workers()  # one that this has begun: its signals go with the window


def add_review(viewer: Viewer, session: Session) -> ReviewWidget:
    """Dock the review of `session` in `viewer`, with the whole window to itself."""
    widget = ReviewWidget(session, viewer, fills_window=True)
    viewer.window.add_dock_widget(widget, name="cryoal review", area="right")
    return widget
