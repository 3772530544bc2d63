from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cryoal.estimate.change import change_of_classes, change_of_values


def test_slope_and_bound_are_those_of_a_regression() -> None:
    values = np.random.default_rng(0).random(7)
    found = change_of_values(values.tolist(), steps=4)
    assert found is not None
    line = stats.linregress(np.arange(7), values)
    assert found.by == pytest.approx(4 * line.slope)
    assert found.at_most == pytest.approx(4 * (line.slope + stats.t.ppf(0.975, 5) * line.stderr))


def test_four_trainings_tell_nothing() -> None:
    assert change_of_values([0.5] * 4) is None
    assert change_of_classes(np.zeros((4, 10), int)) is None


def test_values_that_are_counted_scatter_by_their_grain_at_least() -> None:
    found = change_of_values([0.9] * 5, grain=0.1)  # ten boxes
    assert found is not None
    # 0.1 / sqrt(12) over the root of 10, times t(.975, 3) = 3.182 and three queries
    assert found.at_most == pytest.approx(3 * 3.182 * 0.1 / 12**0.5 / 10**0.5, rel=1e-3)
    assert found.by == pytest.approx(0)


def test_boxes_that_change_for_good_are_counted() -> None:
    boxes = np.arange(100)
    predicted = np.array([(boxes < 2 * k).astype(int) for k in range(6)])  # two a training
    found = change_of_classes(predicted)
    assert found is not None
    # disagreement grows by 0.02, no scatter; 10 of 100 boxes move: sqrt(0.1 * 0.06)
    assert found.by == pytest.approx((0.1 * 0.06) ** 0.5)
    assert found.at_most == pytest.approx(found.by)
    assert found.by >= 0.06  # never less than what truly changes


def test_what_another_seed_changes_is_no_change_but_hides_one() -> None:
    rng = np.random.default_rng(0)
    certain = rng.integers(0, 2, 2000)

    def trainings(share: float) -> np.ndarray:
        flips = (np.arange(2000) < 2000 * share) & (rng.random((8, 2000)) < 0.5)
        return np.where(flips, 1 - certain, certain)

    bounds = []
    for share in (0.02, 0.1, 0.4):
        found = change_of_classes(trainings(share))
        assert found is not None
        bounds.append(found.at_most)
    assert bounds[0] < 0.02 < bounds[2]
    assert bounds == sorted(bounds)
