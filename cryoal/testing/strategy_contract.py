"""What every acquisition strategy promises, as tests that any package can run on its own.

::

    from cryoal.testing.strategy_contract import StrategyContract

    class TestMyStrategy(StrategyContract):
        @pytest.fixture
        def strategy(self):
            return MyStrategy()

This module needs pytest, which cryoal itself does not.
"""

# ruff: noqa: D102  names of tests are sentences

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.scoring.evidence import FIELDS, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cryoal.strategies.base import Strategy

__all__ = ["StrategyContract", "make_evidence"]


def make_evidence(
    n: int,
    n_classes: int = 3,
    n_features: int = 4,
    *,
    seed: int = 0,
    fields: Iterable[str] = FIELDS,
) -> Evidence:
    """Evidence of `n` candidates drawn at random, in which nothing can be overwritten."""
    rng = np.random.default_rng(seed)
    keys = [f"TS_{i % 3:03d}/{i:06d}" for i in rng.permutation(n)]
    logits = 2.0 * rng.standard_normal((2, n, n_classes))
    teacher, student = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
    everything = {
        "teacher_log_posterior": teacher,
        "student_log_posterior": student,
        "embedding": rng.standard_normal((n, n_features)),
    }
    values = {field: everything[field].astype(np.float32) for field in fields}
    for array in values.values():
        array.setflags(write=False)
    return Evidence(keys, values)


def _reordered(evidence: Evidence, order: NDArray[np.int64]) -> Evidence:
    keys = [evidence.keys[i] for i in order]
    return Evidence(keys, {field: rows[order] for field, rows in evidence.values.items()})


def _query(strategy: Strategy, evidence: Evidence, m: int, seed: int = 7) -> list[str]:
    rng = np.random.default_rng(seed)
    return strategy.select(strategy.score(evidence, rng), evidence, m, rng)


class StrategyContract:
    """Subclass it and override the fixture `strategy`; every test is inherited."""

    @pytest.fixture
    def strategy(self) -> Strategy:
        """The strategy under test."""
        raise NotImplementedError("override the fixture `strategy`")

    def test_its_needs_are_fields_of_evidence(self, strategy: Strategy) -> None:
        assert strategy.needs <= set(FIELDS)
        assert strategy.name

    @pytest.mark.parametrize("n", [1, 2, 37])
    def test_there_is_one_finite_score_for_each_candidate(self, strategy: Strategy, n: int) -> None:
        evidence = make_evidence(n, fields=strategy.needs)
        scores = strategy.score(evidence, np.random.default_rng(0))
        assert scores.shape == (n,)
        assert np.issubdtype(scores.dtype, np.floating)
        assert np.isfinite(scores).all()

    def test_certain_posteriors_have_finite_scores(self, strategy: Strategy) -> None:
        certain = np.array([[0.0, -2e4, -2e4], [-2e4, 0.0, -2e4]], dtype=np.float32)
        values = {
            "teacher_log_posterior": certain,
            "student_log_posterior": certain[::-1].copy(),
            "embedding": np.zeros((2, 4), dtype=np.float32),
        }
        evidence = Evidence(["a", "b"], {field: values[field] for field in strategy.needs})
        assert np.isfinite(strategy.score(evidence, np.random.default_rng(0))).all()

    @pytest.mark.parametrize("m", [0, 1, 5, 37])
    def test_the_query_holds_m_different_candidates(self, strategy: Strategy, m: int) -> None:
        evidence = make_evidence(37, fields=strategy.needs)
        query = _query(strategy, evidence, m)
        assert len(query) == len(set(query)) == m
        assert set(query) <= set(evidence.keys)

    def test_more_than_there_are_is_refused(self, strategy: Strategy) -> None:
        with pytest.raises(ValueError, match="expected 6 keys from 5 candidates"):
            _query(strategy, make_evidence(5, fields=strategy.needs), 6)

    def test_same_seed_same_query(self, strategy: Strategy) -> None:
        evidence = make_evidence(37, fields=strategy.needs)
        assert _query(strategy, evidence, 9) == _query(strategy, evidence, 9)

    def test_the_order_of_candidates_does_not_matter(self, strategy: Strategy) -> None:
        evidence = make_evidence(37, fields=strategy.needs)
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(37)
            assert _query(strategy, _reordered(evidence, order), 9) == _query(strategy, evidence, 9)

    def test_equal_candidates_are_not_chosen_by_their_place(self, strategy: Strategy) -> None:
        one = make_evidence(1, fields=strategy.needs)
        keys = [f"TS_000/{i:06d}" for i in range(12)]
        values = {field: np.repeat(rows, 12, axis=0) for field, rows in one.values.items()}
        forward, backward = Evidence(keys, values), Evidence(keys[::-1], values)
        assert _query(strategy, forward, 4) == _query(strategy, backward, 4)

    def test_it_reads_only_what_it_needs(self, strategy: Strategy) -> None:
        little = _query(strategy, make_evidence(37, fields=strategy.needs), 9)
        assert little == _query(strategy, make_evidence(37), 9)

    def test_it_changes_neither_scores_nor_global_random_states(self, strategy: Strategy) -> None:
        evidence = make_evidence(37, fields=strategy.needs)
        before = np.random.get_state(legacy=False)  # noqa: NPY002
        rng = np.random.default_rng(0)
        scores = strategy.score(evidence, rng)
        kept = scores.copy()
        strategy.select(scores, evidence, 9, rng)
        np.testing.assert_array_equal(scores, kept)
        after = np.random.get_state(legacy=False)  # noqa: NPY002
        np.testing.assert_equal(after, before)
