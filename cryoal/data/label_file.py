"""Answers from a spreadsheet: a CSV file with a key and a label in each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.errors import LabelError
from cryoal.io.table import read_table
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.io.table import Table

__all__ = ["LabelFile", "read_labels"]

KEY_COLUMNS = ("key", "particle", "rlnTomoParticleName")
LABEL_COLUMNS = ("label", "class")
ABSTENTIONS = ("abstain", "unsure", "?")


@dataclass(frozen=True)
class LabelFile:
    """What a file answers.

    Parameters
    ----------
    answers
        ``(key, class)``, or ``(key, None)`` for an abstention, in the order of the rows.
    unanswered
        Keys of rows whose label is empty: not looked at yet.
    columns
        The names of all columns, in small letters.
    """

    answers: tuple[tuple[str, str | None], ...]
    unanswered: tuple[str, ...]
    columns: tuple[str, ...] = ()


def read_labels(
    path: Path, classes: Sequence[str], new_names: Mapping[str, str] | None = None
) -> LabelFile:
    """The answers in a CSV file with the columns key|particle and label|class.

    Every spelling of a table that spreadsheets write is understood (see
    :func:`cryoal.io.table.read_table`), capitals in the header make no difference. An empty label
    is a row not answered yet; ``abstain``, ``unsure`` and ``?`` are abstentions unless the campaign
    has a class of that name. `new_names` has the name of now of each class that was renamed: files
    filled in before may have the old one.

    Raises
    ------
    LabelError
        Missing columns, a column that is there twice, a row that is not as wide as the header, a
        class the campaign does not have, a key answered twice in different ways; the message names
        the line. No row is ever left out.
    """
    table = read_table(path, _is_header, LabelError)
    names = [name.casefold() for name in table.names]
    key_column = _column(table, names, KEY_COLUMNS, path)
    label_column = _column(table, names, LABEL_COLUMNS, path)
    if key_column is None or label_column is None:
        raise LabelError(
            f"expected the columns key|particle and label|class in {path}, found "
            f"{', '.join(table.names)}"
        )
    if "disagreement" in names:
        raise LabelError(f"expected answers of an expert in {path}, found cryoal's own predictions")
    answers: dict[str, str | None] = {}
    unanswered: list[str] = []
    for row in table.rows:
        key, label = row.cells[key_column], row.cells[label_column]
        where = f"{path} line {row.line}"
        if not key:
            raise LabelError(f"expected a key in {where}, found none")
        if not label:
            unanswered.append(key)
            continue
        label = (new_names or {}).get(label, label)
        if label not in classes and label not in ABSTENTIONS:
            raise LabelError(f"no class called {label!r} in {where}{nearest(label, classes)}")
        answer = label if label in classes else None
        if key in answers and answers[key] != answer:
            raise LabelError(f"expected one answer for {key!r}, found a second one in {where}")
        answers[key] = answer
    return LabelFile(tuple(answers.items()), tuple(unanswered), tuple(names))


def _is_header(names: Sequence[str]) -> bool:
    lower = {name.casefold() for name in names}
    return all(lower.intersection(_lower(wanted)) for wanted in (KEY_COLUMNS, LABEL_COLUMNS))


def _column(table: Table, names: list[str], wanted: Sequence[str], path: Path) -> int | None:
    """The place of the first of `wanted` that is there; of two, the one that is not empty."""
    name = next((w for w in _lower(wanted) if w in names), None)
    places = [place for place, found in enumerate(names) if found == name]
    if len(places) < 2:
        return places[0] if places else None
    filled = [p for p in places if any(row.cells[p] for row in table.rows)]
    if len(filled) > 1:
        raise LabelError(f"expected one column {name!r} in {path}, found {len(places)}")
    return (filled or places)[0]


def _lower(names: Sequence[str]) -> list[str]:
    return [name.casefold() for name in names]
