from __future__ import annotations

import numpy as np
import pytest

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.entropy import Entropy


def test_hand_worked_entropies() -> None:
    with np.errstate(divide="ignore"):
        log_p = np.log(np.array([[0.25] * 4, [1, 0, 0, 0], [0.5, 0.5, 0, 0]], dtype=np.float32))
    evidence = Evidence(["a", "b", "c"], {"log_posterior": log_p})
    scores = Entropy().score(evidence, np.random.default_rng(0))
    np.testing.assert_allclose(scores, [np.log(4), 0, np.log(2)], atol=1e-6)  # 0 log 0 = 0


def test_it_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    p = np.random.default_rng(0).dirichlet(np.full(5, 0.3), size=50)
    evidence = Evidence([str(i) for i in range(50)], {"log_posterior": np.log(p)})
    scores = Entropy().score(evidence, np.random.default_rng(0))
    np.testing.assert_allclose(scores, stats.entropy(p, axis=1), rtol=1e-12)
