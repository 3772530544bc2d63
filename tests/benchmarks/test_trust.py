"""What benchmarks of trust count."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.trust.alarms import auroc


def test_auroc_is_the_share_of_pairs_in_which_the_wrong_one_scores_higher() -> None:
    scores = np.array([3.0, 1.0, 2.0, 2.0, 0.0])
    wrong = np.array([True, False, True, False, False])
    assert auroc(scores, wrong) == pytest.approx((3 + 2.5) / 6)  # a tie is half a pair
    assert auroc(-scores, wrong) == pytest.approx(0.5 / 6)


@pytest.mark.parametrize("wrong", [[False, False], [True, True]])
def test_where_all_are_right_or_wrong_there_is_none(wrong: list[bool]) -> None:
    assert auroc(np.array([0.1, 0.2]), np.array(wrong)) is None
