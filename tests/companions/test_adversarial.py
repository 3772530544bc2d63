from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.companions.adversarial import (
    both_sides,
    mean_of_each,
    state_loss,
    steps_of_teacher,
    told_at_the_end,
)
from cryoal.errors import DivergedError
from cryoal.feed.loaders import TrainingBoxes
from cryoal.testing.array_pool import ArrayPool, blob_pool
from tests.companions.classroom import CPU, settings


class CountingPool(ArrayPool):
    """Remembers which boxes were read, and how many at once."""

    def __init__(self, boxes: np.ndarray) -> None:
        super().__init__(boxes)
        self.reads: list[np.ndarray] = []

    def read_normalised(self, index: np.ndarray) -> np.ndarray:
        self.reads.append(index)
        return super().read_normalised(index)


def test_both_sides_count_the_same() -> None:
    values = torch.tensor([1.0, 3.0, 10.0, 20.0, 30.0])
    assert mean_of_each(values, 2).item() == 22.0


def test_a_worked_example_of_the_state_loss() -> None:
    logits = torch.tensor([[0.0], [np.log(3.0)]])  # probabilities 1/2, 3/4
    states = torch.tensor([1.0, 0.25])
    # log 2 + (1/4 log 4/3 + 3/4 log 4) = 0.693147 + 0.071921 + 1.039721
    assert state_loss(logits, states, 1).item() == pytest.approx(1.804788, abs=1e-5)


def test_there_are_as_many_steps_as_the_teacher_took() -> None:
    config = settings("train.epochs=40", "train.batch_size=16")
    assert steps_of_teacher(100, config, 200) == 280  # 40 x 7
    assert steps_of_teacher(20, config, 200) == 200


def test_batches_hold_boxes_of_both_sides_and_the_pool_is_streamed() -> None:
    boxes = blob_pool(40)[0].read_normalised(np.arange(40))
    pool = CountingPool(boxes)
    labelled, unlabelled = np.arange(30, 40), np.arange(0, 30)
    known = TrainingBoxes(pool, labelled, CPU)
    pool.reads.clear()
    batches = list(
        both_sides(
            known, 10, pool, unlabelled, (1, 8, 8, 8), steps=50, batch_size=7, seed=0, device=CPU
        )
    )
    assert len(batches) == len(pool.reads) == 50
    seen: set[int] = set()
    for batch, read in zip(batches, pool.reads, strict=True):
        assert len(set(batch.rows.tolist())) == len(set(read.tolist())) == 7
        assert set(read.tolist()) <= set(unlabelled.tolist())
        expected = np.concatenate([boxes[labelled[batch.rows]], boxes[read]])[:, None]
        np.testing.assert_array_equal(batch.boxes.numpy(), expected)
        seen |= set(read.tolist())
    assert seen == set(unlabelled.tolist())


def test_few_boxes_of_one_side_make_a_smaller_batch() -> None:
    pool, _ = blob_pool(12)
    known = TrainingBoxes(pool, np.arange(3), CPU)
    (batch,) = both_sides(
        known, 3, pool, np.array([7]), (1, 8, 8, 8), steps=1, batch_size=16, seed=0, device=CPU
    )
    assert batch.boxes.shape == (4, 1, 8, 8, 8)
    assert sorted(batch.rows) == [0, 1, 2]


def test_a_loss_that_is_not_finite_is_named() -> None:
    assert told_at_the_end({"a": torch.tensor(3.0)}, 2) == {"a": 1.5}
    with pytest.raises(DivergedError, match="expected a finite b of 2 steps, found nan"):
        told_at_the_end({"a": torch.tensor(3.0), "b": torch.tensor(float("nan"))}, 2)
