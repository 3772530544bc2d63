"""The fields of evidence that there are, and who gives each.

A field is declared in the file that makes it: here those are only gathered. What needs no companion
is found without importing torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.companions import COMPANIONS
from cryoal.errors import UnknownNameError
from cryoal.registry import nearest
from cryoal.scoring.of_formulas import FORMULA_FIELDS
from cryoal.scoring.of_team import HEAD, TEACHER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.companions.field import Field

__all__ = ["LABELLED", "all_fields", "companions_for", "giver", "is_context", "not_given"]

LABELLED = "labelled_"
"""Before the name of a field: its rows of what is labelled, in the order of the keys. After it
``class``: their class numbers ``(labelled,)`` int64; of a segmentation the commonest of each
mask."""

_ALONE = {field.name: field for field in (*FORMULA_FIELDS, *TEACHER_FIELDS)}


def is_context(need: str) -> bool:
    """Whether a need is known beside the candidates, and not of each of them."""
    return need == HEAD.name or need.startswith(LABELLED)


def giver(field: str) -> str | None:
    """The companion that gives `field`; None for what a teacher, heads or a formula gives.

    Raises
    ------
    UnknownNameError
        A need that is no field; the message gives the nearest.
    """
    return _found(field)[1]


def all_fields() -> dict[str, Field]:
    """Every field by name, those of companions of other packages too; imports torch."""
    return _ALONE | {name: field for name, (field, _) in _of_companions().items()}


def companions_for(needs: Iterable[str]) -> list[str]:
    """Names of the companions that have to learn for these needs."""
    found = {giver(need) for need in map(_rows_of, needs) if need is not None}
    return sorted(name for name in found if name is not None)


def not_given(needs: Iterable[str], task: str) -> list[str]:
    """Which of these needs a ``"classification"`` or ``"segmentation"`` cannot give."""
    return sorted(need for need in needs if (only := _task_of(need)) and only != task)


def _task_of(need: str) -> str | None:
    if need == HEAD.name:
        return HEAD.task
    field = _rows_of(need)
    return None if field is None else _found(field)[0].task


def _rows_of(need: str) -> str | None:
    """The field that a need is made of; None for what no model gives by itself."""
    if need in (HEAD.name, f"{LABELLED}class"):
        return None
    return need.removeprefix(LABELLED)


def _found(field: str) -> tuple[Field, str | None]:
    if field in _ALONE:
        return _ALONE[field], None
    found = _of_companions()
    if field not in found:
        known = [*_ALONE, *found, HEAD.name, f"{LABELLED}class"]
        raise UnknownNameError(f"no evidence called {field!r}{nearest(field, known)}")
    return found[field]


def _of_companions() -> dict[str, tuple[Field, str]]:
    from cryoal.companions.build import companion_class

    return {
        field.name: (field, name)
        for name in COMPANIONS.names()
        for field in companion_class(name).gives
    }
