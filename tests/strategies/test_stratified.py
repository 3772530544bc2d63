from __future__ import annotations

import numpy as np
import pytest

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.margin import Margin
from cryoal.strategies.stratified import StratifiedMargin, quotas


@pytest.mark.parametrize(
    ("sizes", "m", "expected"),
    [
        ([90, 0, 2, 20], 12, {2: 2, 3: 5, 0: 5}),
        ([90, 0, 2, 20], 112, {2: 2, 3: 20, 0: 90}),  # the whole pool
        ([90, 50, 20], 10, {2: 4, 1: 3, 0: 3}),  # what cannot be shared goes to the rarer
        ([9, 5, 2], 2, {2: 1, 1: 1, 0: 0}),
        ([7], 3, {0: 3}),
        ([0, 0], 0, {}),
    ],
)
def test_shares_are_equal_as_far_as_there_are_candidates(
    sizes: list[int], m: int, expected: dict[int, int]
) -> None:
    assert quotas(np.array(sizes), m, np.random.default_rng(0)) == expected


def test_of_equally_rare_classes_none_is_asked_first_every_time() -> None:
    first = {next(iter(quotas(np.array([9, 3, 3]), 1, np.random.default_rng(k)))) for k in range(9)}
    assert first == {1, 2}


def test_rare_predicted_classes_get_their_share_and_the_best_of_each_are_asked() -> None:
    rng = np.random.default_rng(0)
    predicted = np.repeat([0, 1, 2], [90, 8, 2])
    logits = 3 * np.eye(3)[predicted] + rng.uniform(size=(100, 3))
    log_p = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    keys = [f"{i:03d}" for i in rng.permutation(100)]
    evidence = Evidence(keys, {"log_posterior": log_p})
    scores = StratifiedMargin().score(evidence, rng)
    np.testing.assert_array_equal(scores, Margin().score(evidence, rng))
    query = StratifiedMargin().select(scores, evidence, 12, rng)
    rows = [keys.index(key) for key in query]
    assert np.bincount(predicted[rows]).tolist() == [5, 5, 2]
    for number in range(3):
        here = np.flatnonzero(predicted == number)
        best = set(here[np.argsort(-scores[here])][: [5, 5, 2][number]].tolist())
        assert {row for row in rows if predicted[row] == number} == best
    asked = scores[rows]
    assert (np.diff(asked) <= 0).all()  # the most informative first
