from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import jaccard_score

from cryoal.training.metrics import confusion_matrix, from_confusion, measure


def test_hand_worked_example() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 2, 2])
    m = measure(truth, predicted, 3)
    assert m.confusion.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert m.support.tolist() == [3, 2, 1]
    assert m.accuracy == pytest.approx(4 / 6)
    assert m.precision == pytest.approx([1, 1 / 2, 1 / 2])
    assert m.recall == pytest.approx([2 / 3, 1 / 2, 1])
    assert m.f1 == pytest.approx([4 / 5, 1 / 2, 2 / 3])
    assert m.macro_f1 == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)


def test_rows_of_the_confusion_are_the_truth() -> None:
    assert confusion_matrix(np.array([0]), np.array([1]), 2).tolist() == [[0, 1], [0, 0]]


def test_a_class_that_never_occurs_does_not_count() -> None:
    m = measure(np.array([0, 0, 1]), np.array([0, 0, 1]), 4)
    assert m.macro_f1 == 1.0
    assert m.recall.tolist() == [1, 1, 0, 0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_it_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, predicted = np.array(pairs).T
    m = measure(truth, predicted, 4)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=range(4), zero_division=0
    )
    np.testing.assert_allclose(m.precision, precision)
    np.testing.assert_allclose(m.recall, recall)
    np.testing.assert_allclose(m.f1, f1)
    np.testing.assert_array_equal(m.support, support)
    expected = metrics.confusion_matrix(truth, predicted, labels=range(4))
    np.testing.assert_array_equal(m.confusion, expected)
    assert m.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    macro = metrics.f1_score(truth, predicted, average="macro", zero_division=0)
    assert m.macro_f1 == pytest.approx(macro)


def test_unequal_or_no_predictions_are_refused() -> None:
    with pytest.raises(ValueError, match="found 1 and 2"):
        measure(np.array([0, 1]), np.array([0]), 2)
    with pytest.raises(ValueError, match="found 0 and 0"):
        measure(np.array([], dtype=int), np.array([], dtype=int), 2)


def test_miou_leaves_out_a_class_that_does_not_occur() -> None:
    # class 0: 3 right of 3 + 5 - 3; class 1: 1 of 4 + 2 - 1; class 2 is only said; 3 is nowhere
    confusion = np.array([[3, 0, 0, 0], [2, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    found = from_confusion(confusion)
    np.testing.assert_allclose(found.iou, [3 / 5, 1 / 5, 0, 0])
    assert found.mean_iou == pytest.approx((3 / 5 + 1 / 5 + 0) / 3)
    assert found.accuracy == 4 / 8


def test_iou_is_the_jaccard_index_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    truth, predicted = rng.integers(4, size=(2, 300))
    found = measure(truth, predicted, 4)
    np.testing.assert_allclose(found.iou, jaccard_score(truth, predicted, average=None))
    assert found.mean_iou == pytest.approx(jaccard_score(truth, predicted, average="macro"))
