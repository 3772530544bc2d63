from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.choose import fit_heads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Blocks = dict[str, NDArray[np.float32]]

CLASSES = 3


def two_views(n: int, seed: int) -> tuple[Blocks, NDArray[np.int64]]:
    """Two blocks of noise that each tell three classes a little, in ways of their own."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(CLASSES, size=n)
    blocks = {}
    for name, width in (("shells", 12), ("wavelets", 20)):
        rows = rng.standard_normal((n, width))
        rows[:, :CLASSES] += 2.2 * np.eye(CLASSES)[classes]
        blocks[name] = rows.astype(np.float32)
    return blocks, classes


def right(heads: object, blocks: Blocks, truth: NDArray[np.int64]) -> float:
    told = heads.log_posterior(blocks)  # type: ignore[attr-defined]
    return float((told.argmax(axis=1) == truth).mean())


def some_of(blocks: Blocks, index: NDArray[np.int64]) -> Blocks:
    return {name: rows[index] for name, rows in blocks.items()}


def fitted(n_labelled: int, seed: int, n_free: int = 600) -> tuple[float, float, dict[str, object]]:
    """Accuracy on others alone, and with rows without a label; and what is told of these."""
    blocks, classes = two_views(n_labelled + n_free + 500, seed)
    labelled = np.arange(n_labelled)
    free, others = np.split(np.arange(n_labelled, len(classes)), [n_free])
    moments = {k: (rows.mean(axis=0), rows.std(axis=0)) for k, rows in blocks.items()}

    def fit(unlabelled: Blocks | None) -> object:
        return fit_heads(
            some_of(blocks, labelled),
            classes[labelled],
            CLASSES,
            mean_std=moments,
            seed=0,
            unlabelled=unlabelled,
        )

    alone, together = fit(None), fit(some_of(blocks, free))
    asked = some_of(blocks, others)
    return (
        right(alone, asked, classes[others]),
        right(together, asked, classes[others]),
        together.told,  # type: ignore[attr-defined]
    )


def test_boxes_without_a_label_make_few_labels_worth_more() -> None:
    found = [fitted(9, seed) for seed in range(8)]
    assert np.mean([after for _, after, _ in found]) > 0.04 + np.mean([a for a, _, _ in found])


def test_what_was_held_out_is_told_and_is_plain() -> None:
    _, after, told = fitted(60, 1)
    assert told["together"] == [["shells"], ["wavelets"]]
    assert abs(told["accuracy"] - after) < 0.15  # type: ignore[operator]
    json.dumps(told)


def test_two_labels_and_no_rows_without_one_are_no_obstacle() -> None:
    blocks, _ = two_views(40, 2)
    moments = {k: (rows.mean(axis=0), rows.std(axis=0)) for k, rows in blocks.items()}
    two = some_of(blocks, np.arange(2))
    for free in (np.arange(2, 40), np.arange(0)):
        heads = fit_heads(
            two,
            np.array([0, 2]),
            CLASSES,
            mean_std=moments,
            seed=0,
            unlabelled=some_of(blocks, free),
        )
        told = heads.log_posterior(blocks)
        assert np.isfinite(told).all()
        np.testing.assert_allclose(np.exp(told).sum(axis=1), 1, atol=1e-5)
        assert (told.argmax(axis=1) != 1).all()  # a class without a label is never the answer


def test_the_last_layer_is_that_of_the_posterior() -> None:
    blocks, classes = two_views(300, 3)
    moments = {k: (rows.mean(axis=0), rows.std(axis=0)) for k, rows in blocks.items()}
    heads = fit_heads(
        some_of(blocks, np.arange(30)),
        classes[:30],
        CLASSES,
        mean_std=moments,
        seed=0,
        unlabelled=some_of(blocks, np.arange(30, 300)),
    )
    weight, bias = heads.last_layer
    logits = heads.embedding(blocks) @ weight.T + bias
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    np.testing.assert_allclose(np.exp(heads.log_posterior(blocks)), p, atol=2e-3)  # the floor
