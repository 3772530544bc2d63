from __future__ import annotations

import numpy as np
import pytest

from cryoal.estimate.several import each_level, holm


def test_holm_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.001, 0.9, 0.02]) == pytest.approx([1.0, 0.004, 1.0, 0.06])
    assert holm([0.2]) == [0.2]
    assert holm([]) == []
    with pytest.raises(ValueError, match=r"found \[1\.5\]"):
        holm([1.5])


def test_corrected_values_keep_their_order_and_are_no_smaller() -> None:
    p = np.random.default_rng(0).random(40) ** 4
    corrected = np.array(holm(p.tolist()))
    assert (corrected >= p).all()
    assert (corrected <= np.minimum(40 * p, 1)).all()  # never worse than Bonferroni
    assert (np.diff(corrected[np.argsort(p)]) >= 0).all()


def test_levels_of_intervals_that_hold_at_once_share_the_misses() -> None:
    assert each_level(0.95, 1) == pytest.approx(0.95)
    assert each_level(0.95, 31) == pytest.approx(1 - 0.05 / 31)
    assert each_level(0.95, 0) == pytest.approx(0.95)
