"""Opens the review of a campaign beside the other widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from napari.viewer import Viewer

__all__ = ["open_review_dock"]

WIDGET = "Review boxes"


def open_review_dock(viewer: Viewer, path: Path, annotator: str) -> None:
    """The review of the last query of the campaign in `path`, in the dock of its menu entry."""
    dock, panel = viewer.window.add_plugin_dock_widget("cryoal", WIDGET)
    if panel.review is not None:  # another one, which is over or is about another campaign
        viewer.window.remove_dock_widget(dock)
        dock, panel = viewer.window.add_plugin_dock_widget("cryoal", WIDGET)
    dock.show()
    panel.form.folder.setText(str(path))
    panel.form.annotator.setText(annotator)
    panel.form.start.click()
