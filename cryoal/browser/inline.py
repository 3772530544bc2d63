"""Values inside a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryoal.marks import marks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.records import Json

__all__ = ["marks", "script_json"]


def script_json(value: Json) -> str:
    """JSON that can stand inside ``<script>``: no name of a class ends the element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def marks(classes: Sequence[str], junk: str) -> dict[str, Json]:
    """Shape and colour of each class, by its name, for a page to draw."""
    return {
        name: {"points": [list(corner) for corner in mark.points], "colour": mark.colour}
        for name, mark in marks_of(classes, junk).items()
    }
