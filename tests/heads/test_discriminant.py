import numpy as np
import pytest
from scipy import linalg
from sklearn.covariance import ledoit_wolf_shrinkage

from cryoal.heads.base import NEVER
from cryoal.heads.discriminant import Discriminant, ledoit_wolf


def test_two_classes_by_hand():
    # means (-2, 0) and (2, 1); residuals (+-1, 0), (0, +-1): sums of squares 2 and 2, freedom 2
    rows = np.array([[-3, 0], [-1, 0], [2, 2], [2, 0]], dtype=np.float32)
    whole = Discriminant().fit(rows, np.array([0, 0, 1, 1]), 2)[-1]  # shrunken to its diagonal
    # v = (2 + 2 * 1) / (2 + 2) = 1 each, mean variance 4 / 2 / 2 = 1: the covariance is I
    asked = np.array([[0.0, 0.5], [1.0, 0.5]], dtype=np.float32)
    logits = whole.logits(asked)
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], [0.0, 4.0], atol=1e-5)


@pytest.mark.parametrize("n", [12, 200])
def test_logits_are_those_of_normal_distributions_of_one_covariance(n):
    rng = np.random.default_rng(0)
    rows, classes = rng.normal(size=(n, 40)).astype(np.float32), np.arange(n) % 3
    asked = rng.normal(size=(5, 40)).astype(np.float32)
    means = np.stack([rows[classes == c].astype(float).mean(axis=0) for c in range(3)])
    left = rows - means[classes]
    within = (left**2).sum(axis=0)
    v = (within + 2 * within.mean() / (n - 3)) / (n - 3 + 2)
    z = left / np.sqrt(v)
    s = z.T @ z / (n - 3)
    for a, head in zip(
        (ledoit_wolf(z, n - 3), 0.6, 1.0), Discriminant().fit(rows, classes, 3), strict=True
    ):
        covariance = (1 - a) * s + a * np.trace(s) / 40 * np.eye(40)
        covariance *= np.sqrt(v)[:, None] * np.sqrt(v)[None]
        away = asked[:, None].astype(float) - means[None]
        told = -0.5 * np.einsum("mkp,pq,mkq->mk", away, linalg.inv(covariance), away)
        ours = head.logits(asked)
        np.testing.assert_allclose(
            ours - ours[:, :1], told - told[:, :1], rtol=1e-3, atol=1e-3 * abs(told).max()
        )


@pytest.mark.parametrize("shape", [(20, 50), (50, 20)])
def test_the_intensity_is_that_of_scikit_learn(shape):
    rows = np.random.default_rng(1).normal(size=shape) * np.linspace(0.5, 2, shape[1])
    rows -= rows.mean(axis=0)
    assert ledoit_wolf(rows, shape[0] - 1) == pytest.approx(
        ledoit_wolf_shrinkage(rows, assume_centered=True)
    )


def test_a_class_of_one_row_and_columns_without_spread_do_no_harm():
    rows = np.zeros((4, 6), dtype=np.float32)
    rows[:, 0] = [0.0, 0.1, 0.0, 1.0]
    for head in Discriminant().fit(rows, np.array([0, 0, 0, 2]), 4):
        logits = head.logits(rows)
        assert np.isfinite(logits).all()
        assert logits.argmax(axis=1).tolist() == [0, 0, 0, 2]
        assert (logits[:, [1, 3]] == NEVER).all()
