"""One class at one threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cryoal.estimate.at_threshold import AtThreshold
from cryoal.estimate.audit import estimates
from cryoal.estimate.cells import NOT_DRAWN, NOT_NAMED, Audited


def a_pool(seed: int, n: int = 600, n_strata: int = 3, n_audit: int = 60) -> tuple[Audited, ...]:
    """An audit of a pool, and the same with the truth of every box as its answer."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    posterior = rng.dirichlet([1.0, 1.0, 1.0], n) + 1.2 * np.eye(3)[truth] * rng.random((n, 1))
    posterior /= posterior.sum(axis=1, keepdims=True)
    known = rng.random(n) < 0.1
    drawn = np.zeros(n, bool)
    drawn[rng.choice(np.flatnonzero(~known), n_audit, replace=False)] = True
    predicted, probability = posterior.argmax(axis=1), posterior.max(axis=1)
    test = np.arange(known.sum()) % 4 == 0  # test keys come out with their prediction
    found = Audited(
        n_classes=3,
        predicted=predicted[~known],
        probability=probability[~known],
        stratum=rng.integers(0, n_strata, n)[~known],
        answer=np.where(drawn, truth, NOT_DRAWN)[~known],
        known=truth[known],
        known_out=np.where(test, predicted[known], truth[known]),
        known_probability=np.where(test, probability[known], 1.0),
    )
    return found, replace(found, answer=truth[~known])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("n_strata", [1, 3])
def test_precision_is_that_of_the_audit_at_the_same_threshold(seed: int, n_strata: int) -> None:
    audited, _ = a_pool(seed, n_strata=n_strata)
    answer = audited.answer.copy()
    answer[np.flatnonzero(answer >= 0)[::7]] = NOT_NAMED
    audited = replace(audited, answer=answer)
    steps = (0.4, 0.55, 0.7, 0.95)
    told = AtThreshold(audited)
    for row in estimates(audited, steps).thresholds:
        if row.of is not None:
            found = told.at(row.of, row.t)
            assert (found.out, found.precision) == (row.out, row.right)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_a_threshold_recall_is_that_of_the_audit(seed: int) -> None:
    audited, _ = a_pool(seed)
    told = AtThreshold(audited)
    for c, of in enumerate(estimates(audited).classes):
        found = told.at(c, 0.0)
        assert (found.out, found.precision, found.recall) == (of.out, of.precision, of.recall)


@pytest.mark.parametrize("p", [0.0, 0.45, 0.6, 0.8, 1.0])
def test_where_every_box_was_looked_at_recall_is_counted(p: float) -> None:
    _, whole = a_pool(4)
    told = AtThreshold(whole)
    for c in range(3):
        # all of them come out with the expert's class: only test keys can be lost
        right = sum(answer == c for answer in whole.answer.tolist())
        lost = 0
        for k, out, prob in zip(
            whole.known.tolist(), whole.known_out, whole.known_probability, strict=True
        ):
            right += k == c and out == c and prob >= p
            lost += k == c and not (out == c and prob >= p)
        found = told.at(c, p).recall
        assert found.value == pytest.approx(right / (right + lost), abs=1e-12)
        assert (found.low, found.high) == pytest.approx((found.value, found.value), abs=1e-9)


def test_three_boxes_by_hand() -> None:
    """20 boxes called A, ten with p 0.9 and ten with 0.5; five of each drawn: 5 and 2 are A's."""
    answer = np.full(20, NOT_DRAWN)
    answer[:5] = 0
    answer[10:15] = [0, 0, 1, 1, 1]
    audited = Audited(
        n_classes=2,
        predicted=np.zeros(20, np.int64),
        probability=np.repeat([0.9, 0.5], 10),
        stratum=np.zeros(20, np.int64),
        answer=answer,
        known=np.array([0]),
        known_out=np.array([0]),
        known_probability=np.array([1.0]),
    )
    found = AtThreshold(audited).at(0, 0.7)
    # out: ten less the five drawn, seven that an expert called A, one label
    assert found.out == 10 - 5 + 7 + 1
    assert found.precision.value == pytest.approx(1.0)
    # of the class: 10 above, 2 of 5 looked at below are 4, of which those two come out by name
    assert found.recall.value == pytest.approx((10 + 2 + 1) / (10 + 4 + 1))
    # none of the five that nobody looked at need be of the class: all of it may come out
    assert 0.6 < found.recall.low < 13 / 15
    assert found.recall.high == 1.0


def test_above_everything_only_what_experts_called_so_comes_out() -> None:
    audited, _ = a_pool(5)
    found = AtThreshold(audited).at(1, 1.0)
    experts = int((audited.answer == 1).sum()) + int(
        ((audited.known_out == 1) & (audited.known_probability >= 1)).sum()
    )
    assert found.out == experts
    assert found.precision.value == 1.0
    assert found.recall.value is not None
    assert 0 < found.recall.value < 0.5


def test_without_a_single_audit_box_nothing_is_claimed() -> None:
    audited, _ = a_pool(6)
    none = replace(audited, answer=np.full_like(audited.answer, NOT_DRAWN))
    found = AtThreshold(none).at(0, 0.6)
    assert found.recall.value is None
    assert found.precision.value is None
    assert found.recall.high - found.recall.low > 0.8  # labels and test keys alone are known


@pytest.mark.parametrize("n_strata", [1, 3])
def test_intervals_hold_the_truth_in_nineteen_of_twenty_pools(n_strata: int) -> None:
    held = np.zeros((2, 2))
    n_pools = 120
    for seed in range(n_pools):
        audited, whole = a_pool(100 + seed, n=400, n_strata=n_strata, n_audit=40)
        found = AtThreshold(audited).at(1, 0.55)
        truth = np.where(whole.answer == 1, 1, 0)
        out = (audited.predicted == 1) & (audited.probability >= 0.55)
        is_audit = audited.answer != NOT_DRAWN
        comes_out = np.where(is_audit, truth == 1, out)
        known_out = (audited.known_out == 1) & (audited.known_probability >= 0.55)
        known_right = int((known_out & (audited.known == 1)).sum())
        right = int(truth[comes_out].sum()) + known_right
        precision = right / (int(comes_out.sum()) + int(known_out.sum()))
        recall = right / (int(truth.sum()) + int((audited.known == 1).sum()))
        for at, (of, true) in enumerate([(found.precision, precision), (found.recall, recall)]):
            held[at] += of.low - 1e-9 <= true <= of.high + 1e-9, 1
    assert held[0, 0] >= 0.93 * n_pools
    assert held[1, 0] >= 0.93 * n_pools
