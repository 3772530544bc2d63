from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from cryoal.study.stopping import agreement, is_plateau, is_stable


def test_a_plateau_is_three_cycles_without_a_gain() -> None:
    assert not is_plateau([0.5, 0.6, 0.7])
    assert not is_plateau([0.5, 0.6, 0.7, 0.8])
    assert is_plateau([0.8, 0.8, 0.802, 0.799])
    assert not is_plateau([0.8, 0.7, 0.806, 0.7])


def test_predictions_are_stable_when_three_models_agree() -> None:
    assert not is_stable([1.0, 1.0])
    assert is_stable([0.5, 0.99, 0.99, 0.99])
    assert not is_stable([0.99, 0.99, 0.98])


@pytest.mark.parametrize("seed", range(5))
def test_agreement_is_cohens_kappa(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = rng.integers(4, size=50)
    other = np.where(rng.random(50) < 0.6, one, rng.integers(4, size=50))
    assert agreement(one, other) == pytest.approx(cohen_kappa_score(one, other))


def test_one_class_throughout_agrees() -> None:
    assert agreement(np.zeros(5, np.int64), np.zeros(5, np.int64)) == 1.0
