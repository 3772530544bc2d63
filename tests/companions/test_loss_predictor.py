from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch.nn.functional import cross_entropy

from cryoal.companions.base import Lesson
from cryoal.companions.loss_predictor import LossPredictor, ranking_hinge
from cryoal.models.build import build_network
from cryoal.testing.array_pool import ArrayPool, blob_pool
from tests.companions.classroom import ImagePool, look, settings, teach, teacher_of

if TYPE_CHECKING:
    from cryoal.models.base import Network


def test_a_worked_example_of_the_hinge() -> None:
    predicted = torch.tensor([2.0, 0.0, 9.0, 0.5, 1.5])
    losses = torch.tensor([0.1, 0.2, 7.0, 0.1, 0.9])
    # Pairs 0-4 and 1-3, the third is left out. 0-4: losses -, lead 0.5: 1 + 0.5 = 1.5.
    # 1-3: losses +, lead -0.5: 1 + 0.5 = 1.5. Neither in order.
    hinge, ranked = ranking_hinge(predicted, losses, 1.0)
    assert (hinge.item(), ranked.item()) == pytest.approx((1.5, 0.0))
    # The other way round: max(0, 1 - 0.5) for both, and both in order.
    hinge, ranked = ranking_hinge(-predicted, losses, 1.0)
    assert (hinge.item(), ranked.item()) == pytest.approx((0.5, 1.0))
    # A lead of more than the margin costs nothing.
    assert ranking_hinge(-predicted, losses, 0.25)[0].item() == 0.0


def test_equal_losses_and_a_box_alone_teach_nothing() -> None:
    predicted = torch.tensor([2.0, 0.0], requires_grad=True)
    hinge, ranked = ranking_hinge(predicted, torch.zeros(2), 1.0)
    assert (hinge.item(), ranked.item()) == (1.0, 0.0)
    assert torch.autograd.grad(hinge, predicted)[0].tolist() == [0.0, 0.0]
    hinge, ranked = ranking_hinge(predicted[:1], torch.zeros(1), 1.0)
    assert (hinge.item(), ranked.item()) == (0.0, 0.0)
    assert torch.autograd.grad(hinge, predicted)[0].tolist() == [0.0, 0.0]


def test_it_ranks_losses_better_than_chance() -> None:
    """Four of ten balls are labelled as empty: balls have high losses, empty boxes low ones."""
    rng = np.random.default_rng(0)
    pool, truth = blob_pool(300, contrast=2.0)
    noisy = np.where((truth == 1) & (rng.random(300) < 0.4), 0, truth)
    config = settings("train.epochs=12", "train.learning_rate=0.02")
    teacher = teacher_of((1, 8, 8, 8))
    predictor = LossPredictor.build(teacher, config, (1, 8, 8, 8), 0)
    teach(teacher, predictor, pool, np.arange(200), noisy[:200], config)
    test = np.arange(200, 300)
    predicted = look(predictor, teacher, pool, test)
    assert predicted.shape == (100,)
    with torch.inference_mode():
        x = torch.from_numpy(pool.read_normalised(test))[:, None]
        y = torch.from_numpy(noisy[test])
        losses = cross_entropy(teacher(x).logits, y, reduction="none").numpy()
    assert spearmanr(predicted, losses).statistic > 0.6


def lesson(teacher: Network, done: float, n: int = 5) -> Lesson:
    pool, truth = blob_pool(n)
    x = torch.from_numpy(pool.read_normalised(np.arange(n)))[:, None]
    y = torch.from_numpy(truth)
    output = teacher(x)
    losses = cross_entropy(output.logits, y, reduction="none").detach()
    return Lesson(x, y, torch.ones(2), output, losses, done, "float32")


@pytest.mark.parametrize(("done", "reaches"), [(0.0, True), (0.59, True), (0.6, False)])
def test_it_moves_the_teacher_for_six_tenths_of_the_epochs(done: float, reaches: bool) -> None:
    teacher = teacher_of((1, 8, 8, 8))
    predictor = LossPredictor.build(teacher, settings(), (1, 8, 8, 8), 0)
    taught = predictor.joint(lesson(teacher, done))
    torch.autograd.backward(taught.loss)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in predictor.parameters())
    moved = [p for p in teacher.parameters() if p.grad is not None and p.grad.any()]
    assert bool(moved) == reaches
    assert all(p.grad is None for p in teacher.head.parameters())
    assert not any(value.requires_grad for value in taught.told.values())


@pytest.mark.parametrize("shape", [(1, 8, 8, 8), (1, 10, 12, 14), (3, 8, 8), (3, 15, 9)])
def test_any_shape_and_an_odd_batch(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    boxes = rng.standard_normal((9, *shape))
    pool = ImagePool(boxes) if len(shape) == 3 else ArrayPool(boxes[:, 0])
    teacher = teacher_of(shape)
    predictor = LossPredictor.build(teacher, settings(), shape, 0)
    config = settings("train.epochs=2", "train.batch_size=5")
    told = teach(teacher, predictor, pool, np.arange(9), np.arange(9) % 2, config)
    assert np.isfinite([list(step.values()) for step in told]).all()
    assert np.isfinite(look(predictor, teacher, pool, np.arange(9))).all()


def test_widths_are_found_without_a_trace() -> None:
    teacher = build_network("resnet10", width=4, stem="pool", n_classes=2, seed=0)
    teacher.train()
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    torch.manual_seed(3)
    state = torch.get_rng_state()
    predictor = LossPredictor.build(teacher, settings(), (1, 16, 16, 16), 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert [branch.in_features for branch in predictor.branches] == [4, 8, 16, 32]
    assert all(layer.training for layer in teacher.modules())
    for name, value in teacher.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_same_seed_same_bits() -> None:
    pool, truth = blob_pool(20)
    config = settings("train.epochs=2")

    def taught() -> np.ndarray:
        teacher = teacher_of((1, 8, 8, 8))
        predictor = LossPredictor.build(teacher, config, (1, 8, 8, 8), 0)
        teach(teacher, predictor, pool, np.arange(20), truth, config)
        return look(predictor, teacher, pool, np.arange(20))

    np.testing.assert_array_equal(taught(), taught())


def test_same_seed_same_weights() -> None:
    teacher = teacher_of((1, 8, 8, 8))
    first, again, other = (
        LossPredictor.build(teacher, settings(), (1, 8, 8, 8), seed) for seed in (0, 0, 1)
    )
    assert torch.equal(first.last.weight, again.last.weight)
    assert not torch.equal(first.last.weight, other.last.weight)
