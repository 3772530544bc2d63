"""The pages beside the cards in a real napari window: queues, threshold, map. A process of its own.

Usage: ``python -m benchmarks.review.pages queues|threshold|map CAMPAIGN``; prints a JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.review.material import classified
from benchmarks.review.window import window

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.napari_plugin.review_widget import ReviewWidget

N_STEPS = 30


def until(happened: Callable[[], object]) -> float:
    """Seconds until it has, with the window alive."""
    from qtpy.QtWidgets import QApplication

    began = time.perf_counter()
    while not happened():
        QApplication.processEvents()
    return time.perf_counter() - began


def turned(widget: ReviewWidget, name: str, is_there: Callable[[], object]) -> float:
    """Seconds from the key to the page with what belongs on it."""
    began = time.perf_counter()
    widget.turn(name)
    until(is_there)
    return time.perf_counter() - began


def milliseconds(act: Callable[[int], object]) -> dict[str, float]:
    """Of many steps, each with the window drawn anew."""
    from qtpy.QtWidgets import QApplication

    seconds = []
    for step in range(N_STEPS):
        began = time.perf_counter()
        act(step)
        QApplication.processEvents()
        seconds.append(time.perf_counter() - began)
    return {
        "median_milliseconds": 1e3 * float(np.median(seconds)),
        "p95_milliseconds": 1e3 * float(np.quantile(seconds, 0.95)),
    }


def queues(path: Path) -> dict[str, float]:
    """The page of queues, a filter moved on it, and a class opened from it."""
    from cryoal.napari_plugin.opening import Request

    classified(path)
    viewer, widget = window(path)
    seconds = turned(widget, "queues", lambda: widget.overviews.known is not None)
    page = widget.pages.made["queues"]

    def filtered(step: int) -> None:
        page.probability.set_value((step / N_STEPS, 1.0))
        page.count()

    moved = milliseconds(filtered)
    began = time.perf_counter()
    widget.open(Request("class:wall"))
    until(lambda: widget.session.queue.name == "class:wall")
    opened = time.perf_counter() - began
    viewer.close()
    return {"seconds_to_show": seconds, **moved, "seconds_to_open_a_class": opened}


def threshold(path: Path) -> dict[str, float]:
    """The page of thresholds, and its slider moved."""
    classified(path)
    viewer, widget = window(path)
    widget.turn("threshold")
    page = widget.pages.made["threshold"]
    seconds = until(page.slider.isEnabled)

    def slid(step: int) -> None:
        page.slider.setValue(400 + 15 * step)
        page.show_side()

    moved = milliseconds(slid)
    viewer.close()
    return {"seconds_to_show": seconds, **moved}


def mapped(path: Path) -> dict[str, float]:
    """The map drawn, zoomed step by step, and a tenth of its points lassoed and opened."""
    from qtpy.QtCore import QPointF
    from qtpy.QtGui import QPolygonF

    from cryoal.napari_plugin.map_view import inside

    classified(path)
    viewer, widget = window(path)
    widget.turn("map")
    page = widget.pages.made["map"]
    seconds = until(lambda: bool(page.view.legend()))
    view = page.view
    zoomed = milliseconds(lambda _: (view._go(view._frame.zoomed(1.02, (300, 300))),
                                     view.repaint()))  # fmt: skip
    view._whole()
    view.repaint()
    corners = view._frame.pixels(np.array([[0, 0], [0.33, 0], [0.33, 0.33], [0, 0.33]], np.float32))
    began = time.perf_counter()
    line = QPolygonF([QPointF(x, y) for x, y in corners.tolist()])
    points = inside(line, view._pixels, view.width(), view.height())
    lassoed = time.perf_counter() - began
    began = time.perf_counter()
    view.lassoed.emit(points)
    until(lambda: widget.session.queue.kind == "keys")
    opened = time.perf_counter() - began
    viewer.close()
    return {
        "seconds_to_show": seconds, **zoomed, "n_lassoed": len(points),
        "milliseconds_to_lasso": 1e3 * lassoed, "seconds_to_open_1000_of_them": opened,
    }  # fmt: skip


if __name__ == "__main__":
    measure = {"queues": queues, "threshold": threshold, "map": mapped}[sys.argv[1]]
    print(json.dumps(measure(Path(sys.argv[2]))))
