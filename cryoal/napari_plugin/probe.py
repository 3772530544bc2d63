"""Whether Qt can open a window and draw with OpenGL: run as a program of its own.

Qt ends a process that it finds no screen for, so this is asked in one that may end. It prints one
JSON object; what Qt complains of goes to stderr.
"""

from __future__ import annotations

import json
import sys

from qtpy.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

GL_RENDERER, GL_VERSION = 0x1F01, 0x1F02


def main() -> None:
    """Print the platform, the name of the screen, and the OpenGL that there is (else null)."""
    application = QGuiApplication(sys.argv[:1])
    screen = application.primaryScreen()
    found = {
        "platform": application.platformName(),
        "screen": screen.name() if screen else "",
        "opengl": _opengl(),
    }
    print(json.dumps(found))


def _opengl() -> str | None:
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return None
    known = context.functions()
    said = f"{known.glGetString(GL_VERSION)}, {known.glGetString(GL_RENDERER)}"
    context.doneCurrent()
    return said


if __name__ == "__main__":
    main()
