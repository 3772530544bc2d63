"""Whether a window can be opened is known before Qt ends the process."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest

from cryoal.review import screen
from cryoal.review.screen import Screen, find_screen

UNSET = {
    name: value
    for name, value in os.environ.items()
    if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
}

# Qt 6.11 with QT_DEBUG_PLUGINS=1, shortened
NO_LIBRARY = """\
qt.core.plugin.factoryloader: looking at "libqxcb.so"
qt.core.library: "/x/libqxcb.so" cannot load: Cannot load library /x/libqxcb.so: \
libxcb-cursor.so.0: cannot open shared object file: No such file or directory
qt.qpa.plugin: From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed to load the Qt xcb platform\
 plugin.
qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "" even though it was found.
This application failed to start because no Qt platform plugin could be initialized. Reinstalling\
 the application may fix this problem.

Available platform plugins are: minimal, linuxfb, offscreen, xcb, vnc.
"""
NO_ANSWER = """\
qt.qpa.xcb: could not connect to display localhost:10.0
qt.qpa.plugin: From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed to load the Qt xcb platform\
 plugin.
qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "" even though it was found.
"""
NO_IMPORT = "ImportError: libEGL.so.1: cannot open shared object file: No such file or directory\n"
OTHER = 'qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "" even though it was found.'


def answers(
    monkeypatch: pytest.MonkeyPatch, code: int, out: str = "", err: str = ""
) -> list[list[str]]:
    """Let the probe answer this; gives the commands that were run."""
    asked: list[list[str]] = []

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(words)
        return subprocess.CompletedProcess(words, code, out, err)

    monkeypatch.setattr(screen.subprocess, "run", run)
    return asked


def test_on_linux_without_a_display_qt_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, 0, '{"platform": "cocoa", "screen": "Built-in", "opengl": "2.1"}')
    assert find_screen({}, "linux") == Screen(problem="none (DISPLAY is not set)")
    assert asked == []
    # elsewhere no variable tells of a screen
    assert find_screen({}, "darwin") == Screen("cocoa Built-in", "2.1")
    assert find_screen({}, "win32").problem is None
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (NO_LIBRARY, "no library libxcb-cursor.so.0"),
        (NO_IMPORT, "no library libEGL.so.1"),
        (NO_ANSWER, "no answer from the display localhost:10.0"),
        (OTHER, 'Qt ending with \'Could not load the Qt platform plugin "xcb" in'),
        ("", "Qt ending with code -6"),
    ],
)
def test_what_qt_says_on_its_way_out_becomes_one_reason(
    monkeypatch: pytest.MonkeyPatch, said: str, problem: str
) -> None:
    answers(monkeypatch, -6, err=said)
    found = find_screen({"DISPLAY": ":0"}, "linux")
    assert found.name is None
    assert (found.problem or "").startswith(problem)
    assert "\n" not in (found.problem or "")


def test_a_screen_without_opengl_is_none_for_napari(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, 0, '{"platform": "xcb", "screen": "DP-1", "opengl": null}')
    assert find_screen({"DISPLAY": ":0"}, "linux").problem == "no OpenGL on xcb DP-1"
    answers(monkeypatch, 0, '{"platform": "offscreen", "screen": "", "opengl": null}')
    wanted = {"QT_QPA_PLATFORM": "offscreen"}  # whoever asks for it knows
    assert find_screen(wanted, "linux") == Screen("offscreen")


def test_a_display_that_never_answers_is_waited_for_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(words: list[str], **how: Any) -> None:
        raise subprocess.TimeoutExpired(words, how["timeout"])

    monkeypatch.setattr(screen.subprocess, "run", run)
    found = find_screen({"DISPLAY": ":0"}, "linux")
    assert found.problem == "one that does not answer within 30 s"


def test_the_real_qt_is_asked_in_a_process_of_its_own() -> None:
    pytest.importorskip("PySide6")
    found = find_screen({**UNSET, "QT_QPA_PLATFORM": "nonsense"}, "linux")
    assert found.problem == "no Qt platform called nonsense (QT_QPA_PLATFORM)"
    assert find_screen({**UNSET, "QT_QPA_PLATFORM": "offscreen"}, "linux").name == "offscreen"
    found = find_screen({**UNSET, "DISPLAY": ":64999"}, "linux")
    assert found.problem in ("no answer from the display :64999", "no library libxcb-cursor.so.0")
