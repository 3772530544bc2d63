"""Whether napari can open a window here, asked before Qt ends the process over it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cryoal.commands import command
from cryoal.errors import CryoALError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Screen", "find_screen", "require_screen"]

PATIENCE = 30  # seconds; a display at the other end of a slow line takes some
WITHOUT_OPENGL = ("offscreen", "minimal")  # platforms that were asked for by name, to draw nothing
_PROBE = ("-P", "-m", "cryoal.napari_plugin.probe")


@dataclass(frozen=True)
class Screen:
    """What Qt found."""

    name: str | None = None
    """Platform and screen; None where no window can be opened."""
    opengl: str | None = None
    """Version and who draws; None where nobody does."""
    problem: str | None = None
    """Why napari cannot be used; None where it can."""


def require_screen(directory: Path, instead: str = "") -> None:
    """Raise CryoALError, which names the browser, unless napari is there and can open a window.

    `directory` is the campaign, for the command that is named unless `instead` says another.
    """
    labelling = f"label in a browser: {command('review', directory, '--serve')} (or --html FILE)"
    instead = instead or labelling
    missing = [name for name in ("napari", "qtpy") if find_spec(name) is None]
    if missing:
        raise CryoALError(
            f"expected napari, found no package {missing[0]}: pip install '.[gui]' in cryoal's "
            f"clone, or {instead}"
        )
    problem = find_screen().problem
    if problem is not None:
        raise CryoALError(f"expected a screen that napari can draw on, found {problem}: {instead}")


def find_screen(environ: Mapping[str, str] | None = None, system: str = sys.platform) -> Screen:
    """What a window would find, asked of Qt in a process of its own.

    On Linux none is asked where no variable names a display: Qt's answer would be long.
    """
    environ = os.environ if environ is None else environ
    if system.startswith("linux") and not any(
        environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        return Screen(problem="none (DISPLAY is not set)")
    try:
        asked = subprocess.run(
            [sys.executable, *_PROBE],
            env={**environ, "QT_DEBUG_PLUGINS": "1"},  # else Qt names no missing library
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return Screen(problem=f"one that does not answer within {PATIENCE} s")
    if asked.returncode:
        return Screen(problem=_why(asked.stderr, asked.returncode))
    found = json.loads(asked.stdout.splitlines()[-1])
    name = f"{found['platform']} {found['screen']}".strip()
    if found["opengl"] is None and not name.startswith(WITHOUT_OPENGL):
        return Screen(name, problem=f"no OpenGL on {name}")
    return Screen(name, found["opengl"])


def _why(said: str, code: int) -> str:
    """The one thing that matters in what Qt said on its way out."""
    missing = re.search(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object", said)
    if missing:
        return f"no library {missing[1]}"
    display = re.search(r"could not connect to display (\S+)", said)
    if display:
        return f"no answer from the display {display[1]}"
    plugin = re.search(r'Could not find the Qt platform plugin "(\w*)"', said)
    if plugin:
        return f"no Qt platform called {plugin[1]} (QT_QPA_PLATFORM)"
    lines = re.findall(r"qt\.qpa\.plugin: (Could not .*)", said) or said.strip().splitlines()
    return f"Qt ending with {lines[-1][:120]!r}" if lines else f"Qt ending with code {code}"
