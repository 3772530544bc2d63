"""Which row a key is in, in a sixth of the memory of a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["KeyIndex"]

UNKNOWN = -1


class KeyIndex:
    """Rows of keys by their hashes, in order: 16 bytes a key.

    Of a key that is there more than once it knows the last row.

    Parameters
    ----------
    keys
        ``(n,)`` object array of str.
    """

    def __init__(self, keys: NDArray[np.object_]) -> None:
        self._keys = keys
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
        self._rows = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._rows]

    def __reduce__(self) -> tuple[type[KeyIndex], tuple[NDArray[np.object_]]]:
        return KeyIndex, (self._keys,)  # another process has other hashes

    def rows(self, keys: Sequence[str]) -> NDArray[np.int64]:
        """The row of each of `keys`; -1 where there is none."""
        found = np.full(len(keys), UNKNOWN, np.int64)
        if not len(self._keys):
            return found
        wanted = np.fromiter(map(hash, keys), np.int64, len(keys))
        places = np.searchsorted(self._hashes, wanted, side="right") - 1
        is_there = np.flatnonzero((places >= 0) & (self._hashes[places] == wanted))
        found[is_there] = rows = self._rows[places[is_there]]
        is_other = np.array(keys, object)[is_there] != self._keys[rows]
        for at in is_there[is_other].tolist():  # of the same hash
            found[at] = self._row(keys[at], int(places[at]))
        return found

    def repeated(self) -> list[int]:
        """Rows of keys that are there in a later row again, in order."""
        alike = np.flatnonzero(self._hashes[1:] == self._hashes[:-1])
        if not len(alike):  # as good as always
            return []
        runs = np.unique(self._rows[np.concatenate([alike, alike + 1])])
        last = {self._keys[row]: row for row in runs.tolist()}
        return [row for row in runs.tolist() if last[self._keys[row]] != row]

    def _row(self, key: str, place: int) -> int:
        """Of the keys with its hash, of which `place` is the last."""
        wanted = self._hashes[place]
        while place >= 0 and self._hashes[place] == wanted:
            row = int(self._rows[place])
            if self._keys[row] == key:
                return row
            place -= 1
        return UNKNOWN
