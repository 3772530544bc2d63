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


def test_the_order_of_the_labels_and_the_numbers_of_the_classes_do_not_matter():
    classes = np.random.default_rng(5).integers(0, 3, 30)
    blocks, asked = drawn(classes, 3), drawn(np.arange(20) % 3, 3, seed=1)
    how = {"mean_std": standard(), "seed": 3}
    told = fit_heads(blocks, classes, 3, **how).log_posterior(asked)
    order = np.random.default_rng(6).permutation(30)
    turned = {name: rows[order] for name, rows in blocks.items()}
    number = np.array([2, 0, 1])
    other = fit_heads(turned, number[classes][order], 3, **how).log_posterior(asked)
    np.testing.assert_allclose(other[:, number], told, atol=1e-3)


def test_labels_that_mean_nothing_are_not_believed():
    accuracy, sure = [], []
    for seed in range(12):
        classes = np.arange(26) % 2
        none = ("first", "second")
        heads = fitted(classes, 2, seed=seed, useless=none)
        asked = drawn(np.arange(200) % 2, 2, seed=99 - seed, useless=none)
        accuracy.append(heads.told["accuracy"])
        sure.append(np.exp(heads.log_posterior(asked)).max(axis=1).mean())
    assert np.mean(accuracy) < 0.6
    assert np.mean(sure) < 0.7


def test_rows_do_not_touch_each_other():
    heads = fitted(np.arange(120) % 3, 3)  # with the heads that are not linear
    asked = drawn(np.arange(40) % 3, 3, seed=1)
    whole = heads.log_posterior(asked)
    part = heads.log_posterior({name: rows[7:9] for name, rows in asked.items()})
    np.testing.assert_allclose(part, whole[7:9], atol=1e-4)


def test_the_held_out_rows_are_those_of_the_labels_in_their_order():
    classes = np.random.default_rng(8).integers(0, 3, 60)
    heads = fitted(classes, 3, apart=8.0)
    assert heads.held_out.shape == (60, 3)
    right = (heads.held_out.argmax(axis=1) == classes).mean()
    assert right == heads.told["accuracy"] > 0.95


def test_rows_that_are_all_the_same_give_no_certainty():
    classes = np.arange(12) % 2
    blocks = {name: np.zeros((12, width), np.float32) for name, width in WIDTHS.items()}
    heads = fit_heads(blocks, classes, 2, mean_std=standard(), seed=0)
    np.testing.assert_allclose(np.exp(heads.log_posterior(blocks)), 0.5, atol=1e-3)
