"""Which rows of a file of picks are read, and how a column is named by the user."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.texts import chosen
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.io.picks.base import Contents
    from cryoal.io.star import StarTable

__all__ = ["chosen_rows", "named_in", "parse_only"]

NO_COLUMN = "none"


def parse_only(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Column and value of each ``COLUMN=VALUE``.

    Raises
    ------
    PicksError
        No ``=`` in it.

    Examples
    --------
    >>> parse_only(["user_id=octopi"])
    [('user_id', 'octopi')]
    """
    pairs = []
    for text in texts:
        label, equals, value = text.partition("=")
        if not equals or not label.strip():
            raise PicksError(f"expected --only COLUMN=VALUE, found {text!r}")
        pairs.append((label.strip(), value.strip()))
    return pairs


def chosen_rows(
    contents: Contents,
    names: Sequence[str],
    only: Sequence[tuple[str, str]],
    path: Path,
    *,
    may_be_none: bool = False,
) -> tuple[Contents, Sequence[str]]:
    """The rows that have, in each column of `only`, one of the values that it names for it.

    `names` are those of the tomograms, a row each.

    Raises
    ------
    PicksError
        No such column, or no row is left and there are no other files that may have some.
    """
    if not only:
        return contents, names
    wanted: dict[str, set[str]] = {}
    for label, value in only:
        wanted.setdefault(_column(label, contents.columns, path), set()).add(value)
    n_rows = len(next(iter(contents.columns.values()), []))
    fits = np.ones(n_rows, bool)
    for label, values in wanted.items():
        fits &= np.fromiter((text in values for text in contents.columns[label]), bool, n_rows)
    rows = np.flatnonzero(fits)
    if not len(rows) and not may_be_none:
        label, values = next(iter(wanted.items()))
        found = ", ".join(list(dict.fromkeys(contents.columns[label]))[:6])
        raise PicksError(
            f"expected picks whose {label} is {' or '.join(sorted(values))}, found none in {path}, "
            f"where it is {found}"
        )
    columns: StarTable = {label: chosen(texts, rows) for label, texts in contents.columns.items()}
    return replace(contents, columns=columns), chosen(names, rows)


def named_in(label: str, columns: StarTable, path: Path) -> Sequence[str]:
    """The names of the tomograms in the column `label`; "" in all for ``none``.

    Raises
    ------
    PicksError
        No such column, or a row without a name in it.
    """
    if label == NO_COLUMN and label not in columns:
        return [""] * len(next(iter(columns.values()), []))
    names = columns[_column(label, columns, path)]
    if "" in names:
        raise PicksError(
            f"expected a tomogram's name in column {label!r}, found none in row "
            f"{names.index('') + 1} of {path}"
        )
    return list(names)


def _column(label: str, columns: StarTable, path: Path) -> str:
    if label not in columns:
        raise PicksError(
            f"expected a column of {path}, found {label!r}{nearest(label, list(columns))}"
        )
    return label
