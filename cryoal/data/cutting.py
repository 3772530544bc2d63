"""What tomograms are asked for when picks are added, here or elsewhere: statistics, and boxes."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.crew import spans_of
from cryoal.data.check_writer import check_of
from cryoal.data.density import contrast
from cryoal.data.normalise import is_beyond
from cryoal.data.statistics import BY_SCATTER, MAX_SAMPLE, Statistics
from cryoal.errors import TomogramError
from cryoal.io.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.given import Given
    from cryoal.data.sources import Source
    from cryoal.data.tomogram import Tomogram

__all__ = ["Cutting", "InTurn", "Measuring"]

SPAN_BYTES, SPAN_BOXES = 1 << 22, 1024
"""Of the boxes that are cut at once; a crew holds a few of that for each worker."""

MANY = 24
"""Tomograms that take 5 to 12 s to measure, where they are not small."""


class InTurn:
    """The tomograms of an import, of which the one that was asked for last is open.

    It is pickled closed, and each process opens (and unpacks) what it is asked for.
    """

    def __init__(self, sources: Sequence[Source], scratch: Path) -> None:
        self._sources = [source.without_picks() for source in sources]
        self._scratch = scratch.absolute()
        self._begin()

    @property
    def shapes(self) -> list[tuple[int, int, int]]:
        """Voxels of each along z, y, x."""
        return [source.shape for source in self._sources]

    @property
    def has_folders(self) -> bool:
        """Whether some are folders of chunks."""
        return any(source.path.is_dir() for source in self._sources)

    def _begin(self) -> None:
        self._lock = Lock()
        self._open: tuple[int, Tomogram] | None = None

    @contextmanager
    def use(self, number: int) -> Iterator[Tomogram]:
        """The tomogram of that number; one thread at a time.

        Raises
        ------
        TomogramError
            It cannot be read, or is not the one whose picks were placed.
        """
        with self._lock:
            if self._open is None or self._open[0] != number:
                self._close()
                self._open = number, self._opened(self._sources[number])
            yield self._open[1]

    def close(self) -> None:
        """Close what is open; an unpacked copy goes with it."""
        with self._lock:
            self._close()

    def _opened(self, source: Source) -> Tomogram:
        tomogram = source.open(self._scratch)
        try:
            found = fingerprint(tomogram.volume)
            if not found.is_of(source.file):
                raise TomogramError(
                    f"expected the tomogram {source.name} whose picks were checked "
                    f"({source.file}), found another one ({found}) in {source.path}"
                )
        except BaseException:
            tomogram.volume.close()
            raise
        return tomogram

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].volume.close()
            self._open = None

    def __del__(self) -> None:
        if self.__dict__.get("_open") is not None:  # on a worker nobody else ends it
            self._close()

    def __getstate__(self) -> dict[str, Any]:
        return {"_sources": self._sources, "_scratch": self._scratch}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()


class Measuring:
    """Work (:class:`cryoal.crew.Work`): :func:`robust_statistics` of each tomogram."""

    name = "measuring tomograms"

    def __init__(self, tomograms: InTurn, given: Sequence[Given | None]) -> None:
        self._tomograms, self._given = tomograms, given
        sizes = np.array([np.prod(shape) for shape in tomograms.shapes])
        self.pays_from = int(MANY / np.minimum(sizes / MAX_SAMPLE, 1).mean())
        """From so many tomograms on it takes longer than starting others does."""

    def of(self, start: int, stop: int) -> dict[str, NDArray[np.float64]]:
        """A number of each tomogram: center, scale, empty_share."""
        found = []
        for number in range(start, stop):
            with self._tomograms.use(number) as tomogram:
                one = tomogram.statistics(self._given[number])
            found.append((one.center, one.scale, one.empty_share))
        center, scale, empty_share = np.array(found, np.float64).T
        return {"center": center, "scale": scale, "empty_share": empty_share}

    def statistics(self, number: int, told: Mapping[str, NDArray[Any]]) -> Statistics:
        """The same of one tomogram, from what :meth:`of` told."""
        center, scale, share = (float(told[key][0]) for key in ("center", "scale", "empty_share"))
        given = self._given[number]
        return Statistics(center, scale, share, BY_SCATTER if given is None else given.name)


class Cutting:
    """Work (:class:`cryoal.crew.Work`): the box at each pick, and what is seen in it.

    Parameters
    ----------
    position
        Of the picks of each tomogram, ``(n, 3)`` z, y, x in angstrom; their rows follow each other.
    dtype
        Of the boxes, where their checks are asked for and no voxel is to travel.

    Attributes
    ----------
    used
        What the boxes of each tomogram are normalised by; known before they are cut.
    seconds
        By the clock, for cutting boxes in this process.
    is_light
        A box that lies in its file as it is takes less to cut than to send; one of chunks that are
        decoded takes several times as much.
    """

    name = "cutting boxes"

    def __init__(
        self,
        tomograms: InTurn,
        position: Sequence[NDArray[np.float64]],
        box: int,
        dtype: np.dtype[Any] | None = None,
    ) -> None:
        self._tomograms, self._position, self._box, self._dtype = tomograms, position, box, dtype
        self._first = np.cumsum([0, *map(len, position)])
        self.is_light = not tomograms.has_folders
        self.used: list[Statistics] = []
        self.seconds = 0.0

    def spans(self, number: int, n_bytes: int) -> list[tuple[int, int]]:
        """Rows of tomogram `number` that are cut together, where a voxel takes so many bytes."""
        step = min(max(1, SPAN_BYTES // (self._box**3 * n_bytes)), SPAN_BOXES)
        first = int(self._first[number])
        return [(first + a, first + b) for a, b in spans_of(len(self._position[number]), step)]

    def of(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Of each box the voxels or the check, and what is seen; rows of one tomogram.

        ``kept`` is the box in the tomogram's own numbers or its check, ``inside_fraction`` the
        share inside the tomogram, ``is_finite`` whether all voxels are finite; where they are,
        ``n_beyond`` counts those that are bounded, and ``contrast`` is that of :func:`contrast`.
        """
        number = int(np.searchsorted(self._first, start, side="right")) - 1
        first, used = int(self._first[number]), self.used[number]
        with self._tomograms.use(number) as tomogram:
            began = time.perf_counter()
            where = self._position[number][start - first : stop - first]
            boxes, inside = tomogram.cut(where, self._box, used.center)
            self.seconds += time.perf_counter() - began
        is_finite = np.isfinite(boxes).all(axis=(1, 2, 3))
        n_beyond, contrasts = np.zeros(len(boxes), np.int64), np.zeros(len(boxes))
        whole = boxes if is_finite.all() else boxes[is_finite]
        n_beyond[is_finite] = is_beyond(whole, used.center, used.scale).sum(axis=(1, 2, 3))
        contrasts[is_finite] = contrast(whole, used)
        return {
            "kept": boxes if self._dtype is None else self._checks(boxes, self._dtype),
            "inside_fraction": inside,
            "is_finite": is_finite,
            "n_beyond": n_beyond,
            "contrast": contrasts,
        }

    def _checks(self, boxes: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.uint32]:
        checks = [check_of(box.astype(dtype, copy=False)) for box in boxes]
        return np.array(checks, np.uint32)
