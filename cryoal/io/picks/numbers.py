"""Columns of text as numbers, refused by the row where they are none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_float, to_floats
from cryoal.io.texts import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.picks import Picks

__all__ = ["angles", "number", "numbers", "positive", "positives", "scores"]


def numbers(picks: Picks, label: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Column `label` as numbers, for `rows`.

    Raises
    ------
    PicksError
        The column is absent or a value is no finite number; names the row.
    """
    if label not in picks.columns:
        raise PicksError(f"expected column {label}, found none in {picks.path}")
    column = picks.columns[label]
    texts = chosen(column, rows)
    try:
        values = to_floats(texts)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    for row, text in zip(rows, texts, strict=True):
        number(text, f"column {label}, row {row + 1}", picks.path)
    raise AssertionError("unreachable: one of the values is no finite number")


def positives(picks: Picks, label: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Column `label` as numbers above 0, for `rows`."""
    values = numbers(picks, label, rows)
    if (values <= 0).any():
        row = int(rows[np.argmax(values <= 0)])
        positive(picks.columns[label][row], f"column {label}, row {row + 1}", picks.path)
    return values


def angles(columns: Mapping[str, Sequence[str]], labels: Sequence[str]) -> NDArray[np.float64]:
    """Columns of angles side by side, ``(n, 3)`` as they stand.

    Raises
    ------
    PicksError
        A value is no finite number; names the row.
    """
    values = np.empty((len(columns[labels[0]]), len(labels)))
    for place, label in enumerate(labels):
        for row, text in enumerate(columns[label]):
            try:
                values[row, place] = to_float(text)
            except ValueError:
                values[row, place] = math.nan
            if not math.isfinite(values[row, place]):
                raise PicksError(
                    f"expected an angle in column {label}, row {row + 1}, found {text!r}"
                )
    return values


def scores(texts: Sequence[str]) -> NDArray[np.float64]:
    """`texts` as numbers, nan where one is none: a score may be lacking."""

    def score(text: str) -> float:
        try:
            return to_float(text)
        except ValueError:
            return math.nan

    return np.fromiter(map(score, texts), np.float64, len(texts))


def number(text: str, what: str, path: Path) -> float:
    """`text` as a finite number; `what` says where it stands."""
    try:
        value = to_float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise PicksError(f"expected a number in {what}, found {text!r} in {path}")
    return value


def positive(text: str, what: str, path: Path) -> float:
    """`text` as a number above 0: a size, or a scale that others are multiplied by."""
    if (value := number(text, what, path)) <= 0:
        raise PicksError(f"expected a number above 0 in {what}, found {text!r} in {path}")
    return value
