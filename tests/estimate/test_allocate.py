from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cryoal.estimate.allocate import allocate


def test_rare_strata_get_a_quarter_of_an_even_share_and_the_rest_goes_by_size() -> None:
    # 60 over three: 20 each if even, a quarter of it is 5; 50 are left for the third
    assert allocate(60, [40, 80, 880]) == [5, 5, 50]
    # nobody under the floor: by size alone
    assert allocate(10, [300, 200, 500]) == [3, 2, 5]


def test_a_second_draw_makes_good_what_the_first_left_out() -> None:
    assert allocate(60, [40, 80, 880], drawn=[0, 0, 60]) == [10, 10, 40]


def test_a_stratum_without_boxes_gets_none_and_a_small_one_no_more_than_it_has() -> None:
    assert allocate(5, [0, 0]) == [0, 0]
    assert allocate(40, [1, 0, 1000]) == [1, 0, 39]


@given(
    st.integers(0, 300),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=6),
)
def test_as_many_as_asked_are_drawn_and_never_more_than_are_left(
    n: int, strata: list[tuple[int, int]]
) -> None:
    sizes = [max(pair) for pair in strata]
    drawn = [min(pair) for pair in strata]
    left = [size - had for size, had in zip(sizes, drawn, strict=True)]
    new = allocate(n, sizes, drawn)
    assert sum(new) == min(n, sum(left))
    assert all(0 <= count <= most for count, most in zip(new, left, strict=True))
