"""What is new: a part of the pool in which no label lies."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.heads.discriminant import Discriminant
from cryoal.novelty.unlike import Novelty, fit_novelty, share_below

CENTRES = np.array([[4.0, 0, 0], [-4, 0, 0], [0, 4, 0], [0, 0, 4]])


def boxes(n: int, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows of 40 columns of noise; classes differ in three of them."""
    rows = rng.normal(size=(n, 40))
    rows[:, :3] += CENTRES[classes]
    return rows.astype(np.float32)


def found(
    share_new: float, seed: int, *, hold_out: bool = True, kinds: int = 3
) -> tuple[Novelty, np.ndarray, np.ndarray]:
    """Learnt from 30 labels of `kinds` classes; log-odds and class of 600 unlabelled rows."""
    rng = np.random.default_rng(seed)
    p = np.r_[np.full(kinds, (1 - share_new) / kinds), share_new]
    truth = rng.choice([*range(kinds), 3], 600, p=p)
    label = np.arange(30) % kinds
    rows, labelled = boxes(600, truth, rng), boxes(30, label, rng)
    both = np.vstack([rows, labelled])
    mean_std = {"mine": (both.mean(axis=0), both.std(axis=0))}
    posterior = softmax(Discriminant().fit(labelled, label, kinds)[1].logits(rows))
    held_out = np.full((30, kinds), 1 / kinds) if hold_out else None
    novelty = fit_novelty(
        {"mine": labelled},
        label,
        {"mine": rows},
        posterior,
        mean_std=mean_std,
        seed=0,
        held_out=held_out,
    )
    return novelty, novelty.log_odds({"mine": rows}), truth


def softmax(logits: np.ndarray) -> np.ndarray:
    wide = np.exp(logits - logits.max(axis=1, keepdims=True))
    return wide / wide.sum(axis=1, keepdims=True)


def auroc(values: np.ndarray, positive: np.ndarray) -> float:
    above = values[positive][:, None] > values[~positive][None]
    return float(above.mean())


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_a_kind_without_labels_is_newer_than_all_others(share: float) -> None:
    for seed in range(3):
        _, odds, truth = found(share, seed, hold_out=False)
        assert auroc(odds, truth == 3) > 0.95


def test_two_kinds_are_enough_to_tell_a_third() -> None:
    _, odds, truth = found(0.3, 0, hold_out=False, kinds=2)
    assert auroc(odds, truth == 3) > 0.95


def test_one_label_of_each_kind_is_fitted() -> None:
    rng = np.random.default_rng(4)
    label = np.arange(3)
    rows, labelled = boxes(200, np.arange(200) % 4, rng), boxes(3, label, rng)
    mean_std = {"mine": (rows.mean(axis=0), rows.std(axis=0))}
    posterior = softmax(Discriminant().fit(labelled, label, 3)[1].logits(rows))
    fitted = fit_novelty(
        {"mine": labelled}, label, {"mine": rows}, posterior, mean_std=mean_std, seed=0
    )
    assert auroc(fitted.log_odds({"mine": rows}), np.arange(200) % 4 == 3) > 0.8


def test_new_boxes_lie_above_held_out_labelled_ones() -> None:
    novelty, odds, truth = found(0.3, 1)
    assert novelty.held_out is not None
    assert len(novelty.held_out) == 30
    below = share_below(odds, novelty.held_out)
    assert np.median(below[truth == 3]) > 0.95
    assert 0.2 < np.median(below[truth != 3]) < 0.8  # as labelled boxes are: about a half


def test_nothing_is_said_of_how_novel_where_none_can_be_held_out() -> None:
    novelty, _, _ = found(0.3, 1, hold_out=False)
    assert novelty.held_out is None


def test_the_order_of_labels_and_the_numbers_of_classes_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    label = np.arange(12) % 3
    rows, labelled = boxes(200, np.arange(200) % 4, rng), boxes(12, label, rng)
    mean_std = {"mine": (rows.mean(axis=0), rows.std(axis=0))}
    posterior = softmax(Discriminant().fit(labelled, label, 3)[1].logits(rows))

    def odds(order: np.ndarray, names: np.ndarray) -> np.ndarray:
        told = np.zeros((200, 9))
        told[:, names] = posterior
        fitted = fit_novelty(
            {"mine": labelled[order]},
            names[label[order]],
            {"mine": rows},
            told,
            mean_std=mean_std,
            seed=0,
        )
        return fitted.log_odds({"mine": rows})

    one = odds(np.arange(12), np.array([0, 1, 2]))
    np.testing.assert_allclose(odds(rng.permutation(12), np.array([5, 2, 8])), one, atol=1e-3)


def test_the_share_below_grows_without_end_and_stays_between_0_and_1() -> None:
    sample = np.array([-3.0, -1, 0, 2])
    values = np.linspace(-200, 200, 401)
    share = share_below(values, sample)
    assert (np.diff(share) > 0).all()
    assert share[0] > 0
    assert share[-1] < 1
    np.testing.assert_allclose(share_below(sample, sample), [0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(share_below(np.array([-2.0]), sample), 0.3)


def test_copies_among_held_out_rows_do_no_harm() -> None:
    assert np.isfinite(share_below(np.array([0.0, 1.0, 2.0]), np.ones(6))).all()
