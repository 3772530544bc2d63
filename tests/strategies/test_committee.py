from __future__ import annotations

import numpy as np
from scipy.spatial import distance

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.committee import Committee


def score(p: list[list[list[float]]]) -> list[float]:
    with np.errstate(divide="ignore"):
        log_p = np.log(np.array(p, dtype=np.float32))
    evidence = Evidence([str(i) for i in range(len(p))], {"committee_log_posterior": log_p})
    return [float(x) for x in Committee().score(evidence, np.random.default_rng(0))]


def test_hand_worked_divergences() -> None:
    opposite = [[1.0, 0.0], [0.0, 1.0]]  # mean (1/2, 1/2): log 2 - 0
    agreed = [[0.3, 0.7], [0.3, 0.7]]
    # mean (5/8, 3/8): 0.6616 - (0 + 0.5623) / 2
    mixed = [[1.0, 0.0], [0.25, 0.75]]
    np.testing.assert_allclose(score([opposite, agreed, mixed]), [np.log(2), 0, 0.3804], atol=5e-5)


def test_it_agrees_with_scipy_for_two_members() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(4), size=(30, 2))
    expected = [distance.jensenshannon(a, b) ** 2 for a, b in p]
    np.testing.assert_allclose(score(p.tolist()), expected, atol=1e-6)
