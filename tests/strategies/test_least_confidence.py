from __future__ import annotations

import numpy as np

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.least_confidence import LeastConfidence


def test_it_is_one_minus_the_largest_probability() -> None:
    p = np.array([[0.6, 0.1, 0.3], [0.4, 0.3, 0.3], [0.0, 1.0, 0.0]], dtype=np.float32)
    with np.errstate(divide="ignore"):
        evidence = Evidence(["a", "b", "c"], {"log_posterior": np.log(p)})
    scores = LeastConfidence().score(evidence, np.random.default_rng(0))
    np.testing.assert_allclose(scores, [0.4, 0.6, 0.0], atol=1e-6)
