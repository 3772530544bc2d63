"""Labelled rows of another pool beside one's own."""

import numpy as np
import pytest

from cryoal.heads.along import FEWEST_OWN, Along
from cryoal.heads.base import Head
from cryoal.heads.choose import Heads, fit_heads
from cryoal.heads.discriminant import Discriminant
from cryoal.heads.kernel_svm import KernelSvm
from cryoal.heads.logistic import Logistic
from cryoal.heads.together import fit_together

NAMES = ("a", "b")
STANDARD = {name: (np.zeros(6), np.ones(6)) for name in NAMES}


def rows_of(
    classes: np.ndarray, rng: np.random.Generator, *, shift: float = 0.0
) -> dict[str, np.ndarray]:
    """Two blocks of six columns in which classes lie 4 apart."""
    return {
        name: (rng.normal(size=(len(classes), 6)) + 4.0 * np.eye(6)[classes] + shift).astype(
            np.float32
        )
        for name in NAMES
    }


def beside(rng: np.random.Generator, classes: np.ndarray, **how: float) -> Along:
    shift = how.pop("shift", 0.0)
    moments = {name: (np.full(6, shift), np.ones(6)) for name in NAMES}
    rows = rows_of(classes, rng, shift=shift)
    return Along(rows, classes, np.arange(len(classes)), moments, **how)


def fitted(own: np.ndarray, along: Along | None, rng: np.random.Generator, k: int = 3) -> Heads:
    blocks = rows_of(own, rng)
    return fit_heads(blocks, own, k, mean_std=STANDARD, seed=0, along=along)


@pytest.mark.parametrize("head", [Discriminant(), Logistic(), KernelSvm()], ids=lambda h: h.name)
def test_a_row_of_weight_two_counts_as_two_rows(head: Head) -> None:
    rng = np.random.default_rng(1)
    classes = np.arange(24) % 3
    rows = np.concatenate(list(rows_of(classes, rng).values()), axis=1)
    weights = np.where(np.arange(24) < 9, 2.0, 1.0)
    twice = np.repeat(np.arange(24), weights.astype(int))
    once = head.fit(rows, classes, 3, weights)[1]  # a fixed shrinkage: Ledoit and Wolf's asks n
    again = head.fit(rows[twice], classes[twice], 3)[1]
    asked = rng.normal(size=(40, 12)).astype(np.float32)
    given, wanted = (one.logits(asked) - one.logits(asked)[:, :1] for one in (once, again))
    if head.name == "discriminant":
        np.testing.assert_allclose(given, wanted, atol=1e-4)
        return
    # class_weight="balanced" counts rows, not weights: each class has as many of weight 2 here,
    # and the kernel's width is that of the rows
    assert (given.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.9


def test_weights_of_one_change_nothing() -> None:
    rng = np.random.default_rng(2)
    classes = np.arange(30) % 3
    rows = np.concatenate(list(rows_of(classes, rng).values()), axis=1)
    for head in (Discriminant(), Logistic(), KernelSvm()):
        pairs = zip(
            head.fit(rows, classes, 3), head.fit(rows, classes, 3, np.ones(30)), strict=True
        )
        for plain, weighted in pairs:
            np.testing.assert_allclose(plain.logits(rows), weighted.logits(rows), atol=1e-4)


def test_heads_that_teach_each_other_count_rows_by_weight() -> None:
    rng = np.random.default_rng(3)
    classes = np.arange(12) % 2
    rows = np.concatenate(list(rows_of(classes, rng).values()), axis=1)
    free = np.concatenate(list(rows_of(np.arange(40) % 2, rng).values()), axis=1)
    guess = np.full((40, 2), 0.5)
    columns = [np.arange(6), np.arange(6, 12)]
    twice = np.repeat(np.arange(12), 2)
    once = fit_together(rows, classes, 2, free, guess, columns, weights=np.full(12, 2.0))
    again = fit_together(rows[twice], classes[twice], 2, free, guess, columns)
    for one, other in zip(once, again, strict=True):
        np.testing.assert_allclose(one.weight, other.weight, rtol=1e-4, atol=1e-4)


def test_rows_of_another_pool_classify_where_nothing_is_labelled() -> None:
    rng = np.random.default_rng(4)
    truth = np.arange(60) % 3
    heads = fitted(np.zeros(0, np.int64), beside(rng, np.arange(45) % 3), rng)
    said = heads.log_posterior(rows_of(truth, rng)).argmax(axis=1)
    assert (said == truth).mean() > 0.95
    assert heads.held_out is None
    assert heads.told["accuracy"] is None
    assert heads.told["along"] == {"labels": 45, "weight": 1.0}


def test_each_pool_is_standardised_by_its_own_numbers() -> None:
    rng = np.random.default_rng(5)
    truth = np.arange(60) % 3
    nothing = np.zeros(0, np.int64)
    heads = fitted(nothing, beside(rng, np.arange(45) % 3, shift=50.0), rng)
    assert (heads.log_posterior(rows_of(truth, rng)).argmax(axis=1) == truth).mean() > 0.95


@pytest.mark.parametrize("n", [9, FEWEST_OWN + 10])
def test_what_is_told_of_held_out_rows_is_of_ones_own(n: int) -> None:
    """The other pool's classes are turned about: who asked them would hear of errors alone."""
    rng = np.random.default_rng(6)
    own = np.arange(n) % 3
    other = beside(rng, np.arange(45) % 3, weight=0.01)
    wrong = other._replace(classes=(other.classes + 1) % 3)
    heads = fitted(own, wrong, rng)
    assert heads.held_out is not None
    assert heads.held_out.shape == (n, 3)
    right = (heads.held_out.argmax(axis=1) == own).mean()
    assert heads.told["accuracy"] == pytest.approx(right)
    if n > FEWEST_OWN:
        assert right > 0.9  # own rows outweigh 45 of a hundredth


def test_a_class_that_only_the_other_pool_has_can_be_given() -> None:
    rng = np.random.default_rng(7)
    heads = fitted(np.arange(30) % 2, beside(rng, np.arange(30) % 3), rng)
    truth = np.full(20, 2)
    assert (heads.log_posterior(rows_of(truth, rng)).argmax(axis=1) == 2).mean() > 0.9


def test_without_weight_to_speak_of_own_rows_decide() -> None:
    rng = np.random.default_rng(8)
    own, truth = np.arange(42) % 3, np.arange(90) % 3
    other = beside(rng, np.arange(45) % 3, weight=1e-6)
    wrong = other._replace(classes=(other.classes + 1) % 3)
    asked = rows_of(truth, rng)
    told = fitted(own, wrong, np.random.default_rng(9)).log_posterior(asked)
    assert (told.argmax(axis=1) == truth).mean() > 0.9
