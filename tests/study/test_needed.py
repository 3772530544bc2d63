from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cryoal.study.needed import labels_needed

Curve = list[tuple[float, float]]


def test_labels_and_their_interval_worked_by_hand() -> None:
    # 0.1 short at 100 labels, 0.10, 0.11, 0.12 over at 200: mean 0.11, deviation 0.01
    curves: list[Curve] = [[(100, 0.5), (200, 0.70 + k / 100)] for k in range(3)]
    found = labels_needed(curves, [0.6] * 3)
    assert found is not None
    assert found.labels == pytest.approx(100 + 100 * 0.1 / 0.21)
    # at a share x of the way: mean 0.21 x - 0.1, half 4.303 * 0.01 x / sqrt(3) = 0.02484 x
    assert found.high == pytest.approx(100 + 100 * 0.1 / (0.21 - 0.02484), abs=100 / 32)
    assert found.low == pytest.approx(100 + 100 * 0.1 / (0.21 + 0.02484), abs=100 / 32)
    assert (found.first, found.last, found.n) == (100, 200, 3)


def test_a_dip_between_budgets_is_fitted_away() -> None:
    curves: list[Curve] = [
        [(100, 0.50 + e), (200, 0.72 - e), (300, 0.68 + e), (400, 0.90 - e)] for e in (0, 0.001)
    ]
    found = labels_needed(curves, [0.71] * 2)
    assert found is not None
    assert found.labels is not None
    # 200 and 300 are one step of 0.7, from which 0.9 is reached at 400: 0.71 at 305
    assert found.labels == pytest.approx(305, abs=1)


def test_begun_above_and_never_there() -> None:
    curves: list[Curve] = [[(100, 0.5 + k / 1000), (200, 0.6 + k / 1000)] for k in range(4)]
    begun = labels_needed(curves, [0.4] * 4)
    assert begun is not None
    assert (begun.labels, begun.low, begun.high) == (100, 100, 100)
    never = labels_needed(curves, [0.9] * 4)
    assert never is not None
    assert (never.labels, never.low, never.high) == (None, 200, None)
    assert labels_needed(curves[:1], [0.4]) is None  # nothing is known of the noise
    assert labels_needed([[(1, 0.5)], [(1, 0.5)]], [0.4] * 2) is None
    with pytest.raises(ValueError, match="a target for each of 4 curves, found 1"):
        labels_needed(curves, [0.4])


def test_targets_of_each_seed_are_taken_seed_by_seed() -> None:
    levels = (0.3, 0.5, 0.7)  # seeds differ by far more than the curve rises
    curves: list[Curve] = [[(100, v), (200, v + 0.1 + v / 1000)] for v in levels]
    found = labels_needed(curves, [v + 0.05 for v in levels])
    assert found is not None
    assert found.labels == pytest.approx(150, abs=1)
    apart = labels_needed(curves, [0.55] * 3)
    assert apart is not None
    assert apart.labels is None


def test_seeds_with_other_budgets_are_compared_where_all_are() -> None:
    curves: list[Curve] = [[(90, 0.5), (190, 0.7)], [(100, 0.5), (200, 0.7)]]
    found = labels_needed(curves, [0.65] * 2)
    assert found is not None
    assert (found.first, found.last) == (100, 190)


def _curves(rng: np.random.Generator, truth: list[float], n_seeds: int) -> list[Curve]:
    return [
        [(100.0 * (i + 1), y + rng.normal(0, 0.015)) for i, y in enumerate(truth)]
        for _ in range(n_seeds)
    ]


@pytest.mark.parametrize("n_seeds", [3, 5, 10])
def test_a_flat_094_seldom_reaches_095(n_seeds: int) -> None:
    rng = np.random.default_rng(n_seeds)
    reached = 0
    for _ in range(400):
        found = labels_needed(_curves(rng, [0.94] * 6, n_seeds), [0.95] * n_seeds)
        assert found is not None
        reached += found.labels is not None
    assert reached / 400 <= 0.025


@pytest.mark.parametrize("n_seeds", [3, 10])
def test_the_interval_holds_the_true_number(n_seeds: int) -> None:
    rng = np.random.default_rng(n_seeds)
    held = told = 0
    for _ in range(300):
        truth = [0.7, 0.8, 0.86, 0.9, 0.93, 0.945]
        found = labels_needed(_curves(rng, truth, n_seeds), [0.85] * n_seeds)
        assert found is not None
        held += found.low <= 200 + 100 * 5 / 6 and (found.high is None or found.high >= 283)
        told += found.labels is not None
    assert held / 300 >= 0.93
    assert told / 300 > 0.9
    assert stats.binom.cdf(int(0.93 * 300), 300, 0.95) > 0.03  # what chance may take away
