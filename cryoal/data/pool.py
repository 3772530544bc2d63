"""The pool: boxes with keys that never change, in an order that never changes."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.density import sign
from cryoal.data.key_index import KeyIndex
from cryoal.data.known_parts import known_parts
from cryoal.data.normalise import normalise
from cryoal.data.pick_columns import group_of_each, score_of_each
from cryoal.data.staging import missing_parts, part_paths
from cryoal.errors import DuplicateKeyError, PoolError, UnknownKeyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.known_parts import Known
    from cryoal.data.tomogram_record import TomogramRecord

__all__ = ["Pool"]


class Pool:
    """A read-only view of the boxes that have been added to a pool, in the order of adding.

    A later import does not show until the pool is opened again. Labels are never in a pool.

    Attributes
    ----------
    path
        Folder of the pool.
    parts
        One for each import.
    tomograms
        One record for each tomogram of each import, in the same order.
    box
        Edge of a box, voxels.
    voxel_spacing
        Angstrom.
    keys
        ``(n,)`` object array of str, in pool order.
    tomogram
        ``(n,)`` int32, index into `tomograms`.
    position_zyx_angstrom
        ``(n, 3)`` float64: where each particle is; 0 is the first voxel of its tomogram.
    coordinate_zyx_angstrom
        ``(n, 3)`` float64: the picks' coordinate alone, before the origin shift.
    inside_fraction
        ``(n,)`` float32, the share of each box that lies inside its tomogram.
    """

    def __init__(self, path: Path, known: Sequence[Known]) -> None:
        parts = [one.part for one in known]
        self.path = path
        self.parts = tuple(parts)
        self.box = parts[0].box
        self.voxel_spacing = parts[0].voxel_spacing
        self.tomograms: tuple[TomogramRecord, ...] = tuple(
            chain.from_iterable(part.tomograms for part in parts)
        )
        self.keys: NDArray[np.object_] = np.empty(parts[-1].stop, object)
        for one in known:
            self.keys[one.part.start : one.part.stop] = one.keys
        self.position_zyx_angstrom: NDArray[np.float64] = _join(known, "position_zyx_angstrom")
        self.coordinate_zyx_angstrom: NDArray[np.float64] = _join(known, "coordinate_zyx_angstrom")
        self.inside_fraction: NDArray[np.float32] = _join(known, "inside_fraction")
        self.tomogram: NDArray[np.int32] = _join(known, "tomogram")
        self.tomogram += np.repeat(
            np.cumsum([0, *(len(part.tomograms) for part in parts[:-1])], dtype=np.int32),
            [len(part) for part in parts],
        )
        self._start = np.array([part.start for part in parts])
        for one in known:
            if one.part.is_lazy:
                here = slice(one.part.start, one.part.stop)
                one.part.know(self.position_zyx_angstrom[here], np.array(one.numbers["tomogram"]))

    @classmethod
    def open(cls, path: Path) -> Pool:
        """The pool in `path`.

        Raises
        ------
        PoolError
            Absent, empty, damaged, or written by a newer cryoal.
        """
        known = known_parts(path)
        if not known:
            raise PoolError(f"expected a pool with boxes, found none in {path}")
        pool = cls(path, known)
        pool.require_one_of_each()
        return pool

    @staticmethod
    def exists(path: Path) -> bool:
        """Whether anything has been added to a pool in `path`."""
        return bool(part_paths(path))

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def source(self) -> NDArray[np.object_]:
        """What the set of picks is called that each box came with, ``(n,)`` object array of str."""
        names = np.array([part.source for part in self.parts], dtype=object)
        return np.repeat(names, [len(part) for part in self.parts])

    @cached_property
    def score(self) -> NDArray[np.float64]:
        """The picker's own score of each box, higher is better; NaN where it gave none."""
        return score_of_each(self)

    @cached_property
    def group(self) -> NDArray[np.int64]:
        """A number that boxes on one filament have in common; see ``group_of_each``."""
        return group_of_each(self)

    @property
    def tomogram_names(self) -> list[str]:
        """Name of each of `tomograms`; one that was added twice is named twice."""
        return [record.name for record in self.tomograms]

    def index(self, keys: Sequence[str]) -> NDArray[np.int64]:
        """Rows of `keys`, in their order.

        Raises
        ------
        UnknownKeyError
            Some are not in the pool; names the first and how many.
        """
        rows = self.find(keys)
        unknown = [keys[at] for at in np.flatnonzero(rows < 0).tolist()]
        if unknown:
            raise UnknownKeyError(
                f"expected keys of the pool, found {len(unknown)} of {len(keys)} that are not in "
                f"{self.path}, first {unknown[0]!r}{self.lacks()}"
            )
        return rows

    def find(self, keys: Sequence[str]) -> NDArray[np.int64]:
        """Rows of `keys`, in their order; -1 for those that are not in the pool."""
        return self._rows.rows(keys)

    def lacks(self) -> str:
        """What to say beside a key that is not there: which parts are missing, if any."""
        missing = missing_parts(self.path)
        return f" ({', '.join(missing)} of the pool is missing)" if missing else ""

    @property
    def n_lazy(self) -> int:
        """Boxes that stay in their tomograms."""
        return sum(len(part) for part in self.parts if part.is_lazy)

    def tomograms_gone(self) -> list[TomogramRecord]:
        """Tomograms that boxes are to be cut from, and that are nowhere where they may be."""
        lazy = {r.places: r for part in self.parts if part.is_lazy for r in part.tomograms}
        return [record for record in lazy.values() if not record.place().exists()]

    def require_tomograms(self) -> None:
        """Raise TomogramError where a box could not be cut, before hours of work; opens none."""
        for record in self.tomograms_gone()[:1]:
            record.open().close()

    def require_one_of_each(self) -> None:
        """Raise DuplicateKeyError unless every key is there once; names the parts."""
        if not (repeated := self._rows.repeated()):
            return
        second = repeated[0]
        first = int(self.find([self.keys[second]])[0])  # the last row of each key is known
        one, other = (
            self.parts[k].path
            for k in sorted(np.searchsorted(self._start, [first, second], side="right") - 1)
        )
        raise DuplicateKeyError(
            f"expected each key once, found {len(repeated)} twice, first "
            f"{self.keys[first]!r} in {one} and in {other}: is one a copy? Move it out of the pool"
        )

    def read(self, index: NDArray[np.integer[Any]]) -> NDArray[Any]:
        """Raw boxes ``(m, b, b, b)`` of rows `index`; axes z, y, x; any order, repeats allowed.

        The dtype is that of the tomograms; of several imports, the smallest that holds them all.

        Raises
        ------
        PoolError
            A row outside the pool, or a shard is missing or damaged.
        DamagedBoxError
            A box is not the one that was written; names it.
        """
        rows = np.asarray(index, np.int64)
        if rows.size and not 0 <= rows.min() <= rows.max() < len(self):
            raise PoolError(
                f"expected rows of a pool of {len(self)}, found {rows.min()} to {rows.max()}"
            )
        owner = np.searchsorted(self._start, rows, side="right") - 1
        touched = np.flatnonzero(np.bincount(owner)).tolist()
        dtype = np.result_type(*(self.parts[k].boxes.dtype for k in touched or [0]))
        out = np.empty((len(rows), self.box, self.box, self.box), dtype)
        for k in touched:
            part = self.parts[k]
            slots = np.flatnonzero(owner == k)
            here = rows[slots] - self._start[k]
            if part.boxes.dtype == dtype:
                part.read_into(out, slots, here)
            else:
                raw = np.empty((len(slots), *out.shape[1:]), part.boxes.dtype)
                part.read_into(raw, np.arange(len(slots)), here)
                out[slots] = raw
        return out

    def read_normalised(self, index: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Boxes as :meth:`read` gives them, float32, background 0, scatter 1, particles positive.

        That is (raw - center) / scale of their tomogram, times -1 where particles are dark, and
        within +-:data:`~cryoal.data.normalise.BOUND`.
        """
        tomogram = self.tomogram[np.asarray(index, np.int64)]
        return normalise(self.read(index), self._center[tomogram], self._factor[tomogram])

    def read_shown(self, index: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Boxes to look at, as :meth:`read_normalised` gives those to learn from.

        They are the same, but where an import came with volumes to look at.

        Raises
        ------
        PoolError
            As :meth:`read`.
        """
        rows = np.asarray(index, np.int64)
        owner = np.searchsorted(self._start, rows, side="right") - 1
        out = np.empty((len(rows), self.box, self.box, self.box), np.float32)
        for k in np.unique(owner).tolist():
            slots = np.flatnonzero(owner == k)
            shown = self.parts[k].shown
            if shown is None:
                out[slots] = self.read_normalised(rows[slots])
                continue
            raw = np.empty((len(slots), *out.shape[1:]), shown.dtype)
            shown.read_into(raw, np.arange(len(slots)), rows[slots] - self._start[k])
            records = [self.tomograms[t].shown for t in self.tomogram[rows[slots]]]
            center = np.array([0.0 if r is None else r.center for r in records])
            scale = np.array([1.0 if r is None else r.scale for r in records])
            signs = [sign(self.tomograms[t].density) for t in self.tomogram[rows[slots]]]
            out[slots] = normalise(raw, center, np.array(signs) / scale)
        return out

    @cached_property
    def _center(self) -> NDArray[np.float64]:
        return np.array([t.center for t in self.tomograms], np.float64)

    @cached_property
    def _factor(self) -> NDArray[np.float64]:
        return np.array([sign(t.density) / t.scale for t in self.tomograms], np.float64)

    @cached_property
    def _rows(self) -> KeyIndex:
        return KeyIndex(self.keys)


def _join(known: Sequence[Known], name: str) -> NDArray[Any]:
    return np.concatenate([one.numbers[name] for one in known])
