from __future__ import annotations

import numpy as np

from cryoal.scoring.distances import disagreement


def test_it_runs_from_teacher_to_student() -> None:
    even, sure = (np.log(np.array([p], dtype=np.float32)) for p in ([0.5, 0.5], [0.9, 0.1]))
    np.testing.assert_allclose(disagreement(even, sure), [0.5108], atol=5e-5)
    np.testing.assert_allclose(disagreement(sure, even), [0.3681], atol=5e-5)


def test_it_takes_arrays_that_may_not_be_written_to() -> None:
    rows = np.log(np.full((3, 2), 0.5, dtype=np.float32))
    rows.setflags(write=False)
    scores = disagreement(rows, rows)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, np.zeros(3))
