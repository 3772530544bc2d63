from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from cryoal.scoring.evidence import Evidence
from cryoal.study.calibration import calibrated, temperature


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
def test_the_temperature_of_drawn_labels_comes_back(true: float) -> None:
    rng = np.random.default_rng(0)
    logits = 3 * rng.standard_normal((20_000, 5))
    p = np.exp(log_softmax(logits / true, axis=1))
    labels = (p.cumsum(1) < rng.random((20_000, 1))).sum(1)
    found = temperature(log_softmax(logits, axis=1).astype(np.float32), labels)
    assert found == pytest.approx(true, rel=0.05)


def test_it_is_the_minimum() -> None:
    rng = np.random.default_rng(1)
    log_p = log_softmax(2 * rng.standard_normal((200, 4)), axis=1)
    labels = rng.integers(4, size=200)

    def loss(log_t: float) -> float:
        scaled = log_softmax(log_p / np.exp(log_t), axis=1)
        return float(-scaled[np.arange(200), labels].mean())

    best = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    assert loss(np.log(temperature(log_p.astype(np.float32), labels))) <= best.fun + 1e-9


def test_calibrated_posteriors_are_posteriors_in_the_same_order() -> None:
    rng = np.random.default_rng(2)
    log_p = log_softmax(2 * rng.standard_normal((9, 4)), axis=1).astype(np.float32)
    evidence = Evidence([str(i) for i in range(9)], {"teacher_log_posterior": log_p})
    warm = calibrated(evidence, {"teacher_log_posterior": 2.0}).teacher_log_posterior
    np.testing.assert_allclose(np.exp(warm).sum(1), 1, rtol=1e-6)
    np.testing.assert_array_equal(warm.argsort(1), log_p.argsort(1))
    np.testing.assert_allclose(warm, log_softmax(log_p / 2, axis=1), rtol=1e-5)
