from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryoal.config import TrainConfig
from cryoal.training.schedule import batches, learning_rate


def test_the_rate_of_the_paper_falls_at_epoch_80() -> None:
    train = TrainConfig(epochs=100, learning_rate=0.1, decay_at=(0.8,), decay=0.1)
    rates = [learning_rate(train, epoch) for epoch in (0, 79, 80, 99)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01])


def test_several_steps_and_none() -> None:
    train = TrainConfig(epochs=10, learning_rate=1.0, decay_at=(0.7, 0.3), decay=0.5)
    rates = [learning_rate(train, epoch) for epoch in range(10)]
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    flat = TrainConfig(epochs=5, learning_rate=0.1, decay_at=())
    assert {learning_rate(flat, epoch) for epoch in range(5)} == {0.1}


@given(st.integers(2, 300), st.integers(2, 40))
def test_batches_hold_every_row_once_and_never_one_row(n: int, batch_size: int) -> None:
    parts = batches(n, batch_size, np.random.default_rng(0))
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))
    sizes = [len(part) for part in parts]
    assert min(sizes) >= 2
    assert max(sizes) <= max(batch_size, 3)
    assert max(sizes) - min(sizes) <= 1


def test_a_tail_of_one_is_spread() -> None:
    sizes = [len(part) for part in batches(17, 16, np.random.default_rng(0))]
    assert sizes == [9, 8]
