"""Answers from a spreadsheet: a CSV file with a key and a label in each row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.errors import LabelError
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

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
    """

    answers: tuple[tuple[str, str | None], ...]
    unanswered: tuple[str, ...]


def read_labels(path: Path, classes: Sequence[str]) -> LabelFile:
    """The answers in a CSV file with the columns key|particle and label|class.

    Comma, semicolon and tab are understood, as spreadsheets of different countries write them. An
    empty label is a row not answered yet; ``abstain``, ``unsure`` and ``?`` are abstentions unless
    the campaign has a class of that name.

    Raises
    ------
    LabelError
        Missing columns, a class the campaign does not have, a key answered twice in different
        ways; the message names the row.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError(f"expected a CSV file in UTF-8, found other bytes in {path}") from error
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip() for name in rows.fieldnames or []]
    rows.fieldnames = names
    key_column = next((c for c in KEY_COLUMNS if c in names), None)
    label_column = next((c for c in LABEL_COLUMNS if c in names), None)
    if key_column is None or label_column is None:
        raise LabelError(
            f"expected the columns key|particle and label|class in {path}, found {', '.join(names)}"
        )
    if "disagreement" in names:
        raise LabelError(f"expected answers of an expert in {path}, found cryoal's own predictions")
    answers: dict[str, str | None] = {}
    unanswered: list[str] = []
    for row in _filled(rows, path):
        key, label = (row[key_column] or "").strip(), (row[label_column] or "").strip()
        where = f"{path} line {rows.line_num}"
        if not key:
            raise LabelError(f"expected a key in {where}, found none")
        if not label:
            unanswered.append(key)
            continue
        if label not in classes and label not in ABSTENTIONS:
            raise LabelError(f"no class called {label!r} in {where}{nearest(label, classes)}")
        answer = label if label in classes else None
        if key in answers and answers[key] != answer:
            raise LabelError(f"expected one answer for {key!r}, found a second one in {where}")
        answers[key] = answer
    return LabelFile(tuple(answers.items()), tuple(unanswered))


def _filled(rows: csv.DictReader[str], path: Path) -> Iterator[dict[str, str]]:
    """The rows that are not empty; spreadsheets leave empty ones at the end."""
    try:
        for row in rows:
            if any(isinstance(cell, str) and cell.strip() for cell in row.values()):
                yield row
    except csv.Error as error:
        raise LabelError(f"expected CSV in {path} line {rows.line_num}, found {error}") from error
