"""Discriminants that teach each other on rows without a label."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from cryoal.heads.base import NEVER
from cryoal.heads.together import fit_together


def _two_views(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two classes in 40 columns of correlated noise, halves of which are seen apart."""
    classes = np.arange(n) % 2
    rows = rng.normal(size=(n, 40))
    rows[:, [0, 20]] += 3.0 * rows[:, [1, 21]] + 4.0 * classes[:, None]
    return (rows / np.sqrt(40)).astype(np.float32), classes


COLUMNS = [np.arange(20), np.arange(20, 40)]


def _said(fitted: list, rows: np.ndarray) -> np.ndarray:
    told = [one.logits(rows[:, some]) for one, some in zip(fitted, COLUMNS, strict=True)]
    return np.sum(told, axis=0).argmax(axis=1)


def test_rows_without_labels_make_four_labels_go_further() -> None:
    right = []
    for seed in range(5):
        rows, classes = _two_views(1000, np.random.default_rng(seed))
        test, truth = rows[500:], classes[500:]
        few, rest = rows[:4], rows[4:500]
        nearest = np.square(rest[:, None] - few[None]).sum(-1).argmin(1)
        guess = np.eye(2)[classes[:4]][nearest]
        alone = fit_together(few, classes[:4], 2, rest[:0], guess[:0], COLUMNS)
        taught = fit_together(few, classes[:4], 2, rest, guess, COLUMNS)
        right.append([(_said(each, test) == truth).mean() for each in (alone, taught)])
    before, after = np.mean(right, axis=0)
    assert after > before + 0.1


def test_with_the_truth_as_first_guess_one_round_is_a_discriminant() -> None:
    rows, classes = _two_views(400, np.random.default_rng(1))
    labelled, rest = rows[:200], rows[200:]
    truth = np.eye(2)[classes[200:]]
    fitted = fit_together(labelled, classes[:200], 2, rest, truth, COLUMNS, rounds=1)
    # the same weights as repeated rows: ten of each labelled row, three of each other
    many = np.repeat(rows, np.r_[np.full(200, 10), np.full(200, 3)], axis=0)[:, :20]
    of_many = np.repeat(classes, np.r_[np.full(200, 10), np.full(200, 3)])
    oracle = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1, priors=[0.5, 0.5])
    # scikit-learn shrinks towards a multiple of the identity: give it rows of equal scatter
    means = np.stack([many[of_many == k].mean(0) for k in (0, 1)])
    scatter = np.sqrt(np.square(many - means[of_many]).mean(0))
    told = oracle.fit(many / scatter, of_many).decision_function(rest[:, :20] / scatter)
    ours = fitted[0].logits(rest[:, :20])
    assert np.corrcoef(ours[:, 1] - ours[:, 0], told)[0, 1] > 0.9999


def test_a_class_without_a_label_gets_nothing() -> None:
    rows, classes = _two_views(60, np.random.default_rng(2))
    guess = np.full((50, 3), 1 / 3)
    fitted = fit_together(rows[:10], classes[:10], 3, rows[10:], guess, COLUMNS)
    for one in fitted:
        assert one.bias[2] == pytest.approx(NEVER)
        assert np.isfinite(one.weight).all()


def test_one_class_and_constant_columns_do_not_stop_it() -> None:
    rows = np.zeros((6, 40), np.float32)
    one = np.zeros(3, dtype=np.int64)
    fitted = fit_together(rows[:3], one, 2, rows[3:], np.full((3, 2), 0.5), COLUMNS)
    assert (_said(fitted, rows) == 0).all()
    two = fit_together(rows[:3], np.array([0, 1, 1]), 2, rows[3:], np.full((3, 2), 0.5), COLUMNS)
    assert all(np.isfinite(each.weight).all() for each in two)


def test_the_order_of_unlabelled_rows_changes_nothing_but_rounding() -> None:
    rows, classes = _two_views(200, np.random.default_rng(3))
    guess = np.full((190, 2), 0.5)
    guess[:, 0] += 0.2 * (rows[10:, 0] < 0)
    guess /= guess.sum(1, keepdims=True)
    order = np.random.default_rng(4).permutation(190)
    first = fit_together(rows[:10], classes[:10], 2, rows[10:], guess, COLUMNS)
    again = fit_together(rows[:10], classes[:10], 2, rows[10:][order], guess[order], COLUMNS)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_allclose(one.weight, other.weight, rtol=1e-3, atol=1e-4)
