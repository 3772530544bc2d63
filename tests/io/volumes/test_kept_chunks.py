"""Chunks that are kept change nothing of what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryoal.errors import TomogramError
from cryoal.io.volumes.kept_chunks import Kept, KeptChunks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE, GRAIN = (7, 10, 9), (3, 4, 9)
VOXELS = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)


class Counted:
    """A volume in memory that counts what is read of it."""

    shape, dtype, voxel_spacing, level, notes = SHAPE, VOXELS.dtype, 1.0, None, ()

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_places: list[tuple[int, ...]] = []
        self.is_closed = False

    def read(self, start: Sequence[int], stop: Sequence[int]) -> NDArray[Any]:
        self.read_places.append(tuple(start))
        return VOXELS[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))].copy()

    def close(self) -> None:
        self.is_closed = True


@given(st.tuples(*(st.tuples(st.integers(0, n), st.integers(0, n)) for n in SHAPE)))
def test_any_box_is_that_of_the_volume(ends: tuple[tuple[int, int], ...]) -> None:
    start, stop = [min(pair) for pair in ends], [max(pair) for pair in ends]
    volume = KeptChunks(Counted(None), GRAIN, Kept(200))  # type: ignore[arg-type]
    expected = VOXELS[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    for _ in range(2):
        np.testing.assert_array_equal(volume.read(start, stop), expected)


def test_a_chunk_is_decoded_once_while_there_is_room(tmp_path: Path) -> None:
    under = Counted(tmp_path)
    kept = Kept(3 * 4 * 9 * 4 * 3)  # three chunks
    volume = KeptChunks(under, GRAIN, kept)  # type: ignore[arg-type]
    for _ in range(3):
        volume.read((0, 0, 0), (3, 8, 9))
    assert under.read_places == [(0, 0, 0), (0, 4, 0)]
    volume.read((3, 0, 0), (6, 8, 9))  # two more: the one that was read first goes
    volume.read((0, 4, 0), (1, 5, 1))
    assert len(under.read_places) == 4
    volume.read((0, 0, 0), (1, 1, 1))
    assert len(under.read_places) == 5


def test_volumes_share_the_room_and_forget_their_own(tmp_path: Path) -> None:
    kept, unders = Kept(1 << 20), [Counted(tmp_path), Counted(tmp_path)]
    one, other = (KeptChunks(under, GRAIN, kept) for under in unders)  # type: ignore[arg-type]
    one.read((0, 0, 0), (1, 1, 1))
    other.read((0, 0, 0), (1, 1, 1))
    one.close()
    assert unders[0].is_closed
    other.read((0, 0, 0), (1, 1, 1))
    assert len(unders[1].read_places) == 1


def test_a_box_outside_is_refused(tmp_path: Path) -> None:
    volume = KeptChunks(Counted(tmp_path), GRAIN, Kept(100))  # type: ignore[arg-type]
    with pytest.raises(TomogramError, match="expected a box inside"):
        volume.read((0, 0, 0), (8, 1, 1))
