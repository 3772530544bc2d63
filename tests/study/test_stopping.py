from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from benchmarks.compare import stopping
from cryoal.study.stopping import agreement, is_level, is_settled


def test_a_level_curve_is_one_whose_rise_is_shown_to_be_small() -> None:
    assert not is_level([0.8, 0.8, 0.8, 0.8], 400)  # four trainings tell nothing of noise
    assert is_level([0.8, 0.801, 0.8, 0.801, 0.8], 400)
    assert not is_level([0.8, 0.81, 0.82, 0.83, 0.84], 400)
    assert not is_level([0.80, 0.84, 0.79, 0.83, 0.80], 400)  # as it may be, by noise
    assert not is_level([0.8] * 5, 10)  # of ten boxes


def test_predictions_are_settled_when_labels_move_few_boxes() -> None:
    boxes = np.arange(200)
    still = [(boxes < 100).astype(np.int64)] * 5
    assert is_settled(still)
    assert not is_settled(still[:4])
    assert not is_settled([(boxes < 100 + 3 * k).astype(np.int64) for k in range(5)])
    assert not is_settled([*still[:4], np.zeros(200, np.int64)])  # failed, not settled
    assert not is_settled([])


@pytest.mark.parametrize("noise", list(stopping.NOISES))
def test_another_seed_alone_trips_no_rule(noise: str) -> None:
    rng = np.random.default_rng(0)
    before = false = 0
    for _ in range(20):
        accuracies, predicted, _ = stopping.study("rising", noise, rng)
        ends = range(5, len(accuracies) + 1)
        false += any(is_level(accuracies[:k], stopping.N_VALIDATION) for k in ends)
        false += any(is_settled(predicted[:k]) for k in ends)
        before += any(stopping.plateau(accuracies[:k]) for k in ends)
    assert false <= 2
    assert noise == "little" or before > 2


@pytest.mark.parametrize("noise", ["little", "much"])
def test_where_labels_change_nothing_more_a_rule_advises_to_stop(noise: str) -> None:
    rng = np.random.default_rng(1)
    advised = 0
    for _ in range(10):
        accuracies, predicted, _ = stopping.study("settled", noise, rng)
        advised += is_level(accuracies, stopping.N_VALIDATION) or is_settled(predicted)
    assert advised >= 6


@pytest.mark.parametrize("seed", range(5))
def test_agreement_is_cohens_kappa(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = rng.integers(4, size=50)
    other = np.where(rng.random(50) < 0.6, one, rng.integers(4, size=50))
    assert agreement(one, other) == pytest.approx(cohen_kappa_score(one, other))


def test_one_class_throughout_agrees() -> None:
    assert agreement(np.zeros(5, np.int64), np.zeros(5, np.int64)) == 1.0
