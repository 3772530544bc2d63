from __future__ import annotations

import numpy as np
import pytest

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.entropy import Entropy
from cryoal.strategies.least_confidence import LeastConfidence
from cryoal.strategies.margin import Margin
from cryoal.strategies.power import Power, PowerEntropy, PowerLeastConfidence, PowerMargin
from cryoal.testing.strategy_contract import make_evidence

PAIRS = [(PowerEntropy, Entropy), (PowerMargin, Margin), (PowerLeastConfidence, LeastConfidence)]


@pytest.mark.parametrize(("power", "plain"), PAIRS)
def test_without_noise_it_is_the_top(
    power: type[Power], plain: type[Entropy | Margin | LeastConfidence]
) -> None:
    class Cold(power):  # type: ignore[misc, valid-type]
        beta = 1e9

    evidence = make_evidence(200)
    rng = np.random.default_rng(0)
    expected = plain().select(plain().score(evidence, rng), evidence, 50, rng)
    assert Cold().select(Cold().score(evidence, rng), evidence, 50, rng) == expected
    assert power().select(power().score(evidence, rng), evidence, 50, rng) != expected


def test_the_first_is_drawn_in_proportion_to_its_uncertainty() -> None:
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]])  # uncertainties 0.1, 0.2 and 0.5
    evidence = Evidence(["a", "b", "c"], {"log_posterior": np.log(p).astype(np.float32)})
    strategy, first = PowerLeastConfidence(), {"a": 0, "b": 0, "c": 0}
    for seed in range(4000):
        rng = np.random.default_rng(seed)
        first[strategy.select(strategy.score(evidence, rng), evidence, 1, rng)[0]] += 1
    # 500, 1000 and 2500 expected, standard deviations 21, 27 and 31
    assert abs(first["a"] - 500) < 4 * 21
    assert abs(first["b"] - 1000) < 4 * 27
    assert abs(first["c"] - 2500) < 4 * 31


def test_what_is_certain_comes_last() -> None:
    log_p = np.array([[0.0, -2e4], [-0.7, -0.7], [0.0, -2e4]], dtype=np.float32)
    evidence = Evidence(["a", "b", "c"], {"log_posterior": log_p})
    for seed in range(50):
        rng = np.random.default_rng(seed)
        assert PowerEntropy().select(PowerEntropy().score(evidence, rng), evidence, 1, rng) == ["b"]
