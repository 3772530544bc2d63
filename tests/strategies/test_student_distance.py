from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.base import make_strategy

RNG = np.random.default_rng(0)
P, Q = RNG.dirichlet(np.ones(5), size=(2, 40))
EVIDENCE = Evidence(
    [str(i) for i in range(40)],
    {
        "teacher_log_posterior": np.log(P).astype(np.float32),
        "student_log_posterior": np.log(Q).astype(np.float32),
        **{f"feature_{kind}": RNG.random(40, np.float32) for kind in ("attention", "mse", "l1")},
    },
)
EXPECTED = {
    "knowledge-transfer": rel_entr(P, Q).sum(axis=1),
    "student-teacher-kl": rel_entr(Q, P).sum(axis=1),
    "jensen-shannon": jensenshannon(P, Q, axis=1) ** 2,
    "posterior-mse": ((P - Q) ** 2).mean(axis=1),
    "posterior-l1": np.abs(P - Q).mean(axis=1),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_distances_of_posteriors_are_those_of_scipy(name: str) -> None:
    scores = make_strategy(name).score(EVIDENCE, np.random.default_rng(0))
    np.testing.assert_allclose(scores, EXPECTED[name], rtol=2e-4)


@pytest.mark.parametrize("kind", ["attention", "mse", "l1"])
def test_distances_of_features_are_taken_as_they_are(kind: str) -> None:
    scores = make_strategy(f"feature-{kind}").score(EVIDENCE, np.random.default_rng(0))
    np.testing.assert_array_equal(scores, EVIDENCE.values[f"feature_{kind}"])
