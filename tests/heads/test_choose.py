import json

import numpy as np
import pytest

from cryoal.heads.choose import FLOOR, fit_heads

WIDTHS = {"first": 12, "second": 30}


def drawn(classes, n_classes, seed=0, apart=3.0, useless=()):
    """Blocks whose columns are normal about a mean of their class, but for `useless` ones."""
    rng = np.random.default_rng(seed)
    blocks = {}
    for name, width in WIDTHS.items():
        means = np.random.default_rng(7).normal(size=(n_classes, width))
        signal = 0.0 if name in useless else apart / np.sqrt(width)
        noise = rng.normal(size=(len(classes), width))
        blocks[name] = (signal * means[classes] + noise).astype(np.float32)
    return blocks


def standard():
    return {name: (np.zeros(width), np.ones(width)) for name, width in WIDTHS.items()}


def fitted(classes, n_classes, **how):
    classes = np.asarray(classes, dtype=np.int64)
    return fit_heads(
        drawn(classes, n_classes, **how), classes, n_classes, mean_std=standard(), seed=3
    )


def test_classes_that_stand_apart_are_told_apart():
    heads = fitted(np.arange(30) % 3, 3, apart=8.0)
    asked = np.arange(300) % 3
    told = heads.log_posterior(drawn(asked, 3, seed=1, apart=8.0))
    assert told.shape == (300, 3)
    assert told.dtype == np.float32
    assert (told.argmax(axis=1) == asked).mean() > 0.97


def test_a_posterior_sums_to_one_over_its_floor():
    heads = fitted(np.arange(20) % 2, 4)
    told = np.exp(heads.log_posterior(drawn(np.arange(50) % 4, 4, seed=1)).astype(np.float64))
    np.testing.assert_allclose(told.sum(axis=1), 1.0, rtol=1e-5)
    assert told.min() >= FLOOR / 4 * (1 - 1e-5)
    np.testing.assert_allclose(told[:, 2:], FLOOR / 4, rtol=1e-4)  # classes without a label


def test_what_is_told_is_plain_json_and_the_same_each_time():
    first, second = (fitted(np.arange(40) % 4, 4) for _ in range(2))
    assert json.loads(json.dumps(first.told)) == first.told == second.told
    asked = drawn(np.arange(40) % 4, 4, seed=1)
    np.testing.assert_array_equal(first.log_posterior(asked), second.log_posterior(asked))


@pytest.mark.parametrize(
    ("classes", "n_classes"),
    [([0, 1], 2), ([0], 2), ([0, 0, 0], 3), ([0, 0, 0, 1], 2), ([0, 1, 2], 50), ([5, 5, 5, 1], 9)],
)
def test_few_labels_give_a_posterior_all_the_same(classes, n_classes):
    heads = fitted(classes, n_classes)
    told = heads.log_posterior(drawn(np.asarray(classes), n_classes, seed=1))
    assert np.isfinite(told).all()
    np.testing.assert_allclose(np.exp(told).sum(axis=1), 1.0, rtol=1e-5)
    assert heads.told["members"]


def test_two_labels_leave_nothing_to_hold_out():
    heads = fitted([0, 1], 2)
    assert heads.held_out is None
    assert heads.told["accuracy"] is None


def test_many_labels_drop_a_useless_block():
    heads = fitted(np.arange(300) % 3, 3, apart=3.0, useless=("second",))
    kept = [member["blocks"] for member in heads.told["members"]]
    assert ["first"] in kept
    assert ["second"] not in kept


def test_the_last_layer_reads_the_embedding():
    classes = np.arange(40) % 4
    heads = fitted(classes, 5, apart=8.0)
    asked = drawn(classes, 5, seed=1, apart=8.0)
    weight, bias = heads.last_layer
    logits = heads.embedding(asked) @ weight.T + bias
    assert logits.shape == (40, 5)
    assert (logits.argmax(axis=1) == classes).mean() > 0.9
