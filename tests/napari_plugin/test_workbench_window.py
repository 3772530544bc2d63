"""Starting a campaign in a real napari window: files are dropped, keys typed, a command runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt

from cryoal.campaign import Campaign
from cryoal.napari_plugin import sample_campaign
from cryoal.napari_plugin.desk import desk_of
from cryoal.napari_plugin.review_panel import ReviewPanel
from cryoal.napari_plugin.sample_campaign import N_ASKED, make_sample
from cryoal.review.queue import make_queue

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from napari.viewer import Viewer
    from pytestqt.qtbot import QtBot

    from cryoal.testing.phantoms import PhantomFiles

LEFT = Qt.MouseButton.LeftButton


def test_a_campaign_is_started_and_looked_at_without_leaving_the_window(
    viewer: Viewer, qtbot: QtBot, phantoms: PhantomFiles, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("napari.current_viewer", lambda: viewer)
    viewer.window._qt_window.resize(1300, 900)
    # picks come before their tomogram, and with it
    viewer.open([phantoms.picks, phantoms.tomograms[0]], plugin="cryoal")
    assert [layer.name for layer in viewer.layers] == ["TS_01", "picks of TS_01"]
    _, start = viewer.window.add_plugin_dock_widget("cryoal", "Start a campaign")
    qtbot.keyClicks(start.folder, str(tmp_path / "new"))
    qtbot.keyClicks(start.classes, "ring, rod, background")
    start.box.setValue(8)
    qtbot.mouseClick(start.draw, LEFT)
    with qtbot.waitSignal(start.job.ended, timeout=60_000):
        qtbot.mouseClick(start.start, LEFT)
    assert start.message.text() == "added; next: the widget 'Next round'"
    assert "box of a new campaign" not in viewer.layers
    _, table = viewer.window.add_plugin_dock_widget("cryoal", "Tomograms")
    assert table.model.rowCount() == 1
    table.view.clicked.emit(table.view.model().index(0, 0))
    panel = desk_of(viewer).class_panel
    qtbot.waitUntil(lambda: panel.scene.name == "TS_01", timeout=10_000)
    assert panel.count.text() == "18 boxes of TS_01 shown"
    # a click in the canvas chooses the box that is drawn there, in two dimensions and in three
    row = 3
    world = panel.scene.points.data[row] * 10.0
    for is_3d in (False, True):
        panel.in_3d.setChecked(is_3d)
        viewer.dims.set_point(0, world[0])
        viewer.scene.camera.center = tuple(world)
        qtbot.wait(50)
        canvas = viewer.window._qt_viewer.canvas.native
        qtbot.mouseMove(canvas, canvas.rect().center())
        qtbot.mouseClick(canvas, LEFT, pos=canvas.rect().center())
        qtbot.waitUntil(lambda: panel.scene.rows == [row])
        panel.scene.choose([])
    np.testing.assert_allclose(panel.scene.points.scale, 10.0)
    # closed by the user, it comes back with the next click in the table
    viewer.window.remove_dock_widget(panel)
    table.view.clicked.emit(table.view.model().index(0, 0))
    again = desk_of(viewer).class_panel
    assert again is not panel
    qtbot.waitUntil(lambda: again.scene.name == "TS_01", timeout=10_000)
    assert [layer.name for layer in viewer.layers].count("boxes of TS_01") == 1


def test_the_sample_opens_its_review(
    viewer: Viewer, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari.current_viewer", lambda: viewer)
    monkeypatch.setattr(sample_campaign.tempfile, "mkdtemp", lambda **_: str(tmp_path))
    viewer.open_sample("cryoal", "campaign")
    assert [layer.name for layer in viewer.layers][:2] == ["TS_01", "picks of TS_01"]
    (panel,) = viewer.window._qt_window.findChildren(ReviewPanel)
    qtbot.waitUntil(lambda: panel.review is not None, timeout=10_000)
    assert panel.review.session.campaign.path == desk_of(viewer).campaign.path
    qtbot.waitUntil(viewer.window._qt_window.centralWidget().isHidden)  # the review has the room


def test_the_sample_campaign_can_be_reviewed_at_once(tmp_path: Path) -> None:
    campaign = Campaign.open(make_sample(tmp_path / "phantom"))
    queue = make_queue(campaign, "ana")
    assert len({item.key for item in queue.items}) == N_ASKED
    assert len(campaign.pool.tomograms) == 2
