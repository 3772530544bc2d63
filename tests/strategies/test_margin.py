from __future__ import annotations

import numpy as np

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.margin import Margin


def test_the_smallest_margin_scores_highest() -> None:
    p = np.array([[0.6, 0.1, 0.3], [0.45, 0.1, 0.45], [0.0, 1.0, 0.0]], dtype=np.float32)
    with np.errstate(divide="ignore"):
        evidence = Evidence(["a", "b", "c"], {"log_posterior": np.log(p)})
    scores = Margin().score(evidence, np.random.default_rng(0))
    np.testing.assert_allclose(scores, [-0.3, 0.0, -1.0], atol=1e-6)
