from __future__ import annotations

import numpy as np

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.knowledge_transfer import KnowledgeTransfer


def test_the_disagreement_of_the_student_with_its_teacher_is_the_score() -> None:
    teacher = np.log(np.array([[0.5, 0.5], [0.9, 0.1], [0.7, 0.3]], dtype=np.float32))
    student = np.log(np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]], dtype=np.float32))
    evidence = Evidence(
        ["a", "b", "c"], {"teacher_log_posterior": teacher, "student_log_posterior": student}
    )
    rng = np.random.default_rng(0)
    scores = KnowledgeTransfer().score(evidence, rng)
    np.testing.assert_allclose(scores, [0.5108, 0.3681, 0], atol=5e-5)
    assert KnowledgeTransfer().select(scores, evidence, 2, rng) == ["a", "b"]
