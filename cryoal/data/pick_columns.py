"""Columns of picks that mean something to us: the picker's score, and the filament."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.numbers import scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.data.pool import Pool

__all__ = ["group_of_each", "score_of_each"]

NO_GROUP = ("", "0", "0.0", "None", "<NA>", "nan")


def score_of_each(pool: Pool) -> NDArray[np.float64]:
    """``(n,)``: the picker's own score, higher is better; NaN where it gave none."""
    found = []
    for part in pool.parts:
        label = part.score_column
        told = scores(part.columns()[label]) if label else [np.nan] * len(part)
        found.append(np.array(told, np.float64))
    return np.concatenate(found)


def group_of_each(pool: Pool) -> NDArray[np.int64]:
    """``(n,)``: a number that boxes on one filament (contour, membrane) have in common.

    Filaments are those of one set of picks in one tomogram; a box on none has a number of its own.
    """
    numbers: dict[tuple[str, str, str], int] = {}
    names = np.array(pool.tomogram_names, dtype=object)[pool.tomogram]
    group = np.arange(len(pool), dtype=np.int64)
    for part in pool.parts:
        if not part.group_column:
            continue
        texts = part.columns()[part.group_column]
        for row, text in enumerate(texts, start=part.start):
            if text.strip() not in NO_GROUP:
                group[row] = numbers.setdefault((names[row], part.source, text), row)
    return group
