"""From an empty folder to an exported STAR file in napari alone, driven by keys and mouse.

    xvfb-run -a -s "-screen 0 1600x1000x24" python -m tests.napari_plugin.whole_path DATA OUT

DATA is a folder with the microtubule of cylindra (13pf_MT.mrc, picks, truth); OUT gets the
campaign, the STAR file and pictures of the window. Answers come from the truth. It takes some
minutes, so it is no part of CI.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from napari._qt.widgets.qt_command_palette import QCommandPalette
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from cryoal.io.star import read_star
from cryoal.napari_plugin.class_panel import ClassPanel
from cryoal.napari_plugin.next_panel import NextPanel
from cryoal.napari_plugin.review_widget import ReviewWidget
from cryoal.napari_plugin.start_panel import StartPanel
from cryoal.napari_plugin.tomogram_table import TomogramsPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

CLASSES = ("wall", "lumen", "background")
SIZE = (1500, 940)
PATIENCE = 240.0  # seconds for a command
LEFT = Qt.MouseButton.LeftButton


class Hands:
    """Eyes and hands of a user of one napari window."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.viewer = napari.Viewer(show=True)
        self.window = self.viewer.window._qt_window
        self.window.resize(*SIZE)
        self.began = time.monotonic()

    def wait(self, until: Callable[[], bool], seconds: float = 20.0, what: str = "") -> None:
        end = time.monotonic() + seconds
        while not until():
            QApplication.processEvents()
            time.sleep(0.01)
            if time.monotonic() > end:
                self.picture("stuck")
                raise TimeoutError(f"waited {seconds:g} s for {what or until}")

    def rest(self, seconds: float = 0.5) -> None:
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end, seconds + 5)

    def picture(self, name: str) -> None:
        self.rest()
        self.window.grab().save(str(self.out / f"{name}.png"))
        print(f"{time.monotonic() - self.began:6.1f} s  {name}", flush=True)

    def drop(self, *paths: Path) -> None:
        """Drag files from a file manager into the canvas."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        where = QPointF(200.0, 200.0)
        event = QDropEvent(
            where, Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
        )
        self.viewer.window._qt_viewer.dropEvent(event)

    def palette(self, name: str) -> None:
        """Open a widget from the command palette."""
        self.window.activateWindow()
        self.wait(self.window.isActiveWindow)
        control_shift = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(self.window.windowHandle(), Qt.Key.Key_P, control_shift)
        (palette,) = self.window.findChildren(QCommandPalette)
        self.wait(palette.isVisible, what="the command palette")
        line = palette._line
        QTest.keyClicks(line, name)
        self.rest(0.5)
        self.picture("palette")
        QTest.keyClick(line, Qt.Key.Key_Return)

    def menu(self, name: str) -> None:
        """Choose an entry of Plugins > cryoal."""
        self.viewer.window.plugins_menu.aboutToShow.emit()
        for action in self.viewer.window.plugins_menu.actions():
            for inner in action.menu().actions() if action.menu() else ():
                if inner.text().replace("&", "") == name:
                    inner.trigger()
                    return
        raise LookupError(f"no entry {name!r} in Plugins > cryoal")

    def find(self, kind: type[Any]) -> Any:
        """The widget of a kind that is in the window."""
        self.wait(lambda: bool(self.window.findChildren(kind)), what=kind.__name__)
        return self.window.findChildren(kind)[-1]

    def type_in(self, line: QWidget, text: str) -> None:
        self.click(line)
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, text)

    def click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, widget.rect().center())

    def click_canvas(self, world: np.ndarray[Any, Any]) -> None:
        """Click the place of the section on show where `world` (z, y, x) is drawn."""
        canvas = self.viewer.window._qt_viewer.canvas
        camera = self.viewer.scene.camera
        native = canvas.native
        x = native.width() / 2 + (world[2] - camera.center[2]) * camera.zoom
        y = native.height() / 2 + (world[1] - camera.center[1]) * camera.zoom
        place = QPoint(round(x), round(y))
        QTest.mouseMove(native, place)
        self.rest(0.2)
        QTest.mouseClick(native, LEFT, Qt.KeyboardModifier.NoModifier, place)
        self.rest(0.3)

    def run(self, panel: Any, button: QWidget, picture: str = "") -> None:
        """Press the button of a command, and wait until it is over."""
        ended: list[Any] = []
        panel.job.ended.connect(ended.append)
        self.click(button)
        if picture:
            self.rest(1.5)
            self.picture(picture)
        self.wait(lambda: bool(ended), PATIENCE, picture or "a command")
        panel.job.ended.disconnect(ended.append)
        assert ended[0].kind == "done", ended[0].line


def label(hands: Hands, truth: dict[str, str]) -> int:
    """Answer the whole query, box after box, by keys."""
    review: ReviewWidget = hands.find(ReviewWidget)
    session = review.session
    keys = {name: key for key, name in session.keys.items()}
    hands.wait(review.isVisible)
    review.setFocus()
    n = 0
    while session.selection:
        item = session.queue.items[session.position]
        QTest.keyClicks(review, keys[truth[item.key]])
        QApplication.processEvents()
        n += 1
        if n == 8:
            hands.picture(f"review_{session.queue.name.replace(' ', '_')}")
        assert n <= len(session.queue.items)
    return n


def main(data: Path, out: Path) -> None:
    """Go the whole way."""
    out.mkdir(parents=True, exist_ok=True)
    with (data / "13pf_truth.csv").open(newline="") as file:
        truth = {row["particle"]: row["class"] for row in csv.DictReader(file)}
    hands = Hands(out)
    # picks first: they wait for their tomogram
    hands.drop(data / "13pf_candidates_relion5.star", data / "13pf_MT.mrc")
    hands.wait(lambda: len(hands.viewer.layers) == 2, what="tomogram and picks")
    assert [layer.name for layer in hands.viewer.layers] == ["13pf_MT", "picks of 13pf_MT"]
    hands.palette("Start a campaign")
    start: StartPanel = hands.find(StartPanel)
    hands.type_in(start.folder, str(out / "mt"))
    hands.type_in(start.classes, ", ".join(CLASSES))
    hands.type_in(start.box.lineEdit(), "16")
    QTest.keyClick(start.box, Qt.Key.Key_Return)
    hands.click(start.draw)
    hands.picture("start")
    hands.run(start, start.start)
    hands.menu("Tomograms (cryoal)")
    table: TomogramsPanel = hands.find(TomogramsPanel)
    hands.menu("Next round (cryoal)")
    following: NextPanel = hands.find(NextPanel)
    for _ in range(2):
        hands.type_in(following.n.lineEdit(), "40")
        QTest.keyClick(following.n, Qt.Key.Key_Return)
        hands.wait(following.buttons["select"].isEnabled, what="the next query")
        hands.run(following, following.buttons["select"], "round")
        hands.click(following.review)
        n = label(hands, truth)
        print(f"answered {n}")
        hands.picture("end_of_queue")
        review_dock = hands.find(ReviewWidget)
        while not hasattr(review_dock, "setFloating"):
            review_dock = review_dock.parentWidget()
        review_dock.close()
        hands.rest()
        raise_dock(following)
    hands.wait(following.buttons["classify"].isEnabled)
    hands.run(following, following.buttons["classify"])
    raise_dock(table)
    cell = table.view.visualRect(table.view.model().index(0, 0)).center()
    QTest.mouseClick(table.view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, cell)
    classes: ClassPanel = hands.find(ClassPanel)
    hands.wait(lambda: bool(classes.scene.name), what="the tomogram")
    hands.rest(1)
    hands.picture("classes")
    correct(hands, classes)
    hands.click(classes.in_3d)
    hands.picture("classes_3d")
    hands.click(classes.in_3d)
    raise_dock(following)
    hands.type_in(following.path, str(out / "classified.star"))
    hands.run(following, following.export)
    hands.picture("export")
    print(judge(out / "classified.star", truth))
    hands.viewer.close()


def correct(hands: Hands, classes: ClassPanel) -> None:
    """Click a box and give it its class again; then a new pick, which is cut and labelled."""
    points, image = classes.scene.points, classes.scene.image
    z = hands.viewer.dims.point[-3]
    world = points.data * np.asarray(points.scale)
    near = int(np.argmin(np.abs(world[:, 0] - z)))
    hands.click_canvas(world[near])
    hands.wait(lambda: bool(classes.scene.rows), what="a box to be chosen")
    canvas = hands.viewer.window._qt_viewer.canvas.native
    before = classes.told.text()
    QTest.keyClicks(canvas, "1")
    hands.rest()
    assert "wall (expert)" in classes.told.text(), (before, classes.told.text())
    hands.click(classes.undo)
    hands.click(classes.pick)
    low, high = image.extent.world
    hands.click_canvas(np.array([z, *(low + 0.3 * (high - low))[1:]]))
    hands.click_canvas(np.array([z, *(low + 0.7 * (high - low))[1:]]))
    hands.picture("new_picks")
    assert len(hands.viewer.layers["new picks"].data) == 2
    classes.pick_class.setCurrentText("background")
    hands.click(classes.add)
    hands.wait(lambda: "added" in classes.message.text(), 60, "new picks to be cut")
    print(classes.message.text())


def raise_dock(widget: QWidget) -> None:
    """Click the tab of a dock."""
    dock: Any = widget
    while not hasattr(dock, "setFloating"):
        dock = dock.parentWidget()
    dock.show()
    dock.raise_()
    QApplication.processEvents()


def judge(path: Path, truth: dict[str, str]) -> str:
    """How many particles of the file have the class of the truth."""
    table = read_star(path)["particles"]
    pairs = [
        (truth[key], found)
        for key, found in zip(table["rlnTomoParticleName"], table["cryoalClass"], strict=True)
        if key in truth
    ]
    hits = sum(a == b for a, b in pairs)
    return f"{len(table['cryoalClass'])} particles; {hits} of {len(pairs)} as in the truth"


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
