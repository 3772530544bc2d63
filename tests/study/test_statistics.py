from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from cryoal.study.statistics import (
    area_under,
    paired_t_test,
    penalty_matrix,
    shared_range,
)


@pytest.mark.parametrize("n", [2, 3, 5, 25])
@pytest.mark.parametrize("shift", [0.0, 0.01, -1.0, 50.0])
def test_paired_t_test_is_that_of_scipy(n: int, shift: float) -> None:
    rng = np.random.default_rng(n)
    first = rng.normal(shift, 1, n)
    second = rng.normal(0, 0.3, n)
    found = paired_t_test(first.tolist(), second.tolist())
    expected = stats.ttest_rel(first, second)
    assert found is not None
    assert found[0] == pytest.approx(expected.statistic, rel=1e-12)
    assert found[1] == pytest.approx(expected.pvalue, rel=1e-9)


def test_ties_and_single_pairs_cannot_be_tested() -> None:
    assert paired_t_test([0.7, 0.8, 0.9], [0.7, 0.8, 0.9]) is None
    assert paired_t_test([0.7], [0.1]) is None
    assert paired_t_test([], []) is None
    with pytest.raises(ValueError, match="found 1 and 2"):
        paired_t_test([0.7], [0.7, 0.8])


def test_differences_without_a_spread_prove_no_more_than_their_signs() -> None:
    # 0.7 - 0.6 and 0.8 - 0.7 differ in the last digit; two like signs of two: 2 of 4 outcomes
    assert paired_t_test([0.7, 0.8], [0.6, 0.7]) == (math.inf, 0.5)
    assert paired_t_test([0.6, 0.7], [0.7, 0.8]) == (-math.inf, 0.5)
    assert paired_t_test([0.6] * 5, [0.7] * 5) == (-math.inf, 1 / 16)


def test_area_worked_by_hand() -> None:
    curve = [(100, 0.4), (200, 0.6), (400, 0.8)]
    # (100 * 0.5 + 200 * 0.7) / 300
    assert area_under(curve, 100, 400) == pytest.approx(190 / 300)
    # from 150 (0.5) to 300 (0.7): (50 * 0.55 + 100 * 0.65) / 150
    assert area_under(curve, 150, 300) == pytest.approx(92.5 / 150)
    assert area_under([(0, 1.0), (7, 1.0)], 0, 7) == pytest.approx(1.0)
    assert area_under([(100, 0.4), (100, 0.6), (200, 0.6)], 100, 200) <= 0.6


@pytest.mark.parametrize(
    ("curve", "low", "high"),
    [([], 0, 1), ([(1, 0.5), (2, 0.5)], 0, 2), ([(1, 0.5), (2, 0.5)], 1, 3), ([(1, 0.5)], 1, 1)],
)
def test_area_over_a_range_the_curve_lacks_is_refused(
    curve: list[tuple[float, float]], low: float, high: float
) -> None:
    with pytest.raises(ValueError, match="expected"):
        area_under(curve, low, high)
    with pytest.raises(ValueError, match="rising order, found"):
        area_under([(2, 0.5), (1, 0.5)], 1, 2)


def test_shared_range_is_what_every_curve_covers() -> None:
    curves = [[(100.0, 0.0), (400.0, 0.0)], [(150.0, 0.0), (200.0, 0.0), (500.0, 0.0)], []]
    assert shared_range(curves) == (150, 400)
    assert shared_range([[(100.0, 0.0)], [(100.0, 0.0), (200.0, 0.0)]]) is None
    assert shared_range([]) is None


def test_penalty_matrix_worked_by_hand() -> None:
    # cycle 1: b is 0.10, 0.11, 0.12 above a: t = 0.11 / (0.01 / sqrt 3) = 19, p = 0.003: a win
    # cycle 2: b is 0.10, -0.10, 0.12 above a: t = 0.04 / (0.1217 / sqrt 3) = 0.57: none
    a = {0: {1: 0.5, 2: 0.6}, 1: {1: 0.5, 2: 0.6}, 2: {1: 0.5, 2: 0.6}}
    b = {0: {1: 0.60, 2: 0.7}, 1: {1: 0.61, 2: 0.5}, 2: {1: 0.62, 2: 0.72}}
    matrix = penalty_matrix({"a": a, "b": b})
    assert matrix.names == ("a", "b")
    assert matrix.wins == ((None, 0.0), (0.5, None))
    assert (matrix.beats(0), matrix.beaten(0)) == (0.0, 0.5)
    assert (matrix.beats(1), matrix.beaten(1)) == (0.5, 0.0)
    # two tests: 2 * 0.003 is still below 0.05
    assert matrix.holds == ((False, False), (True, False))
    assert matrix.n_tests == 2
    # with three seeds p = 0.003 is not below 0.001
    assert penalty_matrix({"a": a, "b": b}, alpha=0.001).wins == ((None, 0.0), (0.0, None))


def test_strategy_that_wins_everywhere_beats_all_and_is_never_beaten() -> None:
    rng = np.random.default_rng(3)
    levels = {"poor": 0.5, "good": 0.9, "middling": 0.7}
    results = {
        name: {
            seed: {cycle: level + rng.normal(0, 0.01) for cycle in range(6)} for seed in range(5)
        }
        for name, level in levels.items()
    }
    matrix = penalty_matrix(results)
    assert [matrix.beats(i) for i in range(3)] == [0.0, 1.0, 0.5]
    assert [matrix.beaten(i) for i in range(3)] == [1.0, 0.0, 0.5]


def test_ties_win_nothing_and_untested_pairs_are_left_open() -> None:
    same = {seed: {1: 0.5 + seed / 10, 2: 0.7} for seed in range(4)}
    other_seeds = {7: {1: 0.9, 2: 0.9}, 8: {1: 0.9, 2: 0.9}}
    matrix = penalty_matrix({"a": same, "b": same, "c": other_seeds})
    assert matrix.wins == ((None, 0.0, None), (0.0, None, None), (None, None, None))
    assert matrix.beats(2) is None
    assert penalty_matrix({}).wins == ()


def test_seeds_are_paired_by_number_not_by_order() -> None:
    levels = {0: 0.1, 1: 0.5, 2: 0.9}
    a = {seed: {1: level} for seed, level in levels.items()}
    b = {seed: {1: levels[seed] + 0.01 + seed / 1000} for seed in (2, 0, 1)}
    assert penalty_matrix({"a": a, "b": b}).wins == ((None, 0.0), (1.0, None))


def test_of_many_tests_a_lone_win_does_not_hold() -> None:
    rng = np.random.default_rng(0)
    results = {
        f"s{i}": {seed: {c: rng.normal(0.8, 0.01) for c in range(4)} for seed in range(4)}
        for i in range(8)
    }
    matrix = penalty_matrix(results)
    assert matrix.n_tests == 8 * 7 / 2 * 4
    assert any(share for row in matrix.wins for share in row if share)  # 5 % of 112 tests
    assert not any(any(row) for row in matrix.holds)
    better = {seed: {c: 0.95 + rng.normal(0, 0.001) for c in range(4)} for seed in range(4)}
    matrix = penalty_matrix({"better": better} | results)
    assert sum(matrix.holds[0]) >= 4
    assert not any(row[0] for row in matrix.holds)
