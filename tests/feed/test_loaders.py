from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from cryoal.feed.loaders import TrainingBoxes, stream_boxes
from cryoal.testing.array_pool import ArrayPool

if TYPE_CHECKING:
    from numpy.typing import NDArray

CPU = torch.device("cpu")
BOXES = np.random.default_rng(0).standard_normal((10, 4, 4, 4)).astype(np.float32)


class Recording(ArrayPool):
    def __init__(self) -> None:
        super().__init__(BOXES)
        self.reads: list[list[int]] = []

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        if 9 in index:
            raise OSError("the disk is gone")
        self.reads.append(index.tolist())
        return super().read_normalised(index)


@pytest.mark.parametrize("keep", [0, 1 << 20])
def test_training_boxes_are_the_same_kept_or_read_again(keep: int) -> None:
    pool = Recording()
    boxes = TrainingBoxes(pool, np.array([5, 2, 7]), CPU, keep=keep)
    before = len(pool.reads)
    for rows in ([0, 1, 2], [2, 0], [1]):
        found = boxes[np.array(rows)]
        assert found.dtype == torch.float32
        np.testing.assert_array_equal(found[:, 0], BOXES[np.array([5, 2, 7])[rows]])
    assert len(pool.reads) - before == (3 if keep == 0 else 0)


def test_a_stream_gives_every_box_in_order_one_batch_ahead() -> None:
    pool = Recording()
    index = np.array([3, 1, 4, 1, 5, 2, 6])
    batches = stream_boxes(pool, index, 3, CPU)
    first = next(batches)
    rest = list(batches)
    assert [len(batch) for batch in (first, *rest)] == [3, 3, 1]
    np.testing.assert_array_equal(torch.cat([first, *rest])[:, 0], BOXES[index])
    assert pool.reads == [[3, 1, 4], [1, 5, 2], [6]]


def test_an_empty_stream_ends_at_once() -> None:
    assert list(stream_boxes(Recording(), np.array([], dtype=np.int64), 3, CPU)) == []


def test_a_failed_read_comes_out_where_the_batch_would_have() -> None:
    batches = stream_boxes(Recording(), np.array([0, 1, 9]), 2, CPU)
    assert len(next(batches)) == 2
    with pytest.raises(OSError, match="the disk is gone"):
        next(batches)


def test_a_stream_given_up_leaves_no_thread() -> None:
    batches = stream_boxes(Recording(), np.arange(8), 2, CPU)
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("cryoal-read")]


def test_batches_of_an_epoch_are_the_same_kept_and_read_ahead() -> None:
    pool = Recording()
    index = np.array([8, 1, 5, 3, 0])
    parts = [np.array([4, 0]), np.array([2, 1, 3])]
    kept = TrainingBoxes(pool, index, CPU)
    read = TrainingBoxes(pool, index, CPU, keep=0)
    for rows, one, other in zip(parts, kept.in_order(parts), read.in_order(parts), strict=True):
        assert torch.equal(one, other)
        assert torch.equal(one, kept[rows])
