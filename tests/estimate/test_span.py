from __future__ import annotations

import numpy as np
import pytest

from cryoal.estimate.intervals import clopper_pearson
from cryoal.estimate.span import Span, share_of, sum_of


def span(value: float, low: float, high: float) -> Span:
    return Span(*(np.array(x, float) for x in (value, low, high)))


def test_the_ends_of_a_sum_add_like_errors_each_side_for_itself() -> None:
    # 10 - sqrt(3^2 + 4^2) = 5; 10 + sqrt(5^2 + 12^2) = 23
    found = sum_of(span(4, 1, 9), span(6, 2, 18))
    assert [float(x) for x in found] == [10, 5, 23]
    assert [float(x) for x in sum_of(span(4, 4, 4), span(6, 2, 18))] == [10, 6, 22]


def test_the_ends_of_a_share_are_where_its_difference_could_be_nothing() -> None:
    a, b = span(30, 22, 37), span(10, 6, 19)
    found = share_of(a, b)
    assert float(found.value) == 0.75
    low, high = float(found.low), float(found.high)
    # (1 - r) a - r b less the distance of its lower end, and plus that of its upper
    assert (1 - low) * 30 - low * 10 == pytest.approx(np.hypot((1 - low) * 8, low * 9))
    assert (1 - high) * 30 - high * 10 == pytest.approx(-np.hypot((1 - high) * 7, high * 4))
    assert 0 < low < 0.75 < high < 1


def test_a_share_of_known_numbers_is_known() -> None:
    assert [float(x) for x in share_of(span(3, 3, 3), span(1, 1, 1))] == [0.75] * 3
    assert [float(x) for x in share_of(span(3, 3, 3), span(0, 0, 0))] == [1] * 3


def test_of_a_share_of_nothing_known_nothing_is_known() -> None:
    found = share_of(span(0, 0, 9), span(0, 0, 4))
    assert np.isnan(found.value)
    assert (float(found.low), float(found.high)) == (0, 1)


def test_a_share_and_that_of_the_rest_are_one() -> None:
    a, b = span(5, 0, 9), span(0, 0, 7)
    one, other = share_of(a, b), share_of(b, a)
    assert float(one.low + other.high) == pytest.approx(1)
    assert float(one.high + other.low) == pytest.approx(1)


def test_it_is_about_clopper_and_pearson_where_both_parts_are_counts() -> None:
    # Counts of Poisson kind with their exact intervals, n at random: the share given n is binomial.
    from scipy.special import gammaincinv

    def poisson(k: int) -> Span:
        low = float(gammaincinv(k, 0.025)) if k else 0.0
        return span(k, low, float(gammaincinv(k + 1, 0.975)))

    for a, b in [(40, 10), (8, 2), (25, 0)]:
        found = share_of(poisson(a), poisson(b))
        low, high = clopper_pearson(a, a + b)
        assert float(found.low) == pytest.approx(float(low), abs=0.03)
        assert float(found.high) == pytest.approx(float(high), abs=0.03)
