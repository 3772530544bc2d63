"""Boxes that stay in their tomograms, and are cut from them each time that they are read.

Of each box its CRC-32C was kept when it was added, four bytes for 128 KiB of 32^3 float32: what is
cut is the box that was added, to the bit, or it is said by name that it is not. A tomogram is known
by its fingerprint (size, and a digest of its head and of rows in the middle) when it is opened, and
that alone would miss voxels that changed elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.check_writer import check_of, read_checks
from cryoal.data.open_tomograms import OPEN
from cryoal.data.tomogram import Tomogram, laid_over, voxel_of
from cryoal.errors import DamagedBoxError, TomogramError
from cryoal.io.volumes.kept_chunks import KeptChunks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume

__all__ = ["LazyBoxes", "Origin"]

CUT_AT_ONCE = 64  # boxes: 8 MiB of 32^3 float32


@dataclass(frozen=True)
class Origin:
    """A volume that boxes are cut from."""

    record: TomogramRecord
    lies_over: TomogramRecord | None = None
    """The tomogram that positions are told in, where that is another one with the same voxels."""

    def positions(self, volume: Volume, position: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions in angstrom, in the frame of `volume`."""
        if self.lies_over is None:
            return position
        return laid_over(volume, self.lies_over.offset_zyx, position)


class LazyBoxes:
    """Boxes that are cut when asked for; nothing is read or opened before.

    Parameters
    ----------
    part
        Folder of the part that they belong to.
    origins
        A volume for each tomogram of the part.
    column
        Gives a column of the part by its name.
    checks
        Name of the one with their checks.
    """

    def __init__(
        self,
        part: Path,
        n_boxes: int,
        box: int,
        dtype: np.dtype[Any],
        origins: Sequence[Origin],
        column: Callable[[str], NDArray[Any]],
        checks: str,
    ) -> None:
        self.path, self.box, self.dtype = part / checks, box, dtype
        self._n_boxes, self._origins = n_boxes, tuple(origins)
        self._column = column
        self._where: tuple[NDArray[np.float64], NDArray[np.integer[Any]]] | None = None

    def __len__(self) -> int:
        return self._n_boxes

    def know(self, position: NDArray[np.float64], owner: NDArray[np.integer[Any]]) -> None:
        """Take what a pool has read anyway, of each box: where it is, and in which tomogram.

        Then nothing is left for TensorStore to read, which ends a process that was forked.
        """
        self._where = position, owner

    @property
    def where(self) -> tuple[NDArray[np.float64], NDArray[np.integer[Any]]]:
        """The same."""
        if self._where is None:
            self.know(self._column("position_zyx_angstrom"), self._column("tomogram"))
            assert self._where is not None
        return self._where

    @cached_property
    def _checks(self) -> NDArray[np.uint32]:
        return read_checks(self.path, self._n_boxes)

    def read_into(
        self, out: NDArray[Any], slots: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        """Cut box ``rows[i]`` to ``out[slots[i]]``, tomogram by tomogram; see :class:`Boxes`.

        Raises
        ------
        TomogramError
            A tomogram has moved, was changed or cannot be read.
        DamagedBoxError
            A box is not the one that was added.
        """
        owner = self.where[1][rows]
        for number in np.unique(owner).tolist():
            here = np.flatnonzero(owner == number)
            self._cut(self._origins[number], out, slots[here], rows[here])

    def _cut(
        self,
        origin: Origin,
        out: NDArray[Any],
        slots: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> None:
        record = origin.record
        with OPEN.use(record) as volume:
            where = origin.positions(volume, self.where[0][rows])
            order = _in_file_order(volume, where, self.box)
            tomogram = Tomogram(record.name, volume.path, volume)
            for start in range(0, len(order), CUT_AT_ONCE):
                these = order[start : start + CUT_AT_ONCE]
                try:
                    cut, _ = tomogram.cut(where[these], self.box, record.center)
                except (TomogramError, OSError) as error:
                    raise record.amiss(error) from error
                cut[~np.isfinite(cut)] = record.center  # where boxes were cut anew; else none is
                out[slots[these]] = cut
                self._compare(out, slots[these], rows[these], volume.path)

    def _compare(
        self,
        out: NDArray[Any],
        slots: NDArray[np.int64],
        rows: NDArray[np.int64],
        path: Path,
    ) -> None:
        for slot, row in zip(slots.tolist(), rows.tolist(), strict=True):
            if check_of(out[slot]) != int(self._checks[row]):
                raise DamagedBoxError(
                    f"expected box {row} as it was added, found other voxels in {path}", row, path
                )


def _in_file_order(volume: Volume, where: NDArray[np.float64], box: int) -> NDArray[np.int64]:
    """Which box to cut first: sections are read from the first on, and chunks one by one."""
    grain = volume.grain if isinstance(volume, KeptChunks) else (1, 1, 1)
    z, y, x = ((voxel_of(volume, where) - box // 2) // np.array(grain)).T
    return np.lexsort((x, y, z))
