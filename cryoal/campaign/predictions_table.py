"""``predictions.csv``: the columns, one row of it, and the whole table read back."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, cast

import numpy as np

from cryoal.campaign.decisions import DECIDED_BY, decide
from cryoal.commands import command
from cryoal.errors import CampaignError, FileFormatError
from cryoal.records import digest_of_file, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.decisions import DecidedBy
    from cryoal.data.labels import Standing

__all__ = [
    "Predictions",
    "columns_of",
    "last_classes",
    "looked_at",
    "read_predictions",
    "require_as_written",
    "row_of",
]

OLD_CLASSIFIER = "teacher"
"""Whose posterior tables of the first layout hold."""


@dataclass(frozen=True)
class Predictions:
    """The table of one classification, rows in pool order."""

    keys: list[str]
    label: list[str | None]
    """The class of each box; None where it has none (:func:`cryoal.campaign.decisions.decide`)."""
    decided_by: list[DecidedBy]
    classifier: str
    """Whose posterior this is."""
    probability: NDArray[np.float64]
    """``(n, classes)``, the classifier's posterior, also where it did not decide."""
    disagreement: NDArray[np.float64] | None
    """``(n,)`` KL(teacher || student), nats (eq. 3); None when no student was trained."""


def columns_of(classes: Sequence[str]) -> list[str]:
    """The header."""
    posterior = [f"p_{name}" for name in classes]
    return ["key", "class", "decided_by", "classifier", *posterior, "disagreement"]


def row_of(
    key: str,
    posterior: Sequence[str],
    gap: str,
    classes: Sequence[str],
    standing: Standing,
    classifier: str,
) -> tuple[list[str], str | None, DecidedBy]:
    """One row, and the class and who decided it once more, for counting.

    The classifier's class is the first of the most probable ones as they are written, so that
    whoever reads the table comes to the same.
    """
    best = max(range(len(classes)), key=lambda place: float(posterior[place]))
    label, by = decide(key, classes[best], standing)
    return [key, label or "", by, classifier, *posterior, gap], label, by


def looked_at(path: Path, classes: Sequence[str]) -> Iterator[tuple[str, list[str], str, str]]:
    """Key, posterior, disagreement and classifier of each row: what no decision changes.

    Raises
    ------
    FileFormatError
        Not a table that was written for these classes.
    """
    for row in _rows(path, classes):
        named = row[3] if len(row) == len(columns_of(classes)) else OLD_CLASSIFIER
        yield row[0], row[-1 - len(classes) : -1], row[-1], named


def read_predictions(campaign: Campaign) -> Predictions:
    """The last classification.

    A table of the first layout does not say who decided: the answers of now say it.

    Raises
    ------
    CampaignError
        There is none yet.
    FileFormatError
        ``predictions.csv`` is not the table that was written.
    """
    path, classes = campaign.path / "predictions.csv", campaign.config.classes
    if not path.exists():
        raise CampaignError(
            f"expected predictions in {path}, found none; run {command('classify', campaign.typed)}"
        )
    require_as_written(campaign)
    table = list(_rows(path, classes))
    if table and len(table[0]) == len(_old_columns(classes)):
        standing = campaign.standing()
        table = [row_of(r[0], r[2:-1], r[-1], classes, standing, OLD_CLASSIFIER)[0] for r in table]
    for number, row in enumerate(table, start=2):
        if row[1] not in (*classes, "") or row[2] not in DECIDED_BY:
            raise FileFormatError(
                f"expected a class and who decided it in {path} line {number}, found "
                f"{row[1]!r} and {row[2]!r}"
            )
    told = [row[-1] for row in table]
    try:
        probability = np.array([row[4:-1] for row in table], dtype=np.float64)
        gaps = None if "" in told else np.array(told, dtype=np.float64)
    except ValueError as error:
        raise FileFormatError(f"expected numbers in {path}, found {error}") from error
    return Predictions(
        keys=[row[0] for row in table],
        label=[row[1] or None for row in table],
        decided_by=[cast("DecidedBy", row[2]) for row in table],
        classifier=table[0][3] if table else "",
        probability=probability,
        disagreement=gaps,
    )


def last_classes(campaign: Campaign) -> dict[str, tuple[str, float]]:
    """Class and its probability by key, of the last classification; empty before the first.

    For looking around: labels, boxes and classes that came since do not matter, and renamed classes
    have their new names. A class that the expert gave has probability 1; boxes of no class are left
    out.

    Raises
    ------
    FileFormatError
        ``predictions.csv`` is not a table that cryoal wrote.
    """
    path = campaign.path / "predictions.csv"
    if not path.exists():
        return {}
    require_as_written(campaign)
    new_names = campaign.config.new_names()
    with _text_of(path) as file:
        rows = csv.DictReader(file)
        columns = list(rows.fieldnames or [])
        if columns[:2] != ["key", "class"]:
            raise FileFormatError(
                f"expected the columns key and class in {path}, found {columns[:2]}"
            )
        try:
            return {
                row["key"]: (new_names.get(row["class"], row["class"]), _certainty(row))
                for row in rows
                if row["class"] != ""
            }
        except (KeyError, TypeError, ValueError) as error:  # bytes that are no text too
            raise FileFormatError(
                f"expected a class and its probability in {path} line {rows.line_num}, "
                f"found {error}"
            ) from error


def require_as_written(campaign: Campaign) -> None:
    """Raise FileFormatError where the table is not the one that ``predictions.json`` tells of."""
    path, table = campaign.path / "predictions.json", campaign.path / "predictions.csv"
    if path.exists() and read_json(path).get("table") != digest_of_file(table):
        raise FileFormatError(
            f"expected {table} as it was written, found it changed; "
            f"{command('classify', campaign.typed)} makes it anew"
        )


def _certainty(row: dict[str, str]) -> float:
    return 1.0 if row.get("decided_by") == "expert" else float(row[f"p_{row['class']}"])


def _old_columns(classes: Sequence[str]) -> list[str]:
    """The header of the first layout, where `class` was the teacher's, whatever the expert said."""
    return [name for name in columns_of(classes) if name not in ("decided_by", "classifier")]


def _rows(path: Path, classes: Sequence[str]) -> Iterator[list[str]]:
    with _text_of(path) as file:
        rows = csv.reader(file, strict=True)
        header = next(rows, [])
        if header not in (columns_of(classes), _old_columns(classes)):
            raise FileFormatError(
                f"expected columns {columns_of(classes)} in {path}, found {header}"
            )
        for row in rows:
            if len(row) != len(header):
                raise FileFormatError(
                    f"expected {len(header)} cells in {path} line {rows.line_num}, found {len(row)}"
                )
            yield row


@contextmanager
def _text_of(path: Path) -> Iterator[TextIO]:
    """The open file; what is no text or no CSV while it is read is a FileFormatError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield file
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"expected a table in {path}, found {error}") from error
