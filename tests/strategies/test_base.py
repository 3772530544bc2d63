from __future__ import annotations

import numpy as np
import pytest

from cryoal.errors import PoolError, UnknownNameError
from cryoal.strategies.base import make_strategy, top
from cryoal.strategies.knowledge_transfer import KnowledgeTransfer


def of_seeds(scores: list[float], keys: str, m: int) -> set[str]:
    """What 60 seeds choose."""
    values = np.array(scores, dtype=np.float32)
    return {"".join(top(values, list(keys), m, np.random.default_rng(k))) for k in range(60)}


def test_highest_first_and_equal_ones_in_an_order_that_is_drawn() -> None:
    found = of_seeds([0.5, 2.0, 0.5, 0.5, -1.0], "debca", 3)
    assert found == {"ebc", "ecb", "ebd", "edb", "ecd", "edc"}


def test_minus_zero_ties_with_zero_and_infinity_leads() -> None:
    assert of_seeds([-0.0, 0.0, np.inf], "baz", 3) == {"zab", "zba"}


def test_without_equal_scores_nothing_is_drawn() -> None:
    rng = np.random.default_rng(3)
    assert top(np.array([0.5, 2.0, -1.0]), ["d", "e", "a"], 3, rng) == ["e", "d", "a"]
    assert rng.random() == np.random.default_rng(3).random()


def test_the_draw_goes_with_the_key_and_not_with_the_place() -> None:
    keys = [f"{i:02d}" for i in range(20)]
    scores = np.repeat([1.0, 2.0], 10)
    forward = top(scores, keys, 15, np.random.default_rng(1))
    assert top(scores[::-1], keys[::-1], 15, np.random.default_rng(1)) == forward


def test_a_score_that_is_no_number_is_named() -> None:
    with pytest.raises(PoolError, match="found nan for TS_1/2"):
        top(np.array([1.0, np.nan]), ["TS_1/1", "TS_1/2"], 1, np.random.default_rng(0))


@pytest.mark.parametrize(("n_scores", "m"), [(3, 4), (2, 1), (3, -1)])
def test_too_many_keys_or_scores_missing_are_refused(n_scores: int, m: int) -> None:
    with pytest.raises(PoolError, match=f"expected {m} keys from 3 candidates"):
        top(np.zeros(n_scores), ["a", "b", "c"], m, np.random.default_rng(0))


def test_a_strategy_is_made_by_name() -> None:
    assert isinstance(make_strategy("knowledge-transfer"), KnowledgeTransfer)
    with pytest.raises(UnknownNameError, match="did you mean 'entropy'"):
        make_strategy("entropie")
