from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cryoal.study.differences import against, in_words


def test_p_values_are_holms_and_intervals_hold_at_once() -> None:
    random = dict(enumerate([0.50, 0.52, 0.55, 0.51]))
    high = dict(enumerate([0.60, 0.63, 0.64, 0.61]))
    low = dict(enumerate([0.49, 0.53, 0.50, 0.51]))
    found = against({"high": high, "random": random, "low": low}, "random")
    assert list(found) == ["high", "low"]
    tests = {s: stats.ttest_rel(list(v.values()), list(random.values()))
             for s, v in (("high", high), ("low", low))}  # fmt: skip
    assert found["high"].t == pytest.approx(tests["high"].statistic)
    assert found["high"].p == pytest.approx(2 * tests["high"].pvalue)
    assert found["low"].p == pytest.approx(tests["low"].pvalue)
    ends = tests["high"].confidence_interval(0.975)
    assert (found["high"].over.low, found["high"].over.high) == pytest.approx((ends.low, ends.high))
    assert [d.verdict for d in found.values()] == ["above", "not shown"]


def test_pairs_are_of_the_seeds_that_both_have() -> None:
    found = against({"random": {0: 0.5, 1: 0.6}, "a": {1: 0.7, 2: 0.9}, "b": {5: 0.1}}, "random")
    assert list(found) == ["a"]
    assert found["a"].over.mean == pytest.approx(0.1)
    assert (found["a"].over.n, found["a"].p, found["a"].verdict) == (1, None, "not shown")
    assert in_words(found) == ""
    assert against({"a": {0: 0.5}}, "random") == {}


def test_ties_and_differences_without_a_spread_show_nothing() -> None:
    random = {0: 0.5, 1: 0.6, 2: 0.9}
    same, shifted = dict(random), {seed: value + 0.25 for seed, value in random.items()}
    found = against({"random": random, "same": same, "shifted": shifted}, "random")
    assert [d.verdict for d in found.values()] == ["not shown", "not shown"]
    assert (found["same"].t, found["same"].p, found["same"].over.mean) == (None, None, 0)
    # the sign test of three, 1/4, twice
    assert (found["shifted"].p, found["shifted"].over.half) == (0.5, None)


@pytest.mark.parametrize("n_seeds", [3, 5, 10])
@pytest.mark.parametrize("n_strategies", [5, 20, 32])
def test_of_equal_strategies_somebody_stands_apart_in_few_studies(
    n_seeds: int, n_strategies: int
) -> None:
    rng = np.random.default_rng(100 * n_seeds + n_strategies)
    errors = outside = 0
    for _ in range(60):
        of_seed = rng.normal(0.8, 0.03, n_seeds)  # what a seed's labels do to all strategies
        values = of_seed + rng.normal(0, 0.02, (n_strategies, n_seeds))
        names = ["random", *(f"s{i}" for i in range(1, n_strategies))]
        found = against(
            {s: dict(enumerate(v.tolist())) for s, v in zip(names, values, strict=True)}, "random"
        )
        errors += any(d.verdict != "not shown" for d in found.values())
        outside += any(not d.over.low <= 0 <= d.over.high for d in found.values())  # type: ignore[operator]
    assert outside <= errors  # Bonferroni's intervals are no shorter than Holm's tests
    assert errors <= 8  # of 60; more than 8 with a true share of 5 %: once in 400
