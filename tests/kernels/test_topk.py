from __future__ import annotations

import math

import pytest
import torch
from cryoal_kernels import StreamingTopK
from hypothesis import given, settings
from hypothesis import strategies as st

SCORES = st.one_of(
    st.sampled_from([0.0, -0.0, math.inf, -math.inf, 1.0]), st.floats(-5, 5, width=32)
)


@given(st.lists(SCORES, min_size=1, max_size=60), st.integers(1, 20), st.randoms())
@settings(max_examples=200, deadline=None)
def test_batches_and_their_order_do_not_matter(scores, k, random) -> None:  # type: ignore[no-untyped-def]
    rows = list(enumerate(scores))
    expected = sorted(rows, key=lambda row: (-row[1], row[0]))[:k]
    random.shuffle(rows)
    best = StreamingTopK(k)
    while rows:
        size = random.randint(1, len(rows))
        batch, rows = rows[:size], rows[size:]
        best.update(torch.tensor([s for _, s in batch]), torch.tensor([i for i, _ in batch]))
    values, ids = best.result()
    assert ids.tolist() == [i for i, _ in expected]
    assert values.tolist() == [s for _, s in expected]


def test_nan_ranks_last_and_is_told() -> None:
    best = StreamingTopK(3)
    best.update(torch.tensor([math.nan, -math.inf, 1.0]), torch.arange(3))
    with pytest.warns(UserWarning, match="1 of the scores are NaN"):
        values, ids = best.result()
    assert ids.tolist() == [2, 1, 0]
    assert values[2].isnan()


def test_nan_may_be_refused() -> None:
    best = StreamingTopK(3, nan_policy="raise")
    best.update(torch.tensor([math.nan]), torch.arange(1))
    with pytest.raises(ValueError, match="1 of the scores are NaN"):
        best.result()


def test_the_largest_ids_come_back() -> None:
    ids = torch.tensor([0, 2**31, 2**32 - 1])
    best = StreamingTopK(5)
    best.update(torch.tensor([-1.0, 3e38, 1e-45]), ids)
    assert best.result()[1].tolist() == [2**31, 2**32 - 1, 0]


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="found 0"):
        StreamingTopK(0)
    with pytest.raises(ValueError, match="found 'first'"):
        StreamingTopK(1, nan_policy="first")  # type: ignore[arg-type]
    best = StreamingTopK(1)
    with pytest.raises(ValueError, match=r"found \(2,\) and \(3,\)"):
        best.update(torch.zeros(2), torch.arange(3))
    with pytest.raises(TypeError, match=r"found torch.int32"):
        best.update(torch.zeros(2), torch.arange(2, dtype=torch.int32))
    best.update(torch.zeros(2), torch.tensor([1, 2**32]))
    with pytest.raises(ValueError, match="found 1 others"):
        best.result()
