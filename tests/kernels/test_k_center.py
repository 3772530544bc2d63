from __future__ import annotations

import math

import pytest
import torch
from cryoal_kernels import greedy_k_center


def literally(rows: list[list[float]], k: int, centers: list[list[float]]) -> list[int]:
    chosen: list[int] = []
    for _ in range(k):
        known = centers + [rows[i] for i in chosen]
        free = [i for i in range(len(rows)) if i not in chosen]

        def distance(i: int, known: list[list[float]] = known) -> float:
            return min((math.dist(rows[i], c) for c in known), default=math.inf)

        chosen.append(max(free, key=lambda i: (distance(i), -i)))
    return chosen


@pytest.mark.parametrize("n_features", [1, 3, 40, 300])
@pytest.mark.parametrize("n_centers", [0, 1, 4])
def test_each_choice_is_the_farthest_from_all_before(n_features: int, n_centers: int) -> None:
    generator = torch.Generator().manual_seed(n_features)
    rows = torch.randn(70, n_features, generator=generator, dtype=torch.float64)
    centers = torch.randn(n_centers, n_features, generator=generator, dtype=torch.float64)
    found = greedy_k_center(rows, 12, centers=centers)
    assert found.dtype == torch.int64
    assert found.tolist() == literally(rows.tolist(), 12, centers.tolist())


def test_ties_go_to_the_first_row_and_no_row_comes_twice() -> None:
    rows = torch.tensor([[0.0], [2.0], [-2.0], [0.0], [2.0]])
    assert greedy_k_center(rows, 5).tolist() == [0, 1, 2, 3, 4]


def test_rows_with_nan_come_last() -> None:
    rows = torch.tensor([[0.0], [math.nan], [3.0], [1.0]])
    found = greedy_k_center(rows, 4, centers=torch.tensor([[0.5]]))
    assert found.tolist()[:1] == [2]
    assert sorted(found.tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_any_dtype_and_strides(dtype: torch.dtype) -> None:
    rows = (4 * torch.randn(20, 30, generator=torch.Generator().manual_seed(2))).to(dtype).T
    expected = literally(rows.double().tolist(), 8, [])
    assert greedy_k_center(rows, 8).tolist() == expected


def test_nothing_chosen() -> None:
    assert greedy_k_center(torch.zeros(3, 2), 0).shape == (0,)


def test_wrong_arguments_are_refused() -> None:
    rows = torch.zeros(5, 3)
    with pytest.raises(ValueError, match=r"k in 0 \.\. 5, found 6"):
        greedy_k_center(rows, 6)
    with pytest.raises(ValueError, match=r"centers \(m, 3\), found shape \(1, 2\)"):
        greedy_k_center(rows, 1, centers=torch.zeros(1, 2))
    with pytest.raises(ValueError, match=r"features \(n, f\), found shape \(5,\)"):
        greedy_k_center(rows[:, 0], 1)
