from __future__ import annotations

import numpy as np
import pytest

from cryoal.errors import PoolError, UnknownNameError
from cryoal.strategies.base import make_strategy, top
from cryoal.strategies.knowledge_transfer import KnowledgeTransfer


def test_highest_first_and_ties_by_key() -> None:
    scores = np.array([0.5, 2.0, 0.5, 0.5, -1.0], dtype=np.float32)
    assert top(scores, ["d", "e", "b", "c", "a"], 4) == ["e", "b", "c", "d"]


def test_minus_zero_ties_with_zero_and_infinity_leads() -> None:
    assert top(np.array([-0.0, 0.0, np.inf]), ["b", "a", "z"], 3) == ["z", "a", "b"]


def test_a_score_that_is_no_number_is_named() -> None:
    with pytest.raises(PoolError, match="found nan for TS_1/2"):
        top(np.array([1.0, np.nan]), ["TS_1/1", "TS_1/2"], 1)


@pytest.mark.parametrize(("n_scores", "m"), [(3, 4), (2, 1), (3, -1)])
def test_too_many_keys_or_scores_missing_are_refused(n_scores: int, m: int) -> None:
    with pytest.raises(PoolError, match=f"expected {m} keys from 3 candidates"):
        top(np.zeros(n_scores), ["a", "b", "c"], m)


def test_a_strategy_is_made_by_name() -> None:
    assert isinstance(make_strategy("knowledge-transfer"), KnowledgeTransfer)
    with pytest.raises(UnknownNameError, match="did you mean 'entropy'"):
        make_strategy("entropie")
