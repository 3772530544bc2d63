"""The class of each box that was classified, by its key, for looking around."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.campaign.table_columns import Columns

__all__ = ["LastClasses"]


class LastClasses(Mapping[str, tuple[str, float]]):
    """Class and its probability by key: as a dictionary, in a tenth of its memory."""

    def __init__(self, table: Columns, new_names: Mapping[str, str]) -> None:
        named = table.words["class"]
        self._keys = table.keys
        self._names = [new_names.get(name, name) for name in named.names]
        self._codes = named.codes
        self._certainty = np.ones(len(table.keys))
        is_sure = np.zeros(len(table.keys), np.bool_)
        if "decided_by" in table.words:
            by = table.words["decided_by"]
            is_sure = np.isin(by.codes, [c for c, who in enumerate(by.names) if who == "expert"])
        for code, name in enumerate(named.names):
            its = np.flatnonzero((named.codes == code) & ~is_sure)
            if name and len(its):
                self._certainty[its] = table.numbers[f"p_{name}"][its]
        self._has_one = np.array([name != "" for name in named.names], np.bool_)[named.codes]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {key: row for row, key in enumerate(self._keys)}

    def __getitem__(self, key: str) -> tuple[str, float]:
        row = self._rows[key]
        if not self._has_one[row]:
            raise KeyError(key)
        return self._names[self._codes[row]], float(self._certainty[row])

    def __iter__(self) -> Iterator[str]:
        return (self._keys[row] for row in np.flatnonzero(self._has_one).tolist())

    def __len__(self) -> int:
        return int(self._has_one.sum())
