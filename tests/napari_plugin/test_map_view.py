from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QPolygonF, QWheelEvent
from qtpy.QtWidgets import QApplication

from cryoal.napari_plugin.map_view import MapView, inside
from cryoal.napari_plugin.point_cloud import Colouring, argb

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
K = Qt.Key


@pytest.fixture
def view(qtbot: QtBot) -> MapView:
    """Nine points in three rows of three."""
    view = MapView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    steps = np.array([0.2, 0.5, 0.8], np.float32)
    view.show_points(np.array([(x, y) for y in steps for x in steps], np.float32))
    view.show()
    qtbot.waitExposed(view)
    view.repaint()
    return view


def pixel(view: MapView, point: int) -> QPoint:
    x, y = view._frame.pixels(view._xy)[point].tolist()
    return QPoint(round(x), round(y))


def drag(view: MapView, qtbot: QtBot, corners: list[QPoint]) -> None:
    qtbot.mousePress(view, LEFT, pos=corners[0])
    for corner in corners[1:]:
        qtbot.mouseMove(view, pos=corner)
    qtbot.mouseRelease(view, LEFT, pos=corners[-1])


def test_a_line_around_points_tells_of_those_inside_it(view: MapView, qtbot: QtBot) -> None:
    found: list[NDArray[np.int64]] = []
    view.lassoed.connect(found.append)
    low, high = pixel(view, 3), pixel(view, 7)  # the last two rows, the first two columns
    out = 20
    drag(view, qtbot, [
        QPoint(low.x() - out, low.y() - out), QPoint(high.x() + out, low.y() - out),
        QPoint(high.x() + out, high.y() + out), QPoint(low.x() - out, high.y() + out),
    ])  # fmt: skip
    assert [points.tolist() for points in found] == [[3, 4, 6, 7]]


def test_a_line_around_nothing_and_a_click_beside_every_point_tell_nothing(
    view: MapView, qtbot: QtBot
) -> None:
    told: list[object] = []
    view.lassoed.connect(told.append)
    view.picked.connect(told.append)
    corner = QPoint(2, 2)
    drag(view, qtbot, [corner, QPoint(12, 2), QPoint(12, 12)])
    qtbot.mouseClick(view, LEFT, pos=corner)
    assert told == []


def test_a_click_rings_the_point_and_arrows_go_on_from_it(view: MapView, qtbot: QtBot) -> None:
    told: list[int] = []
    view.picked.connect(told.append)
    qtbot.mouseClick(view, LEFT, pos=pixel(view, 4))
    for key in (K.Key_Right, K.Key_Up, K.Key_Left, K.Key_Left, K.Key_Left):
        qtbot.keyClick(view, key)
    assert told == [4, 5, 2, 1, 0]
    assert view.current == 0
    entered: list[int] = []
    view.entered.connect(entered.append)
    qtbot.keyClick(view, K.Key_Return)
    assert entered == [0]


def test_the_wheel_zooms_where_the_mouse_is_and_home_shows_all_again(
    view: MapView, qtbot: QtBot
) -> None:
    before = view._frame
    at = pixel(view, 8)
    for _ in range(8):
        wheel = QWheelEvent(
            QPointF(at), QPointF(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view, wheel)
    assert (pixel(view, 8) - at).manhattanLength() <= 5  # half a pixel, four times as large
    assert not view.rect().contains(pixel(view, 0))
    view.ring(0)  # the point of a card comes into sight
    assert view.rect().contains(pixel(view, 0))
    qtbot.keyClick(view, K.Key_Home)
    assert view._frame == before


def test_a_coloured_point_has_its_colour_and_the_legend_its_number(view: MapView) -> None:
    kind = np.array([0, 0, 1, -1, -1, -1, -1, -1, 0], np.int16)
    table = np.array([argb("#ff0000"), argb("#0000ff"), argb("#888888")], np.uint32)
    view.colour(Colouring(table[kind], kind, ("a", "b", "none of it")), {})
    image = view.grab().toImage()
    ratio = image.devicePixelRatio()
    for point, colour in ((0, "#ff0000"), (2, "#0000ff"), (4, "#888888")):
        at = pixel(view, point)
        assert image.pixelColor(int(at.x() * ratio), int(at.y() * ratio)).name() == colour
    assert [(name, colour.name(), n) for name, colour, n in view.legend()] == [
        ("a", "#ff0000", 3), ("b", "#0000ff", 1),
    ]  # fmt: skip


def test_a_million_points_are_lassoed_to_a_pixel(qapp: QApplication) -> None:
    pixels = (500 * np.random.default_rng(0).random((1_000_000, 2))).astype(np.float32)
    line = QPolygonF([QPointF(100, 100), QPointF(300, 100), QPointF(300, 200), QPointF(100, 200)])
    found = inside(line, pixels, 500, 500)
    x, y = pixels.T
    expected = np.flatnonzero((x >= 100) & (x < 300) & (y >= 100) & (y < 200))
    np.testing.assert_array_equal(found, expected)
