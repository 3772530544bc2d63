"""The review has the whole napari window until another widget of ours is wanted in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QTabBar

from cryoal.napari_plugin.class_panel import show_classes
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.review_dock import open_review_dock
from cryoal.napari_plugin.review_panel import ReviewPanel

if TYPE_CHECKING:
    import pytest
    from napari.viewer import Viewer
    from pytestqt.qtbot import QtBot
    from qtpy.QtWidgets import QWidget

    from cryoal.campaign import Campaign


def is_seen(widget: QWidget) -> bool:
    return bool(widget.isVisible() and not widget.visibleRegion().isEmpty())


def test_classes_beside_a_review_have_the_canvas_and_the_height_of_the_window(
    viewer: Viewer, qtbot: QtBot, campaign: Campaign, asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("napari.current_viewer", lambda: viewer)
    window = viewer.window._qt_window
    window.resize(1300, 900)
    desk_of(viewer).open(campaign.path)
    _, other = viewer.window.add_plugin_dock_widget("cryoal", "Next round")
    qtbot.waitUntil(lambda: is_seen(other))
    open_review_dock(viewer, campaign.path, "ana")
    (panel,) = window.findChildren(ReviewPanel)
    canvas = window.centralWidget()
    qtbot.waitUntil(canvas.isHidden, timeout=10_000)

    def there_and_back() -> None:
        classes = show_classes(viewer, "TS_01")
        qtbot.waitUntil(lambda: is_seen(canvas) and is_seen(classes))
        qtbot.waitUntil(lambda: classes.height() > window.height() / 2)
        qtbot.waitUntil(lambda: canvas.width() > window.width() / 3)
        qtbot.waitUntil(lambda: classes.scene.name == "TS_01", timeout=10_000)
        assert not is_seen(panel.review)
        (bar,) = (bar for bar in window.findChildren(QTabBar) if _place(bar, "Review boxes") >= 0)
        at = bar.tabRect(_place(bar, "Review boxes")).center()
        QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=at)
        qtbot.waitUntil(lambda: is_seen(panel.review) and canvas.isHidden())
        assert not classes.isVisible()

    there_and_back()  # made
    there_and_back()  # shown again


def _place(bar: QTabBar, name: str) -> int:
    return next((i for i in range(bar.count()) if bar.tabText(i).startswith(name)), -1)
