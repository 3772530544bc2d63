from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from cryoal.review.kappa import cohen_kappa, fleiss_kappa

# The usual worked example: ten subjects, 14 raters, 5 categories; kappa .210
WORKED = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2))
def test_cohens_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    ours = cohen_kappa(pairs)
    if len({*map(tuple, pairs)}) == 1 and pairs[0][0] == pairs[0][1]:
        assert ours is None
        return
    first, second = zip(*pairs, strict=True)
    assert ours == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


@pytest.mark.parametrize("pairs", [[], [("a", "b")], [("a", "a")]])
def test_nothing_and_one_box_have_no_kappa(pairs: list[tuple[str, str]]) -> None:
    assert cohen_kappa(pairs) is None
    assert fleiss_kappa(pairs) is None
    assert cohen_kappa([*pairs, ("a", "a"), ("b", "b")]) is not None


def test_fleiss_kappa_of_the_worked_example() -> None:
    votes = [[str(c) for c, n in enumerate(row) for _ in range(n)] for row in WORKED]
    # mean P_i = .378, sum p_j^2 = .213; (.378 - .213) / (1 - .213) = .210
    assert fleiss_kappa(votes) == pytest.approx(0.210, abs=5e-4)


def test_boxes_with_one_vote_say_nothing() -> None:
    votes = [["a", "a"], ["a", "b"], ["b", "b", "b"]]
    # P = 1, 0, 1; p_a = 3/7, p_b = 4/7: p_e = 25/49; (2/3 - 25/49) / (24/49) = .319444
    assert fleiss_kappa(votes) == pytest.approx(0.3194444, abs=1e-6)
    assert fleiss_kappa([*votes, ["a"], []]) == fleiss_kappa(votes)
    assert fleiss_kappa([["a"]]) is None
    assert fleiss_kappa([["a", "a"]]) is None


@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 2), min_size=2))
def test_fleiss_of_two_is_scotts_pi(pairs: list[tuple[str, str]]) -> None:
    both = [name for pair in pairs for name in pair]
    by_chance = sum((both.count(name) / len(both)) ** 2 for name in set(both))
    if by_chance == 1:
        assert fleiss_kappa(pairs) is None
        return
    observed = sum(a == b for a, b in pairs) / len(pairs)
    assert fleiss_kappa(pairs) == pytest.approx((observed - by_chance) / (1 - by_chance))
