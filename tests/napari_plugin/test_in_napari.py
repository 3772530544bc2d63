"""The review in a real napari window, driven by key presses."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt

from cryoal.campaign.map_file import STEPS, Kept, write_kept
from cryoal.data.events import Answer
from cryoal.data.tomogram import nearest_voxel
from cryoal.napari_plugin.point_cloud import Frame
from tests.campaign.predicted import write_predictions
from tests.napari_plugin.conftest import has_keyboard

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from pytestqt.qtbot import QtBot

    from cryoal.campaign import Campaign
    from cryoal.data.events import Event
    from cryoal.napari_plugin.review_widget import ReviewWidget
    from cryoal.testing.phantoms import PhantomFiles

    Journal: TypeAlias = Callable[[], list[Event]]

K = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


def open_context(review: ReviewWidget, qtbot: QtBot) -> None:
    qtbot.keyClick(review, "g")
    assert review.context is not None
    qtbot.waitUntil(lambda: review.context.is_open, timeout=10_000)


def looked_at(viewer: Viewer) -> tuple[object, ...]:
    camera, dims = viewer.scene.camera, viewer.dims
    return camera.center, camera.zoom, dims.point, dims.thickness, dims.order, dims.ndisplay


def test_digits_label_and_do_not_reach_the_layers(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot, asked: list[str], journal: Journal
) -> None:
    points = viewer.add_points(np.zeros((1, 3)))
    points.mode, points.selected_data = "pan_zoom", {0}
    docked.setFocus()
    step, ndisplay = viewer.dims.current_step, viewer.dims.ndisplay
    for key in ("1", "2", "3", "v", "x", K.Key_Left, K.Key_Right, K.Key_Space):
        qtbot.keyClick(docked, key)
    assert [e.label for e in journal() if isinstance(e, Answer)] == ["ring", "rod", "background"]
    assert len(points.data) == 1  # 1 deletes the selected points
    assert (points.mode, points.visible) == ("pan_zoom", True)
    assert (viewer.dims.current_step, viewer.dims.ndisplay) == (step, ndisplay)


def test_the_review_fills_the_window_until_a_tomogram_is_shown(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot
) -> None:
    canvas = docked.window().centralWidget()
    qtbot.waitUntil(canvas.isHidden)
    qtbot.waitUntil(lambda: docked.gallery.grid.page == 20)
    open_context(docked, qtbot)
    qtbot.waitUntil(canvas.isVisible)
    assert not docked.gallery.isVisible()
    assert docked.focus_card.isVisible()
    qtbot.keyClick(docked, "b")
    qtbot.waitUntil(canvas.isHidden)
    assert docked.gallery.isVisible()
    assert has_keyboard(docked)


def test_g_goes_to_the_box_and_b_puts_everything_back(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot
) -> None:
    mine = viewer.add_image(np.random.default_rng(0).random((12, 20, 30)), name="mine")
    hidden = viewer.add_image(np.zeros((12, 20, 30)), name="hidden", visible=False)
    viewer.layers.selection = {hidden}
    viewer.dims.set_point(0, 7)
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 8, 9), 3.5
    before = looked_at(viewer)
    docked.setFocus()
    open_context(docked, qtbot)
    assert not mine.visible

    session = docked.session
    item, pool = session.queue.items[0], session.campaign.pool
    spacing, box = pool.voxel_spacing, pool.box
    centre = nearest_voxel(np.array(item.position_zyx_angstrom), spacing)
    image, others, frame = viewer.layers[-3:]
    # The outline runs along the faces of the box: half a voxel beyond its first and last voxel.
    corners = np.concatenate(frame.data)
    np.testing.assert_allclose(corners.min(axis=0), centre - box // 2 - (0, 0.5, 0.5))
    np.testing.assert_allclose(corners.max(axis=0), centre + box // 2 - 1 + (0, 0.5, 0.5))
    for layer in (image, others, frame):
        np.testing.assert_allclose(layer.scale, spacing)
        np.testing.assert_allclose(layer.translate, 0)
    np.testing.assert_allclose(viewer.dims.point[-3], centre[0] * spacing)
    middle = (centre[1:] - 0.5) * spacing  # box // 2 voxels before the centre, box // 2 - 1 after
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], middle)
    in_view = 6 * box * spacing  # angstrom along the shorter side
    qtbot.waitUntil(
        lambda: viewer.scene.camera.zoom == pytest.approx(min(viewer.canvas.size) / in_view)
    )
    # What napari draws at the centre is what the box has there.
    drawn = np.asarray(image.data[tuple(centre)])
    raw = pool.read(np.array([item.row]))[0]
    assert float(drawn) == float(raw[(box // 2,) * 3])
    # The slab is five sections about the centre.
    section = np.asarray(image.data[centre[0] - 2 : centre[0] + 3]).mean(axis=0)
    np.testing.assert_allclose(image._slice.image.raw, section, rtol=1e-5)

    qtbot.keyClick(docked, "b")
    for then, now in zip(before, looked_at(viewer), strict=True):
        np.testing.assert_allclose(now, then)
    assert list(viewer.layers) == [mine, hidden]
    assert (mine.visible, hidden.visible) == (True, False)
    assert viewer.layers.selection == {hidden}
    assert has_keyboard(docked)


def test_keys_go_on_labelling_in_the_tomogram_and_the_next_box_comes(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot, journal: Journal
) -> None:
    qtbot.keyClick(docked, "g")
    qtbot.keyClick(docked, "1")  # while the file is being opened
    qtbot.waitUntil(lambda: docked.context.is_open, timeout=10_000)
    qtbot.keyClick(docked, "2")
    spacing = docked.session.campaign.pool.voxel_spacing
    place = nearest_voxel(np.array(docked.session.queue.items[2].position_zyx_angstrom), spacing)
    np.testing.assert_allclose(viewer.dims.point[-3], place[0] * spacing)
    qtbot.keyClick(docked, ".")
    np.testing.assert_allclose(viewer.dims.point[-3], (place[0] + 1) * spacing)
    assert [event.label for event in journal()] == ["ring", "rod"]
    assert len(viewer.layers) == 3


def test_keys_are_the_reviews_though_the_canvas_was_clicked(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot, journal: Journal
) -> None:
    open_context(docked, qtbot)
    canvas = viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    qtbot.waitUntil(lambda: has_keyboard(canvas))
    qtbot.keyClick(canvas, "1")
    qtbot.keyClick(canvas, K.Key_B)
    assert [event.label for event in journal()] == ["ring"]
    assert not docked.context.is_open
    assert has_keyboard(docked)


def test_every_box_of_another_tomogram_opens_its_own_file(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot
) -> None:
    items = docked.session.queue.items
    other = next(i for i, item in enumerate(items) if item.tomogram != items[0].tomogram)
    open_context(docked, qtbot)
    assert viewer.layers[0].name == items[0].tomogram
    docked._choose(other, False)
    qtbot.waitUntil(lambda: viewer.layers[0].name == items[other].tomogram, timeout=10_000)
    assert len(viewer.layers) == 3
    docked._choose(0, False)  # still open: no waiting
    assert viewer.layers[0].name == items[0].tomogram


def test_a_tomogram_that_has_moved_is_one_line_and_the_review_goes_on(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot, journal: Journal,
    phantoms: PhantomFiles,
) -> None:  # fmt: skip
    item = docked.session.queue.items[0]
    path = next(p for p in phantoms.tomograms if p.stem == item.tomogram)
    aside = path.with_suffix(".aside")
    shutil.move(path, aside)
    try:
        qtbot.keyClick(docked, "g")
        qtbot.waitUntil(lambda: "goes on without" in docked.head.message.text(), timeout=10_000)
    finally:
        shutil.move(aside, path)
    text = docked.head.message.text()
    assert text == (
        f"expected the tomogram {item.tomogram} as before, found no file {path}; if it has moved: "
        f"cryoal relocate {docked.session.campaign.path} FOLDER; the review goes on without context"
    )
    assert not viewer.layers
    qtbot.keyClick(docked, "1")
    assert [event.label for event in journal()] == ["ring"]
    open_context(docked, qtbot)  # it is back


def test_closing_the_window_loses_no_press(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot, asked: list[str], journal: Journal,
    campaign: Campaign,
) -> None:  # fmt: skip
    for key in "12f3uz":
        qtbot.keyClick(docked, key)
    qtbot.keyClick(docked, "g")  # the file is still being opened
    viewer.close()
    standing = type(campaign).open(campaign.path).standing()
    assert standing.labelled == {asked[0]: "ring", asked[1]: "rod", asked[2]: "background"}
    assert len(journal()) == 6
    qtbot.wait(50)


def test_a_window_that_stays_open_after_all_goes_on_with_the_review(
    docked: ReviewWidget, qtbot: QtBot
) -> None:
    open_context(docked, qtbot)
    docked.eventFilter(docked.window(), QEvent(QEvent.Type.Close))  # napari asks: no
    qtbot.waitUntil(docked.gallery.isVisible)
    assert docked.window().centralWidget().isHidden()
    open_context(docked, qtbot)


def test_closing_the_dock_gives_the_canvas_its_place_back(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot
) -> None:
    canvas = docked.window().centralWidget()
    qtbot.waitUntil(canvas.isHidden)
    viewer.window.remove_dock_widget(docked)
    assert not canvas.isHidden()


def test_boxes_around_are_drawn_by_predicted_class(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot, campaign: Campaign
) -> None:
    keys, classes = campaign.pool.keys.tolist(), campaign.config.classes
    rows = [
        f"{key},{classes[i % 3]},{','.join('0.8' if c == i % 3 else '0.1' for c in range(3))},"
        for i, key in enumerate(keys)
    ]
    table = ["key,class," + ",".join(f"p_{name}" for name in classes) + ",disagreement", *rows]
    (campaign.path / "predictions.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    open_context(docked, qtbot)
    others = viewer.layers["other boxes"]
    item = docked.session.queue.items[0]
    same = [k for k in keys if k.startswith(item.tomogram)]
    assert others.shown.tolist() == [key != item.key for key in same]
    assert others.features["key"].tolist() == same
    assert others.features["class"].tolist() == [classes[keys.index(key) % 3] for key in same]
    rows_of_same = campaign.pool.index(same)
    np.testing.assert_allclose(
        others.data * others.scale, campaign.pool.position_zyx_angstrom[rows_of_same]
    )
    shapes = {str(s) for s, c in zip(others.symbol, others.features["class"], strict=True)
              if c == "ring"}  # fmt: skip
    assert shapes == {"disc"}
    assert len({str(symbol) for symbol in others.symbol}) == 3


def test_the_menu_opens_a_form_that_becomes_the_review(
    viewer: Viewer, qtbot: QtBot, campaign: Campaign, asked: list[str], journal: Journal
) -> None:
    dock, panel = viewer.window.add_plugin_dock_widget("cryoal", "Review boxes")
    panel.form.folder.setText(str(campaign.path))
    panel.form.annotator.setText("ana")
    qtbot.mouseClick(panel.form.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.review is not None, timeout=10_000)
    viewer.window._qt_window.activateWindow()
    panel.review.setFocus()
    qtbot.waitUntil(lambda: has_keyboard(panel.review))
    first = panel.review.session.queue.items[0].key
    qtbot.keyClick(panel.review, "1")
    assert [event.key for event in journal()] == [first]
    assert dock.isVisible()


def test_another_queue_a_lasso_and_the_next_command_need_no_other_window(
    docked: ReviewWidget, viewer: Viewer, qtbot: QtBot, journal: Journal, campaign: Campaign
) -> None:
    n, rows = len(campaign.pool), np.arange(len(campaign.pool))
    write_predictions(campaign, [[0.8 if c == i % 3 else 0.1 for c in range(3)] for i in rows])
    xy = np.stack([rows % 6, rows // 6], axis=1) * (STEPS // 6)
    write_kept(campaign.path, Kept("descriptors", 0, n, n, {}, rows, xy))
    # another queue, by keys alone
    qtbot.keyClick(docked, K.Key_Q, SHIFT)
    page = docked.pages.made["queues"]
    qtbot.waitUntil(lambda: page.queues.count() > 0, timeout=10_000)
    while not page.queues.currentItem().text().startswith("class rod"):
        qtbot.keyClick(page.queues, K.Key_Down)
    qtbot.keyClick(page.queues, K.Key_Return)
    qtbot.waitUntil(lambda: docked.session.queue.name == "class:rod", timeout=10_000)
    qtbot.keyClick(docked, "2")
    assert [event.label for event in journal()] == ["rod"]
    # a line around the upper left corner of the map
    qtbot.keyClick(docked, K.Key_M, SHIFT)
    chart = docked.pages.made["map"]
    qtbot.waitUntil(lambda: bool(chart.view.legend()), timeout=10_000)
    view = chart.view
    qtbot.waitUntil(lambda: view._frame == Frame.around(view.width(), view.height()))
    view.repaint()
    low, high = view._frame.pixels(np.array([[-0.05, -0.05], [0.25, 0.25]], np.float32)).tolist()
    corners = [QPoint(*map(round, c)) for c in (low, (high[0], low[1]), high, (low[0], high[1]))]
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in corners[1:]:
        qtbot.mouseMove(view, pos=corner)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corners[-1])
    qtbot.waitUntil(lambda: docked.session.queue.kind == "keys", timeout=10_000)
    inside = [0, 1, 6, 7]
    answered = campaign.pool.index([journal()[0].key]).tolist()
    expected = {str(campaign.pool.keys[row]) for row in inside if row not in answered}
    qtbot.waitUntil(lambda: has_keyboard(docked))
    qtbot.keyClick(docked, "j")
    assert {event.key for event in journal()[1:]} == expected
    # the last box has an answer: the next round is there, and its command runs beside the window
    assert docked.pages.name == "rounds"
    rounds = docked.pages.made["rounds"]
    qtbot.waitUntil(rounds.buttons["audit"].isEnabled, timeout=10_000)
    ended = []
    docked.job.ended.connect(ended.append)
    rounds.buttons["audit"].click()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert (ended[0].kind, ended[0].command.split()[:2]) == ("done", ["cryoal", "audit"])
    qtbot.keyClick(docked, K.Key_Q, SHIFT)
    qtbot.waitUntil(
        lambda: any(page.queues.item(k).text().startswith("audit  ") and "open" in
                    page.queues.item(k).text() for k in range(page.queues.count())),
        timeout=10_000,
    )  # fmt: skip
    qtbot.keyClick(page.queues, K.Key_Escape)
    assert docked.gallery.isVisible()
