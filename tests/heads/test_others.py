import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from cryoal.heads.folds import folds, known
from cryoal.heads.kernel_svm import KernelSvm, _margins
from cryoal.heads.logistic import Logistic
from cryoal.heads.temperature import fit_temperature


def drawn(n, k, p):
    rng = np.random.default_rng(2)
    classes = np.arange(n) % k
    rows = rng.normal(size=(n, p)) + rng.normal(size=(k, p))[classes]
    return rows.astype(np.float32) / np.float32(np.sqrt(p)), classes


@pytest.mark.parametrize("k", [2, 3])
def test_logistic_regression_in_the_span_of_its_rows_is_that_of_all_columns(k):
    rows, classes = drawn(30, k, 60)
    for c, head in zip((3.0, 30.0), Logistic().fit(rows, classes, k), strict=True):
        whole = LogisticRegression(C=c, class_weight="balanced", tol=1e-6, max_iter=5000)
        whole.fit(rows.astype(float), classes)
        logits = head.logits(rows).astype(float)
        told = np.exp(logits - logits.max(axis=1, keepdims=True))
        told /= told.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(told, whole.predict_proba(rows.astype(float)), atol=0.02)


def test_two_classes_of_support_vectors_are_told_by_the_sign_of_the_margin():
    rows, classes = drawn(40, 2, 8)
    spread = rows.astype(float).var(axis=0).sum()
    machine = SVC(C=1.0, gamma=1 / spread, class_weight="balanced").fit(rows.astype(float), classes)
    logits = KernelSvm().fit(rows, classes, 2)[0].logits(rows)
    np.testing.assert_array_equal(
        logits.argmax(axis=1), machine.decision_function(rows.astype(float)) > 0
    )


@pytest.mark.parametrize("head", [Logistic(), KernelSvm()])
def test_classes_without_a_label_are_never_told(head):
    rows, classes = drawn(30, 3, 8)
    for fitted in head.fit(rows, classes * 2, 6):
        logits = fitted.logits(rows)
        assert set(logits.argmax(axis=1).tolist()) <= {0, 2, 4}
        assert (logits.argmax(axis=1) == classes * 2).mean() > 0.8


def test_each_class_is_spread_over_the_folds_whatever_the_order_and_numbers():
    rows, classes = drawn(40, 3, 4)
    fold = folds(rows, classes, np.random.default_rng(0))
    for c in range(3):
        count = np.bincount(fold[classes == c], minlength=5)
        assert count.max() - count.min() <= 1
    order = np.random.default_rng(1).permutation(40)
    turned = folds(rows[order], np.array([4, 0, 2])[classes][order], np.random.default_rng(0))
    np.testing.assert_array_equal(turned, fold[order])


def test_a_row_is_known_when_its_class_is_in_another_fold():
    got = known(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 0, 1]))
    assert got.tolist() == [True, True, False, False, False]


def test_the_temperature_is_where_the_likelihood_is_highest():
    # 3 of 4 rows right by a margin of 2, and the made-up right and wrong: 4 of 6
    logits = np.array([[2.0, 0.0]] * 4)
    t = fit_temperature(logits, np.array([0, 0, 0, 1]))
    assert t == pytest.approx(2.0 / np.log(2.0), rel=1e-4)  # 1 / (1 + exp(-2 / t)) = 2 / 3


def test_rows_that_are_wrong_are_not_believed():
    assert fit_temperature(np.array([[2.0, 0.0]] * 4), np.ones(4, int)) > 999


def test_rows_of_one_filament_are_held_out_together():
    rows, classes = drawn(60, 3, 4)
    groups = np.arange(60) // 6  # ten filaments, each with rows of all classes
    fold = folds(rows, classes, np.random.default_rng(0), groups)
    for one in range(10):
        assert len(set(fold[groups == one])) == 1
    assert np.bincount(fold, minlength=5).tolist() == [12] * 5
    order = np.random.default_rng(1).permutation(60)
    turned = folds(rows[order], classes[order], np.random.default_rng(0), groups[order])
    np.testing.assert_array_equal(turned, fold[order])


def test_a_filament_that_no_fold_could_hold_is_taken_apart():
    rows, classes = drawn(40, 2, 4)
    alone = folds(rows, classes, np.random.default_rng(0))
    for groups in (np.arange(40) // 10, np.zeros(40, int), np.arange(40) * 7):
        np.testing.assert_array_equal(folds(rows, classes, np.random.default_rng(0), groups), alone)


def test_a_class_of_one_filament_is_not_enough_to_hold_out():
    rows = drawn(12, 2, 4)[0]
    groups = np.arange(12)
    few = np.array([0] * 10 + [1] * 2)
    assert folds(rows, few, np.random.default_rng(0), groups) is not None
    groups[-1] = groups[-2]
    assert folds(rows, few, np.random.default_rng(0), groups) is None


@pytest.mark.parametrize("k", [2, 3, 5])
def test_margins_are_those_of_libsvm(k: int) -> None:
    rng = np.random.default_rng(k)
    classes = np.concatenate([np.arange(k), rng.integers(0, k, 50)])
    rows = rng.standard_normal((len(classes), 7)) + classes[:, None]
    others = 2 * rng.standard_normal((40, 7)) + 1
    model = SVC(C=3.0, gamma=0.1, decision_function_shape="ovo").fit(rows, classes)
    wanted = model.decision_function(others).reshape(40, -1)
    np.testing.assert_allclose(_margins(model, others), wanted, rtol=1e-9, atol=1e-9)
