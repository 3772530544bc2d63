"""A review of thirty boxes, in a widget by itself and in a napari window."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

NO_DISPLAY = sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
if NO_DISPLAY:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # widgets can be drawn, napari's canvas cannot
os.environ.setdefault("NAPARI_CONFIG", "")  # settings of the one who runs the tests stay theirs

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from pytestqt.qtbot import QtBot
    from qtpy.QtWidgets import QWidget

    from cryoal.campaign import Campaign
    from cryoal.data.events import Event
    from cryoal.napari_plugin.review_widget import ReviewWidget
    from cryoal.review.session import Session


def has_keyboard(widget: QWidget) -> bool:
    """Whether `widget` has the keyboard of its window; another process may be in front of it."""
    return bool(widget.window().focusWidget() is widget)


@pytest.fixture
def sit(campaign: Campaign, asked: list[str]) -> Callable[..., Session]:
    """Opens a sitting as after a restart."""
    from cryoal.review.queue import make_queue
    from cryoal.review.session import Session

    def sit(annotator: str = "ana", *, blind: bool = False, order: str = "score") -> Session:
        opened = type(campaign).open(campaign.path)
        queue = make_queue(opened, annotator, order=order)
        return Session(opened, queue, annotator, interface="napari", blind=blind)

    return sit


@pytest.fixture
def session(sit: Callable[..., Session]) -> Session:
    """Ana's sitting."""
    return sit()


@pytest.fixture
def review(session: Session, qtbot: QtBot) -> ReviewWidget:
    """The review by itself, on the screen, with the keyboard."""
    from cryoal.napari_plugin.review_widget import ReviewWidget

    widget = ReviewWidget(session)
    qtbot.addWidget(widget)
    widget.resize(1100, 700)
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    qtbot.waitUntil(lambda: has_keyboard(widget))
    return widget


@pytest.fixture
def viewer(request: pytest.FixtureRequest) -> Viewer:
    """A napari window; where it cannot be drawn its tests are skipped."""
    if NO_DISPLAY:
        pytest.skip("no display: run under xvfb-run")
    make: Callable[..., Viewer] = request.getfixturevalue("make_napari_viewer")
    return make(show=True)


@pytest.fixture
def docked(session: Session, viewer: Viewer, qtbot: QtBot) -> ReviewWidget:
    """The review in the napari window, with the keyboard."""
    from cryoal.napari_plugin.launch import add_review

    widget = add_review(viewer, session)
    widget.window().resize(1200, 800)
    widget.window().activateWindow()
    qtbot.waitUntil(lambda: has_keyboard(widget))
    return widget


@pytest.fixture
def journal(campaign: Campaign) -> Callable[[], list[Event]]:
    """What is on the disk of Ana's answers, sittings left out."""
    from cryoal.data.events import Sitting

    def read() -> list[Event]:
        events, _ = type(campaign).open(campaign.path).labels.events("ana")
        return [event for event in events if not isinstance(event, Sitting)]

    return read
