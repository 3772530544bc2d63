"""The review in a real napari window, keys pressed on its widget. A process of its own.

Usage: ``python -m benchmarks.review.window open|press|cards CAMPAIGN``; prints a JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.review.engine import N_PRESSES, resident_megabytes, summary

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from cryoal.napari_plugin.review_widget import ReviewWidget

BEGAN = time.perf_counter()


def window(path: Path) -> tuple[Viewer, ReviewWidget]:
    """A window of 1280 x 800 with the review in it, shown and drawn."""
    import napari
    from qtpy.QtWidgets import QApplication

    from cryoal.campaign import Campaign
    from cryoal.napari_plugin.launch import add_review
    from cryoal.review.queue import make_queue
    from cryoal.review.session import Session

    campaign = Campaign.open(path)
    session = Session(campaign, make_queue(campaign, "ana"), "ana", interface="napari")
    viewer = napari.Viewer(show=False)
    widget = add_review(viewer, session)
    viewer.show()
    widget.window().resize(1280, 800)
    for _ in range(5):
        QApplication.processEvents()
    return viewer, widget


def opened(path: Path) -> dict[str, float]:
    """From the start of the program to the first page of cards; most of it is napari's."""
    viewer, _ = window(path)
    seconds = time.perf_counter() - BEGAN
    viewer.close()
    return {"seconds": seconds}


def pressed(path: Path) -> dict[str, float]:
    """A thousand keys, each until it is on the disk and the window has been drawn anew."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    viewer, widget = window(path)
    keys = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)
    seconds, memory = [], []
    for number in range(N_PRESSES):
        began = time.perf_counter()
        QTest.keyClick(widget, keys[number % 3])
        QApplication.processEvents()  # draws the gallery, the focus card and the head
        seconds.append(time.perf_counter() - began)
        if number in (N_PRESSES // 10, N_PRESSES - 1):
            memory.append(resident_megabytes())
    assert widget.session.progress().n_done == N_PRESSES
    viewer.close()
    return summary(seconds, memory)


def drawn(path: Path) -> dict[str, float]:
    """Every card of a queue of 200, read and drawn as leafing through the pages does.

    With the tomogram around each box; how long this takes by itself too, from an opened file.
    """
    viewer, widget = window(path)
    rows = [item.row for item in widget.session.queue.items]
    widget.tiles.forget()
    began = time.perf_counter()
    images = widget.gallery.draw_all()
    seconds = time.perf_counter() - began
    widget.tiles.forget()
    began = time.perf_counter()
    widget.tiles.read(rows)
    around = time.perf_counter() - began
    viewer.close()
    return {"seconds": seconds, "n": len(images), "of_it_tiles": around}


if __name__ == "__main__":
    measure = {"open": opened, "press": pressed, "cards": drawn}[sys.argv[1]]
    print(json.dumps(measure(Path(sys.argv[2]))))
