"""Of boxes that stay in their tomograms the check of each, by which it is known again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.checks import crc32c
from cryoal.data.arrays import read_plain, write_plain
from cryoal.data.shard_writer import ShardWriter

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.boxes import BoxWriter

__all__ = ["CHECKS_OF", "CheckWriter", "box_writer", "check_of", "read_checks"]

CHECKS_OF = {"boxes": "checks", "shown": "shown_checks"}
"""The array with the checks of boxes, by what theirs would be called."""


def box_writer(
    folder: Path, name: str, n_boxes: int, box: int, dtype: np.dtype[Any], *, lazy: bool
) -> BoxWriter:
    """What takes up to `n_boxes` boxes of the array `name` of a part in `folder`.

    Parameters
    ----------
    lazy
        Keep their checks alone.
    """
    if lazy:
        return CheckWriter(folder / CHECKS_OF[name], dtype)
    return ShardWriter(folder / name, n_boxes, box, dtype)


class CheckWriter:
    """Takes boxes in order, as a ShardWriter does, and writes four bytes of each to `path`."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.path = path
        self._dtype = dtype
        self._checks: list[int] = []

    def append(self, box: NDArray[Any]) -> None:
        """Take the next box, ``(b, b, b)``."""
        self.take(check_of(box.astype(self._dtype, copy=False)))

    def take(self, check: int) -> None:
        """Take the check of the next box, made where it was cut."""
        self._checks.append(check)

    def finish(self) -> None:
        """Write the checks of what was appended.

        Raises
        ------
        PoolError
            They cannot be written.
        """
        write_plain(self.path, np.array(self._checks, np.uint32))


def read_checks(path: Path, n_boxes: int) -> NDArray[np.uint32]:
    """The checks in `path`, of that many boxes.

    Raises
    ------
    PoolError
        Absent or damaged, or of another number of boxes.
    """
    return read_plain(path, n_boxes, np.dtype(np.uint32))


def check_of(box: NDArray[Any]) -> int:
    """CRC-32C of the voxels of a box, little-endian, x fastest."""
    plain = np.ascontiguousarray(box, box.dtype.newbyteorder("<"))
    return crc32c(plain.data)
