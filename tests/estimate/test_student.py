from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from cryoal.estimate.student import mean_interval, student_quantile, two_sided_p


@pytest.mark.parametrize("df", [1, 2, 4, 9, 60])
def test_quantiles_and_p_values_are_those_of_scipy(df: int) -> None:
    for probability in (0.001, 0.025, 0.5, 0.9, 0.975, 0.9992):
        found = student_quantile(probability, df)
        assert found == pytest.approx(stats.t.ppf(probability, df), rel=1e-9, abs=1e-12)
    for t in (-40.0, -2.0, 0.0, 0.3, 5.0):
        assert two_sided_p(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)


@pytest.mark.parametrize(("probability", "df"), [(0.0, 3), (1.0, 3), (0.5, 0)])
def test_no_quantile_beyond_the_ends(probability: float, df: float) -> None:
    with pytest.raises(ValueError, match="expected a probability"):
        student_quantile(probability, df)


def test_interval_worked_by_hand() -> None:
    # mean 0.6, deviation 0.1; t(.975, 2) = 4.303; 4.303 * 0.1 / sqrt(3) = 0.248
    found = mean_interval([0.6, 0.5, 0.7])
    assert (found.mean, found.n) == (pytest.approx(0.6), 3)
    assert (found.low, found.high) == pytest.approx((0.3516, 0.8484), abs=1e-4)
    assert found.half == pytest.approx(0.2484, abs=1e-4)


def test_order_does_not_matter_and_the_level_does() -> None:
    values = np.random.default_rng(1).random(7)
    assert mean_interval(values) == mean_interval(values[::-1])
    low, high = stats.t.interval(0.99, 6, values.mean(), stats.sem(values))
    found = mean_interval(values, level=0.99)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_single_value_has_no_interval_and_equal_values_have_one_of_no_width() -> None:
    only = mean_interval([0.3])
    assert (only.mean, only.low, only.high, only.half, only.n) == (0.3, None, None, None, 1)
    assert mean_interval([0.1] * 7).half == pytest.approx(0, abs=1e-15)
    with pytest.raises(ValueError, match="finite"):
        mean_interval([])
    with pytest.raises(ValueError, match="finite"):
        mean_interval([0.1, math.nan])


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_interval_holds_the_true_mean_as_often_as_it_says(n: int) -> None:
    rng = np.random.default_rng(n)
    found = [mean_interval(values) for values in rng.normal(0.8, 0.02, (1000, n))]
    covered = np.mean([f.low <= 0.8 <= f.high for f in found])  # type: ignore[operator]
    assert 0.93 < covered < 0.97  # deviation of 1,000 cases: 0.7 points
