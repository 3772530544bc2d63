"""Which key does what: one table for napari, the browser and the manual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ACTIONS", "SHEET", "Binding", "action_of", "class_keys", "keyless"]


@dataclass(frozen=True)
class Binding:
    """One line of the key sheet."""

    keys: tuple[str, ...]
    """Names as a browser's ``KeyboardEvent.key`` has them, ``Shift+`` and ``Ctrl+`` before them;
    letters are lower case."""
    action: str
    shown: str
    """The keys as a person reads them."""
    meaning: str


SHEET: tuple[Binding, ...] = (
    Binding(("Enter",), "accept", "Enter", "accept the suggestion"),
    Binding(("j",), "junk", "J", "junk: the class that is there for it"),
    Binding(("u",), "unsure", "U", "unsure: looked at, cannot say; never asked again"),
    Binding(("s", " "), "skip", "S, Space", "skip: ask me again at the end"),
    Binding(("n",), "new-class", "N", "new class: type its name, Enter"),
    Binding(("z", "Ctrl+z"), "undo", "Z, Ctrl+Z", "undo, as far back as the queue goes"),
    Binding(
        ("Shift+z", "Ctrl+Shift+z", "Ctrl+y"), "redo", "Shift+Z, Ctrl+Y", "redo what was undone"
    ),
    Binding(("f",), "flag", "F", "flag for discussion, or take the flag off"),
    Binding(("ArrowRight",), "right", "→", "the next box"),
    Binding(("ArrowLeft",), "left", "←", "the box before"),
    Binding(("ArrowDown",), "down", "↓", "the box below"),
    Binding(("ArrowUp",), "up", "↑", "the box above"),
    Binding(("Shift+ArrowRight",), "extend-right", "Shift+→", "select up to the next box"),
    Binding(("Shift+ArrowLeft",), "extend-left", "Shift+←", "select back to the box before"),
    Binding(("Shift+ArrowDown",), "extend-down", "Shift+↓", "select up to the box below"),
    Binding(("Shift+ArrowUp",), "extend-up", "Shift+↑", "select back to the box above"),
    Binding(("Ctrl+a",), "extend-all", "Ctrl+A", "select every box of the queue"),
    Binding(("PageDown",), "page-down", "Page down", "the next page of cards"),
    Binding(("PageUp",), "page-up", "Page up", "the page of cards before"),
    Binding(("Home",), "first", "Home", "the first box"),
    Binding(("End",), "next-open", "End", "the next box without an answer"),
    Binding(("Escape",), "escape", "Esc", "select one box only; close what is open"),
    Binding((".",), "deeper", ".", "one voxel deeper, in all three slabs (also the wheel)"),
    Binding((",",), "shallower", ",", "one voxel back"),
    Binding(("l",), "low-pass", "L", "low-pass: off, weak, medium, strong"),
    Binding(("i",), "invert", "I", "invert the grey"),
    Binding(("g",), "context", "G", "go to the box in its tomogram"),
    Binding(("b",), "back", "B", "back from the tomogram"),
    Binding(("Shift+q",), "queues", "Shift+Q", "which boxes: another queue, filters"),
    Binding(("Shift+t",), "threshold", "Shift+T", "the threshold of each class"),
    Binding(("Shift+m",), "map", "Shift+M", "the map, at the point of this box"),
    Binding(("Shift+f",), "like-this", "Shift+F", "boxes that are like this one"),
    Binding(("Shift+r",), "rounds", "Shift+R", "how far it is, and the next round"),
    Binding(("?", "Shift+?", "F1"), "sheet", "?", "this sheet"),
)
"""Every key but those of the classes, in the order of the manual."""

ACTIONS = {key: binding.action for binding in SHEET for key in binding.keys}
"""Action by the name of the key."""

_FREE = "123456789" + "".join(c for c in "abcdefghijklmnopqrstuvwxyz" if c not in ACTIONS)


def class_keys(classes: Sequence[str], wanted: Sequence[str] = ()) -> dict[str, str]:
    """Class by key: those of `wanted` in the order of the classes, then 1 to 9, then free letters.

    Classes beyond the last key have none (:func:`keyless`); they can be clicked.

    Raises
    ------
    ConfigError
        A key of `wanted` is taken by the review itself, or there are more keys than classes.

    Examples
    --------
    >>> class_keys(["wall", "lumen"], ["w"])
    {'w': 'wall', '1': 'lumen'}
    """
    chosen = [key.lower() for key in wanted]
    for key in chosen:
        if key in ACTIONS:
            raise ConfigError(
                f"expected review.keys that do nothing else in a review, found {key!r}, which is "
                f"{ACTIONS[key]}"
            )
    if len(chosen) > len(classes):
        raise ConfigError(
            f"expected at most {len(classes)} review.keys, one a class, found {len(chosen)}"
        )
    free = (key for key in _FREE if key not in chosen)
    keys = [*chosen, *free][: len(classes)]
    return dict(zip(keys, classes, strict=False))


def keyless(classes: Sequence[str], keys: Mapping[str, str]) -> str:
    """A line that names the classes for which no key is left; "" where each has one.

    Examples
    --------
    >>> keyless(["wall", "lumen"], {"1": "wall"})
    'no key is left for lumen: click it'
    """
    given = set(keys.values())
    without = [name for name in classes if name not in given]
    what = "it" if len(without) == 1 else "them"
    return f"no key is left for {', '.join(without)}: click {what}" if without else ""


def action_of(key: str, classes: dict[str, str]) -> tuple[str, str | None]:
    """What a key does: ``("class", name)``, an action of the sheet, or ``("", None)``.

    Examples
    --------
    >>> action_of("1", {"1": "wall"}), action_of("z", {}), action_of("8", {})
    (('class', 'wall'), ('undo', None), ('', None))
    """
    if key in classes:
        return "class", classes[key]
    return ACTIONS.get(key, ""), None
