"""What members of a classifier say by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.heads.base import NEVER
from cryoal.heads.choose import MOST_MEMBERS, fit_heads
from cryoal.heads.linear import Linear
from cryoal.heads.members import NO_VOTE, Member, Members, agreement

ROWS = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -2.0]], np.float32)


def member(weight: list[list[float]], columns: list[int], bias: list[float]) -> Member:
    return Member(Linear(np.array(weight), np.array(bias)), np.array(columns))


def test_each_member_votes_by_the_columns_that_it_sees() -> None:
    members = Members(
        [
            member([[1.0], [0.0]], [0], [0.0, 0.5]),  # 1 against .5, 0 against .5
            member([[0.0, -1.0], [0.0, 1.0]], [0, 2], [0.0, 0.0]),  # -2 against 2, 2 against -2
            member([[0.0], [9.0]], [1], [0.0, NEVER]),  # no label of the second class
        ]
    )
    assert members.votes(ROWS).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_columns_in_any_order_are_those_columns() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(20, 9)).astype(np.float32)
    columns = np.array([7, 8, 0, 1, 2, 5])
    head = Linear(rng.normal(size=(3, 6)), rng.normal(size=3))
    (told,) = Members([Member(head, columns)]).logits(rows)
    np.testing.assert_allclose(told, head.logits(rows[:, columns]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_member_that_diverged_has_no_vote_and_takes_none_from_others(bad: float) -> None:
    members = Members(
        [member([[1.0], [0.0]], [0], [0.0, 0.5])] * 2 + [member([[1.0], [0.0]], [0], [0.0, bad])]
    )
    votes = members.votes(ROWS)
    assert votes[:, 2].tolist() == [NO_VOTE, NO_VOTE]
    assert agreement(votes, np.array([0, 0])).tolist() == [1.0, 0.0]


def test_one_member_alone_agrees_with_nobody() -> None:
    found = agreement(np.array([[1, NO_VOTE], [1, 1]]), np.array([1, 1]))
    assert np.isnan(found[0])
    assert found[1] == 1.0


@pytest.mark.parametrize("together", [True, False])
def test_votes_are_those_of_the_discriminants_of_the_classifier(together: bool) -> None:
    rng = np.random.default_rng(1)
    classes = np.arange(30) % 3
    every = np.arange(90) % 3
    blocks = {
        name: (rng.normal(size=(90, 8)) + 3.0 * np.eye(3, 8)[every]).astype(np.float32)
        for name in ("shells", "harmonics", "wavelets", "mine")
    }
    heads = fit_heads(
        {name: rows[:30] for name, rows in blocks.items()},
        classes,
        3,
        mean_std={name: (rows.mean(axis=0), rows.std(axis=0)) for name, rows in blocks.items()},
        seed=0,
        unlabelled=blocks if together else None,
    )
    log_p, votes = heads.look(blocks)
    np.testing.assert_array_equal(log_p, heads.log_posterior(blocks))
    assert votes.shape == (90, len(heads.told["together"]) if together else MOST_MEMBERS)
    assert (votes == every[:, None]).mean() > 0.9
    assert agreement(votes, log_p.argmax(axis=1)).mean() > 0.9
