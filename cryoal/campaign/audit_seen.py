"""Which boxes an audit was drawn from: a place in a list of strata for each box of the pool.

A million keys are 65 MB, and twice that with a dictionary over them. The pool has them already; so
an audit keeps them packed, for the day on which the pool is another, and works with rows.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.data.pool import Pool

__all__ = ["NONE", "Seen"]

NONE = -1
"""The place of a box that is in no stratum."""

SEPARATOR = "\0"
"""Between keys; no name of a file has it."""

STEP = 8192
"""Keys that are text at a time."""


class Seen:
    """Every box of the pool at the last draw, in its order then, and the stratum of each.

    Parameters
    ----------
    keys
        As :meth:`as_json` gives them.
    places
        ``(n,)`` int32: the place of each box's stratum, -1 where it is in none.

    Raises
    ------
    ValueError
        `keys` are damaged, or they are not as many as `places`.
    """

    def __init__(self, keys: str, places: NDArray[np.int32]) -> None:
        self._packed = keys
        self.places = places
        text = self._text()
        self._digest = hashlib.blake2b(text).digest()
        found = text.count(SEPARATOR.encode()) + 1 if text else 0
        if found != len(places):
            raise ValueError(f"{found} boxes with {len(places)} strata")
        self._of: tuple[Pool, NDArray[np.int32]] | None = None

    @classmethod
    def of(cls, keys: Sequence[str], places: NDArray[np.integer[Any]]) -> Seen:
        """Of the boxes `keys`, each in the stratum of that place."""
        return cls(_packed(SEPARATOR.join(keys).encode()), places.astype(np.int32))

    @classmethod
    def from_json(cls, facts: Any, n_strata: int) -> Seen:
        """What :meth:`as_json` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is damaged.
        """
        if facts.keys() != {"keys", "strata"}:
            raise ValueError(f"boxes with {', '.join(facts)}")
        places = np.frombuffer(_unpacked(facts["strata"]), "<i4").astype(np.int32)
        if len(places) and not NONE <= places.min() <= places.max() < n_strata:
            raise ValueError(f"a box in stratum {places.max()} of {n_strata}")
        return cls(facts["keys"], places)

    def as_json(self) -> dict[str, str]:
        """Two fields of text: deflated, in base64, the keys with NUL between and `places`."""
        return {"keys": self._packed, "strata": _packed(self.places.astype("<i4").tobytes())}

    @cached_property
    def n(self) -> int:
        """Boxes that are in a stratum."""
        return int(np.count_nonzero(self.places != NONE))

    def keys(self) -> list[str]:
        """Of all of them, in their order."""
        text = self._text()
        return text.decode().split(SEPARATOR) if text else []

    def in_pool(self, pool: Pool) -> NDArray[np.int32]:
        """The place of the stratum of each box of `pool`; -1 for a box that no draw has seen.

        Returns
        -------
        ndarray
            ``(len(pool),)`` int32, in pool order, not to be written to.
        """
        if self._of is None or self._of[0] is not pool:
            found = np.full(len(pool), NONE, np.int32)
            n = len(self.places)
            if n <= len(pool) and _digest(pool.keys[:n]) == self._digest:  # it has only grown
                found[:n] = self.places
            else:
                place = dict(zip(self.keys(), self.places.tolist(), strict=True))
                found[:] = np.fromiter(map(place.get, pool.keys, repeat(NONE)), np.int32)
            found.flags.writeable = False
            self._of = pool, found
        return self._of[1]

    def of_keys(self, keys: Sequence[str], pool: Pool | None) -> list[int]:
        """The place of the stratum of each of `keys`; -1 where it is in none.

        Also of a box that `pool` has no more: a part of it may be missing, or all of it (None).
        """
        rows = np.full(len(keys), NONE) if pool is None else pool.find(keys)
        is_there = rows >= 0
        found = np.full(len(keys), NONE)
        if pool is not None:
            found[is_there] = self.in_pool(pool)[rows[is_there]]
        if not is_there.all():
            lost = [keys[at] for at in np.flatnonzero(~is_there).tolist()]
            every, wanted = zip(self.keys(), self.places.tolist(), strict=True), {*lost}
            place = {key: at for key, at in every if key in wanted}
            found[~is_there] = [place.get(key, NONE) for key in lost]
        places: list[int] = found.tolist()
        return places

    def _text(self) -> bytes:
        return _unpacked(self._packed)


def _digest(keys: NDArray[np.object_]) -> bytes:
    """Of the keys with separators between, of which there is only a part at a time."""
    found = hashlib.blake2b()
    for start in range(0, len(keys), STEP):
        text = SEPARATOR.join(keys[start : start + STEP])
        found.update((SEPARATOR + text if start else text).encode())
    return found.digest()


def _packed(content: bytes) -> str:
    return b64encode(zlib.compress(content)).decode()


def _unpacked(text: str) -> bytes:
    try:
        return zlib.decompress(b64decode(text, validate=True))
    except zlib.error as error:
        raise ValueError(str(error)) from None
