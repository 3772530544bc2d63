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

from cryoal.scoring.evidence import Evidence, Head
from cryoal.scoring.fields import all_fields, is_context, not_given

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from numpy.typing import NDArray

    from cryoal.strategies.base import Strategy

__all__ = ["StrategyContract", "make_evidence"]

CONTEXT = frozenset({"head", "labelled_embedding", "labelled_appearance", "labelled_class"})
EVERYTHING = frozenset({*all_fields(), *CONTEXT})
CLASSIFICATION = EVERYTHING - {*not_given(EVERYTHING, "classification")}
SEGMENTATION = EVERYTHING - {*not_given(EVERYTHING, "segmentation")}
COLD = frozenset({"appearance", "labelled_appearance", "labelled_class"})

DENSE = {
    "dense_entropy": np.log(3),
    "dense_margin": 1.0,
    "dense_confidence": 1.0,
    "dense_disagreement": 0.1,
    "dense_committee": np.log(3),
}
"""Means over the pixels of an image, and what they are at most."""

DRAWS = 100
"""Queries over which something should happen about equally often."""


def make_evidence(
    n: int,
    n_classes: int = 3,
    n_features: int = 4,
    *,
    seed: int = 0,
    fields: Iterable[str] = CLASSIFICATION,
    n_labelled: int = 6,
    missing: int | None = None,
) -> Evidence:
    """Evidence of `n` candidates drawn at random, in which nothing can be overwritten.

    `fields` may name fields and context; the numbers do not depend on which. By default they are
    all that a classification gives: no evidence holds what a segmentation alone gives too. The
    teacher's posterior is that of its embedding and head, and it is the first member of the
    committee. No labelled box is of the class `missing`.
    """
    rng = np.random.default_rng(seed)
    keys = [f"TS_{i % 3:03d}/{i:06d}" for i in rng.permutation(n)]
    head = Head(_fixed(rng.standard_normal((n_classes, n_features))), _fixed(np.zeros(n_classes)))
    embedding = rng.standard_normal((n, n_features))
    labelled = rng.integers(n_classes, size=n_labelled)
    others = [number for number in range(n_classes) if number != missing]
    everything = {
        "log_posterior": _log_softmax(embedding @ head.weight.T),
        "embedding": embedding,
        "gradient_norm": rng.exponential(size=n),
        "appearance": rng.standard_normal((n, n_features + 1)),
        "student_log_posterior": _log_softmax(2.0 * rng.standard_normal((n, n_classes))),
        "predicted_loss": rng.standard_normal(n),
        "vaal_labelled": rng.uniform(size=n),
        "sraal_unlabelled": rng.uniform(size=n),
        "labelled_embedding": rng.standard_normal((n_labelled, n_features)),
        "labelled_appearance": rng.standard_normal((n_labelled, n_features + 1)),
    }
    for name in ("feature_attention", "feature_mse", "feature_l1"):
        everything[name] = rng.exponential(size=n)
    for name in ("teacher_log_posterior", "averaged_log_posterior"):
        everything[name] = everything["log_posterior"]
    members = [everything["teacher_log_posterior"]]
    members += [_log_softmax(rng.standard_normal((n, n_classes))) for _ in range(2)]
    everything["committee_log_posterior"] = np.stack(members, axis=1)
    for name, largest in DENSE.items():
        everything[name] = rng.uniform(0.0, largest, size=n)
    found: dict[str, Any] = {name: _fixed(rows) for name, rows in everything.items()}
    found["head"] = head
    found["labelled_class"] = np.array(others)[labelled % len(others)].astype(np.int64)
    found["labelled_class"].setflags(write=False)
    return _evidence(keys, found, fields)


def _evidence(keys: list[str], found: dict[str, Any], fields: Iterable[str]) -> Evidence:
    asked = set(fields)
    return Evidence(
        keys,
        {name: found[name] for name in sorted(asked) if not is_context(name)},
        {name: found[name] for name in sorted(asked) if is_context(name)},
    )


def _fixed(numbers: NDArray[np.floating]) -> NDArray[np.float32]:
    fixed = numbers.astype(np.float32)
    fixed.setflags(write=False)
    return fixed


def _log_softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))


def _rows(evidence: Evidence, rows: NDArray[np.int64], keys: list[str]) -> Evidence:
    values = {name: _fixed(found[rows]) for name, found in evidence.values.items()}
    return Evidence(keys, values, evidence.context)


def _reordered(evidence: Evidence, order: NDArray[np.int64]) -> Evidence:
    return _rows(evidence, order, [evidence.keys[i] for i in order])


def _query(strategy: Strategy, evidence: Evidence, m: int, seed: int = 7) -> list[str]:
    rng = np.random.default_rng(seed)
    return strategy.select(strategy.score(evidence, rng), evidence, m, rng)


def _assert_sound(strategy: Strategy, evidence: Evidence, m: int) -> None:
    """Finite scores, and a query of `m` different candidates whatever their order."""
    scores = strategy.score(evidence, np.random.default_rng(0))
    assert scores.shape == (len(evidence),)
    assert np.issubdtype(scores.dtype, np.floating)
    assert np.isfinite(scores).all()
    query = _query(strategy, evidence, m)
    assert len(query) == len(set(query)) == m
    assert set(query) <= set(evidence.keys)
    backward = np.arange(len(evidence))[::-1]
    assert _query(strategy, _reordered(evidence, backward), m) == query


def _exact(evidence: Evidence) -> Evidence:
    """The same in sixteenths: products and sums of few numbers are exact, whatever their order."""

    def coarse(found: Any) -> Any:
        if isinstance(found, Head):
            return Head(*(coarse(part) for part in found))
        if not np.issubdtype(found.dtype, np.floating):
            return found
        return _fixed(np.round(16.0 * found) / 16.0)

    values = {name: coarse(rows) for name, rows in evidence.values.items()}
    return Evidence(evidence.keys, values, {n: coarse(x) for n, x in evidence.context.items()})


def _times_asked(strategy: Strategy, evidence: Evidence, m: int) -> NDArray[np.int64]:
    """In how many of :data:`DRAWS` queries each candidate is asked, in the order of `evidence`."""
    place = {key: row for row, key in enumerate(evidence.keys)}
    asked = [place[key] for seed in range(DRAWS) for key in _query(strategy, evidence, m, seed)]
    return np.bincount(asked, minlength=len(evidence))


class StrategyContract:
    """Subclass it and override the fixture `strategy`; every test is inherited."""

    @pytest.fixture
    def strategy(self) -> Strategy:
        """The strategy under test."""
        raise NotImplementedError("override the fixture `strategy`")

    def test_its_needs_are_fields_or_context_of_evidence(self, strategy: Strategy) -> None:
        assert strategy.name
        assert strategy.needs <= CLASSIFICATION
        assert (strategy.dense_needs or frozenset()) <= SEGMENTATION
        assert (strategy.cold_needs or frozenset()) <= COLD
        assert 0.0 <= strategy.dropout < 1.0

    @pytest.mark.parametrize("n", [1, 2, 37])
    def test_there_is_one_finite_score_for_each_candidate(self, strategy: Strategy, n: int) -> None:
        _assert_sound(strategy, make_evidence(n, fields=strategy.needs), 1)

    def test_certain_posteriors_have_finite_scores(self, strategy: Strategy) -> None:
        certain = np.array([[0.0, -2e4, -2e4], [-2e4, 0.0, -2e4], [0.0, -2e4, -2e4]])
        found: dict[str, Any] = {
            "log_posterior": _fixed(certain),
            "teacher_log_posterior": _fixed(certain),
            "averaged_log_posterior": _fixed(certain),
            "student_log_posterior": _fixed(certain[::-1]),
            "committee_log_posterior": _fixed(np.stack([certain, certain[::-1]], axis=1)),
            "embedding": _fixed(np.eye(3)),
            "appearance": _fixed(np.zeros((3, 4))),
            "head": Head(_fixed(2e4 * np.eye(3)), _fixed(np.zeros(3))),
            "labelled_embedding": _fixed(np.eye(3)[:1]),
            "labelled_appearance": _fixed(np.zeros((1, 4))),
            "labelled_class": np.zeros(1, dtype=np.int64),
        }
        for name in all_fields():
            found.setdefault(name, _fixed(np.zeros(3)))
        _assert_sound(strategy, _evidence(["a", "b", "c"], found, strategy.needs), 2)
        found["embedding"] = _fixed(np.zeros((3, 3)))
        _assert_sound(strategy, _evidence(["a", "b", "c"], found, strategy.needs), 2)

    def test_a_class_without_a_label_is_no_obstacle(self, strategy: Strategy) -> None:
        _assert_sound(strategy, make_evidence(37, fields=strategy.needs, missing=1), 9)

    @pytest.mark.parametrize("n_labelled", [0, 1, 80])
    def test_few_and_many_labels_are_no_obstacle(self, strategy: Strategy, n_labelled: int) -> None:
        evidence = make_evidence(37, fields=strategy.needs, n_labelled=n_labelled)
        _assert_sound(strategy, evidence, 9)

    @pytest.mark.parametrize(("n", "n_labelled"), [(1, 0), (37, 0), (37, 6)])
    def test_it_asks_before_anything_is_learnt_if_it_says_so(
        self, strategy: Strategy, n: int, n_labelled: int
    ) -> None:
        if strategy.cold_needs is not None:
            fields = strategy.cold_needs
            evidence = make_evidence(n, fields=fields, n_labelled=n_labelled)
            _assert_sound(strategy, evidence, min(n, 9))

    @pytest.mark.parametrize("m", [0, 1, 5, 37])
    def test_the_query_holds_m_different_candidates(self, strategy: Strategy, m: int) -> None:
        _assert_sound(strategy, make_evidence(37, fields=strategy.needs), m)

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
        for m in (4, 12):
            _assert_sound(strategy, _rows(one, np.zeros(12, dtype=np.int64), keys), m)

    def test_equal_candidates_are_asked_equally_often(self, strategy: Strategy) -> None:
        one = _exact(make_evidence(1, fields=strategy.needs))
        keys = [f"TS_000/{i:06d}" for i in range(12)]
        equal = _rows(one, np.zeros(12, dtype=np.int64), keys)
        times = _times_asked(strategy, equal, 4)
        five_errors = 5.0 * np.sqrt(DRAWS * (1 / 3) * (2 / 3))
        np.testing.assert_allclose(times, DRAWS / 3, atol=five_errors)

    def test_other_names_do_not_change_who_is_asked(self, strategy: Strategy) -> None:
        some = _exact(make_evidence(4, fields=strategy.needs))
        keys = [f"TS_000/{i:06d}" for i in range(12)]
        threefold = np.arange(12) % 4
        times = _times_asked(strategy, _rows(some, threefold, keys), 5)
        renamed = _times_asked(strategy, _rows(some, threefold, keys[::-1]), 5)
        five_errors = 5.0 * np.sqrt(2.0 * DRAWS * 0.25)  # at most
        np.testing.assert_allclose(renamed, times, atol=five_errors)

    @pytest.mark.parametrize("m", [9, 20, 40])
    def test_copies_are_no_obstacle(self, strategy: Strategy, m: int) -> None:
        some = make_evidence(10, fields=strategy.needs)
        keys = [f"TS_000/{i:06d}" for i in np.random.default_rng(1).permutation(40)]
        _assert_sound(strategy, _rows(some, np.arange(40) % 10, keys), m)

    def test_it_reads_only_what_it_needs(self, strategy: Strategy) -> None:
        little = _query(strategy, make_evidence(37, fields=strategy.needs), 9)
        assert little == _query(strategy, make_evidence(37), 9)

    @pytest.mark.parametrize("n", [1, 2, 37])
    def test_it_asks_for_masks_if_a_segmentation_gives_what_it_needs(
        self, strategy: Strategy, n: int
    ) -> None:
        needs = strategy.needs if strategy.dense_needs is None else strategy.dense_needs
        if not_given(needs, "segmentation"):
            return
        for n_labelled in (0, 6):
            evidence = make_evidence(n, fields=needs, n_labelled=n_labelled)
            m = min(n, 9)
            _assert_sound(strategy, evidence, m)
            assert _query(strategy, evidence, m) == _query(
                strategy, make_evidence(n, fields=SEGMENTATION, n_labelled=n_labelled), m
            )
            copies = _rows(evidence, np.zeros(12, dtype=np.int64), [f"{i:02d}" for i in range(12)])
            _assert_sound(strategy, copies, 4)

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
