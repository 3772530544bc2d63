from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy import stats

from cryoal.estimate.intervals import clopper_pearson, hypergeometric, wilson


def test_wilson_interval_is_that_of_the_textbook() -> None:
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(20, 20) == pytest.approx((1 - 0.1611, 1.0), abs=1e-4)


def test_clopper_pearson_is_scipys() -> None:
    for hits, n in [(0, 12), (3, 12), (12, 12), (59, 60), (1, 1)]:
        wanted = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
        low, high = clopper_pearson(hits, n)
        assert (float(low), float(high)) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_of_no_box_nothing_is_known() -> None:
    low, high = clopper_pearson(0, 0)
    assert (float(low), float(high)) == (0, 1)
    assert [int(x) for x in hypergeometric(0, 0, 7)] == [0, 7]


def by_enumeration(hits: int, n: int, size: int) -> tuple[int, int]:
    """Every total tried, with whole numbers."""

    def chance(at: range, total: int) -> float:
        return sum(comb(total, i) * comb(size - total, n - i) for i in at) / comb(size, n)

    kept = [
        total
        for total in range(hits, size - n + hits + 1)
        if chance(range(hits + 1), total) > 0.025 and chance(range(hits, n + 1), total) > 0.025
    ]
    return min(kept), max(kept)


def test_the_hypergeometric_interval_is_every_total_that_cannot_be_refused() -> None:
    found, wanted = [], []
    for size in (1, 2, 7, 23):
        for n in range(1, size + 1):
            for hits in range(n + 1):
                low, high = hypergeometric(hits, n, size)
                found.append((int(low), int(high)))
                wanted.append(by_enumeration(hits, n, size))
    assert found == wanted


def test_its_ends_are_where_scipys_tails_say() -> None:
    for hits, n, size in [(3, 60, 4000), (200, 300, 4000), (0, 20, 100_000), (119, 120, 130)]:
        low, high = (int(x) for x in hypergeometric(hits, n, size))
        under = stats.hypergeom(size, np.array([high, high + 1]), n).cdf(hits)
        assert under[0] > 0.025
        assert not under[1] > 0.025  # nan where a total is impossible
        over = stats.hypergeom(size, np.array([low, max(low - 1, 0)]), n).sf(hits - 1)
        assert over[0] > 0.025
        assert low == 0 or over[1] <= 0.025


def test_arrays_are_taken_one_by_one_and_all_boxes_leave_no_doubt() -> None:
    low, high = hypergeometric([[5, 3], [0, 9]], [[5, 3], [4, 9]], [[10, 3], [4, 12]])
    assert low.tolist() == [[7, 3], [0, 10]]  # of 12 with 9 hits: 1 / C(12, 9) = 0.005
    assert high.tolist() == [[10, 3], [0, 12]]


def test_it_is_no_wider_than_with_replacement_on_the_mean() -> None:
    hits = np.arange(61)
    low, high = hypergeometric(hits, 60, 1000)
    wide = np.subtract(*clopper_pearson(hits, 60)[::-1])
    assert ((high - low) / 1000).mean() < wide.mean()
