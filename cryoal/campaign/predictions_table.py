"""``predictions.csv``: the columns, one row of it, and the whole table read back."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TextIO

import numpy as np

from cryoal.campaign.decisions import DECIDED_BY, decide
from cryoal.campaign.last_classes import LastClasses
from cryoal.campaign.table_columns import CellError, collect
from cryoal.commands import command
from cryoal.errors import CampaignError, FileFormatError
from cryoal.records import digest_of_file, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.decisions import DecidedBy
    from cryoal.campaign.table_columns import Words
    from cryoal.data.labels import Standing
    from cryoal.data.pool import Pool

__all__ = [
    "MEASURES",
    "NONE",
    "Looked",
    "Predictions",
    "cells_of",
    "columns_of",
    "last_classes",
    "looked_at",
    "read_predictions",
    "require_as_written",
    "row_of",
    "rows_in_order",
]

NONE = -1
"""In place of the number of a class: no class, or nothing known."""
OLD_CLASSIFIER = "teacher"
"""Whose posterior tables of the first layout hold."""
MEASURES = ("agreement", "entropy", "novelty", "disagreement")
"""What is told of each box beside its posterior, as the last columns; empty where nothing is."""
_UNSAID = "-"  # nobody is called so
_LATER = (
    ("agreement", "entropy", "novelty"),
    ("agreement", "entropy", "novelty", "decided_by", "classifier"),
)
"""Columns that tables of the second and the first layout do not have."""


class Looked(NamedTuple):
    """What no decision changes in a row: the classifier's word, as it is written."""

    key: str
    classifier: str
    posterior: list[str]
    measures: list[str]
    """In the order of :data:`MEASURES`."""


@dataclass(frozen=True)
class Predictions:
    """The table of one classification, rows in pool order."""

    keys: list[str]
    classes: tuple[str, ...]
    """The names that the arrays below hold the places of."""
    called: NDArray[np.int16]
    """``(n,)``: the class of each box, :data:`NONE` where it has none
    (:func:`cryoal.campaign.decisions.decide`)."""
    decided: NDArray[np.int8]
    """``(n,)``: who decided it, as the place in :data:`~cryoal.campaign.decisions.DECIDED_BY`."""
    classifier: str
    """Whose posterior this is."""
    probability: NDArray[np.float64]
    """``(n, classes)``, the classifier's posterior, also where it did not decide."""
    agreement: NDArray[np.float64] | None
    """``(n,)``: the share of the members whose class is the classifier's; None where fewer than two
    were asked, or nobody asked them."""
    entropy: NDArray[np.float64] | None
    """``(n,)`` nats, of the posterior; None in tables that did not tell it."""
    novelty: NDArray[np.float64] | None
    """``(n,)``: how unlike everything labelled; None where nobody told it."""
    disagreement: NDArray[np.float64] | None
    """``(n,)`` KL(teacher || student), nats (eq. 3); None when no student was trained."""

    @property
    def label(self) -> list[str | None]:
        """`called` by name; None where a box has none."""
        names = [*self.classes, None]  # the last one is that of NONE
        return [names[place] for place in self.called.tolist()]

    @property
    def decided_by(self) -> list[DecidedBy]:
        """`decided` by name."""
        return [DECIDED_BY[place] for place in self.decided.tolist()]

    def is_by(self, who: DecidedBy) -> NDArray[np.bool_]:
        """``(n,)``: whether `who` decided."""
        return np.asarray(self.decided == DECIDED_BY.index(who))


def columns_of(classes: Sequence[str]) -> list[str]:
    """The header."""
    posterior = [f"p_{name}" for name in classes]
    return ["key", "class", "decided_by", "classifier", *posterior, *MEASURES]


def cells_of(values: NDArray[np.floating] | None, n: int) -> list[str]:
    """`n` cells of one of :data:`MEASURES`: empty without `values`, or where one is no number."""
    if values is None:
        return [""] * n
    return ["" if np.isnan(value) else f"{value:.6g}" for value in values.tolist()]


def row_of(
    looked: Looked, classes: Sequence[str], standing: Standing, most_novel: float = 1.0
) -> tuple[list[str], str | None, DecidedBy]:
    """One row, and the class and who decided it once more, for counting.

    The classifier's class is the first of the most probable ones as they are written, so that
    whoever reads the table comes to the same. A box that is more novel than `most_novel` has none.
    """
    best = max(range(len(classes)), key=lambda place: float(looked.posterior[place]))
    novelty = looked.measures[MEASURES.index("novelty")]
    is_novel = novelty != "" and float(novelty) > most_novel
    label, by = decide(looked.key, classes[best], standing, is_novel=is_novel)
    row = [looked.key, label or "", by, looked.classifier, *looked.posterior, *looked.measures]
    return row, label, by


def looked_at(path: Path, classes: Sequence[str]) -> Iterator[Looked]:
    """What no decision changes of each row; columns that an older layout lacks are empty.

    Raises
    ------
    FileFormatError
        Not a table that was written for these classes.
    """
    for row in _rows(path, classes):
        yield _looked(row)


def _looked(row: list[str]) -> Looked:
    """Of a row of the layout of now."""
    return Looked(row[0], row[3], row[4 : -len(MEASURES)], row[-len(MEASURES) :])


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
    rows = _rows(path, classes)
    first = next(rows, None)
    rows = rows if first is None else chain([first], rows)
    if first is not None and first[2] == _UNSAID:
        standing = campaign.standing()
        rows = (row_of(_looked(row), classes, standing)[0] for row in rows)
    place = {name: at for at, name in enumerate(columns_of(classes))}
    words = ("class", "decided_by", "classifier")
    try:
        table = collect(
            rows,
            keys=0,
            words={name: place[name] for name in words},
            numbers={name: at for name, at in place.items() if name not in ("key", *words)},
            known=campaign.pool.keys if campaign.has_pool else (),
        )
    except CellError as error:
        raise FileFormatError(f"expected numbers in {path}, found {error}") from error
    named, by, whose = (table.words[name] for name in words)
    _require_words(path, named, by, classes)
    none_of = {name: number for number, name in enumerate(classes)} | {"": NONE}
    who: dict[str, int] = {name: number for number, name in enumerate(DECIDED_BY)}
    posterior = [table.numbers[f"p_{name}"] for name in classes]
    agreement, entropy, novelty, gaps = (table.told(name) for name in MEASURES)
    return Predictions(
        keys=table.keys,
        classes=tuple(classes),
        called=named.places(none_of).astype(np.int16),
        decided=by.places(who).astype(np.int8),
        classifier=whose.names[0] if whose.names else "",
        probability=np.stack(posterior, axis=1),
        agreement=agreement,
        entropy=entropy,
        novelty=novelty,
        disagreement=gaps,
    )


def _require_words(path: Path, named: Words, by: Words, classes: Sequence[str]) -> None:
    """Raise FileFormatError at the first row of a class or of somebody that there is not."""
    odd = np.isin(named.codes, [c for c, n in enumerate(named.names) if n not in (*classes, "")])
    odd |= np.isin(by.codes, [c for c, n in enumerate(by.names) if n not in DECIDED_BY])
    if odd.any():
        row = int(odd.argmax())
        raise FileFormatError(
            f"expected a class and who decided it in {path} line {row + 2}, found "
            f"{named.names[named.codes[row]]!r} and {by.names[by.codes[row]]!r}"
        )


def rows_in_order(pool: Pool, keys: list[str]) -> NDArray[np.int64]:
    """Rows of `keys`: a table that was written of this pool has them in its order.

    Raises
    ------
    UnknownKeyError
        Some are not in the pool.
    """
    if keys and keys == pool.keys[: len(keys)].tolist():
        return np.arange(len(keys))
    return pool.index(keys)


def last_classes(campaign: Campaign) -> Mapping[str, tuple[str, float]]:
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
    with _text_of(path) as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if header[:2] != ["key", "class"]:
            raise FileFormatError(
                f"expected the columns key and class in {path}, found {header[:2]}"
            )
        place = {name: at for at, name in enumerate(header)}
        words = {name: at for name, at in place.items() if name in ("class", "decided_by")}
        numbers = {name: at for name, at in place.items() if name.startswith("p_")}
        known = campaign.pool.keys if campaign.has_pool else ()
        try:
            table = collect(filter(None, rows), keys=0, words=words, numbers=numbers, known=known)
            return LastClasses(table, campaign.config.new_names())
        except (KeyError, IndexError, ValueError) as error:  # bytes that are no text too
            at = error.row + 2 if isinstance(error, CellError) else rows.line_num
            raise FileFormatError(
                f"expected a class and its probability in {path} line {at}, found {error}"
            ) from error


def require_as_written(campaign: Campaign) -> None:
    """Raise FileFormatError where the table is not the one that ``predictions.json`` tells of."""
    path, table = campaign.path / "predictions.json", campaign.path / "predictions.csv"
    if path.exists() and read_json(path).get("table") != digest_of_file(table):
        raise FileFormatError(
            f"expected {table} as it was written, found it changed; "
            f"{command('classify', campaign.typed)} makes it anew"
        )


def _rows(path: Path, classes: Sequence[str]) -> Iterator[list[str]]:
    """Rows of the layout of now, whatever that of the file: what was not told is empty.

    In the first layout `class` was the teacher's, whatever the expert said, and who decided was not
    there: that cell is :data:`_UNSAID`.
    """
    wanted = columns_of(classes)
    with _text_of(path) as file:
        rows = csv.reader(file, strict=True)
        header = next(rows, [])
        older = [[name for name in wanted if name not in later] for later in _LATER]
        if header not in (wanted, *older):
            raise FileFormatError(f"expected columns {wanted} in {path}, found {header}")
        place = {name: at for at, name in enumerate(header)}
        unsaid = {"decided_by": _UNSAID, "classifier": OLD_CLASSIFIER}
        n_cells, is_of_now = len(header), header == wanted
        for row in rows:
            if len(row) != n_cells:
                raise FileFormatError(
                    f"expected {n_cells} cells in {path} line {rows.line_num}, found {len(row)}"
                )
            if is_of_now:
                yield row
            else:
                yield [
                    row[place[name]] if name in place else unsaid.get(name, "") for name in wanted
                ]


@contextmanager
def _text_of(path: Path) -> Iterator[TextIO]:
    """The open file; what is no text or no CSV while it is read is a FileFormatError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield file
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"expected a table in {path}, found {error}") from error
