from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cryoal.estimate.intervals import clopper_pearson, hypergeometric
from cryoal.estimate.strata import share_ends, total


def test_one_stratum_is_exact() -> None:
    found = total([5], [5], [10])
    assert [float(x) for x in found] == [10, 7, 10]


def test_from_one_large_stratum_the_ends_are_clopper_and_pearsons() -> None:
    for hits, n in [(0, 20), (3, 20), (20, 20), (57, 60)]:
        low, high = share_ends(np.array([hits]), np.array([n]), np.array([10**9]))
        wanted = clopper_pearson(hits, n)
        assert (float(low), float(high)) == pytest.approx([float(x) for x in wanted], abs=1e-6)


def test_a_box_stands_for_as_many_as_its_stratum_says() -> None:
    # 2 of 4 of 100, and 1 of 10 of 1000: 50 + 100
    assert float(total([2, 1], [4, 10], [100, 1000]).value) == 150


def test_the_upper_end_is_the_beta_with_one_weighted_box_added() -> None:
    # Strata of 10^6 and 3 x 10^6 boxes, 10 drawn of each: weights 1/4 and 3/4; no hit at all. What
    # is added weighs (1/4 x 1/40 + 3/4 x 3/40) = 1/16: mean (1/16) / (17/16) = 1/17; Beta(1, 16).
    low, high = share_ends(np.array([0, 0]), np.array([10, 10]), np.array([10**6, 3 * 10**6]))
    assert float(low) == 0
    assert float(high) == pytest.approx(stats.beta(1, 16).ppf(0.975), rel=1e-3)


def test_a_stratum_that_was_never_drawn_from_can_hold_no_hit_or_hits_alone() -> None:
    found = total([5, 0], [5, 0], [10, 30], [True, False])
    # the value takes them to be as the others; the ends take none, and all
    assert [float(x) for x in found] == [40, 7, 40]
    found = total([2, 0], [5, 0], [10, 30], [True, False])
    low, high = hypergeometric(2, 5, 10)
    assert [float(x) for x in found] == [16, float(low), float(high) + 30]


def test_without_any_draw_nothing_is_known() -> None:
    assert [float(x) for x in total([0, 0], [0, 0], [10, 30])] == [20, 0, 40]
    assert [float(x) for x in total([0], [0], [0])] == [0, 0, 0]


def test_where_there_is_no_stratum_there_is_no_box() -> None:
    span = total(*np.zeros((3, 2, 0)))
    assert [ends.tolist() for ends in span] == [[0, 0]] * 3


def test_a_part_that_chance_left_out_widens_less_than_a_stratum_never_drawn_from() -> None:
    by_chance = total([9, 0], [9, 0], [100, 20], [True, True])
    never = total([9, 0], [9, 0], [100, 20], [True, False])
    without = total([9], [9], [100])
    assert float(without.low) / 100 > float(by_chance.low) / 120 > float(never.low) / 120


def test_all_boxes_drawn_leave_no_doubt() -> None:
    assert [float(x) for x in total([3, 7], [5, 9], [5, 9])] == [10, 10, 10]


def test_two_boxes_that_agree_are_no_certainty() -> None:
    hits, drawn, size = [2, 0, 2, 2, 0], [2] * 5, [100] * 5
    found = total(hits, drawn, size)
    low, high = clopper_pearson(6, 10)
    assert float(found.low) / 500 < 0.35
    assert float(found.high) / 500 > 0.8
    assert float(found.high - found.low) / 500 > 0.75 * float(high - low)


def test_fewer_hits_than_were_found_are_never_told() -> None:
    found = total([[4, 1], [0, 2]], [[5, 3], [4, 9]], [[6, 4], [5, 10]])
    assert (found.low >= [5, 2]).all()
    assert (found.high <= [10 - 3, 15 - 11]).all()
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()


def test_rows_are_taken_one_by_one() -> None:
    rows = [([5, 0], [5, 0], [10, 0]), ([2, 1], [4, 10], [100, 1000]), ([0, 0], [0, 0], [3, 4])]
    together = total(*(np.array(part) for part in zip(*rows, strict=True)))
    for i, row in enumerate(rows):
        alone = total(*row)
        assert [float(x[i]) for x in together] == [float(x) for x in alone]
