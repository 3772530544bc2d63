from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from cryoal.companions.sraal import Sraal, uncertainty_indicator
from cryoal.errors import ConfigError
from cryoal.models.base import Network, Output
from cryoal.testing.array_pool import ArrayPool, blob_pool
from tests.companions.classroom import ImagePool, fit_alone, look, settings, teacher_of

BOX = (1, 8, 8, 8)
CONFIG = settings("train.epochs=1")


class Unsure(Network):
    """A teacher who is sure of boxes whose centre is empty, and knows nothing of the others."""

    n_modules = 1

    def __init__(self) -> None:
        super().__init__()
        self.last = torch.nn.Linear(1, 2)

    @property
    def head(self) -> torch.nn.Linear:
        return self.last

    def forward(self, boxes: torch.Tensor) -> Output:
        centre = boxes[:, :, 3:6, 3:6, 3:6].flatten(1).mean(1, keepdim=True)
        logits = torch.cat([torch.where(centre < 2.0, 10.0, 0.0), torch.zeros_like(centre)], dim=1)
        return Output(logits, (boxes,), centre)


def test_worked_examples_of_the_indicator() -> None:
    # (1/2, 1/2, 0): least variance with maximum 1/2 is (1/2 - 1/3)^2 / 2 = 1/72, that of
    # (1/2, 1/4, 1/4); variance (1/36 + 1/36 + 1/9) / 3 = 1/18. 1 - (18 / 72) / 2 = 7/8.
    # (1/2, 1/4, 1/4): the ratio is 1. 1 - 1/2.
    rows = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
    assert uncertainty_indicator(rows).tolist() == pytest.approx([7 / 8, 1 / 2, 0.0], abs=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 7, 50])
def test_the_ends_of_the_indicator(classes: int) -> None:
    even = torch.softmax(torch.full((1, classes), 0.3), dim=1)
    assert uncertainty_indicator(even).item() == pytest.approx(1 - 1 / classes)
    certain = torch.eye(classes)
    assert uncertainty_indicator(certain).tolist() == [0.0] * classes
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.dirichlet(np.full(classes, 0.3), size=200))
    found = uncertainty_indicator(rows)
    assert ((found >= 0) & (found < 1)).all()


def test_two_classes_have_the_least_confidence() -> None:
    p = torch.linspace(0, 1, 101, dtype=torch.float64)
    rows = torch.stack([p, 1 - p], dim=1)
    torch.testing.assert_close(
        uncertainty_indicator(rows), (1 - rows.amax(1)).float(), atol=1e-6, rtol=0
    )


def test_the_least_variance_is_the_least() -> None:
    """Against rows of the same maximum drawn at random: none is less spread than the formula's."""
    rng = np.random.default_rng(0)
    rest = 0.4 * rng.dirichlet(np.ones(4), size=500)
    rows = np.column_stack([np.full(500, 0.6), rest])
    bound = (0.6 - 0.2) ** 2 / 4
    assert (rows.var(axis=1) >= bound - 1e-12).all()
    assert np.array([0.6, 0.1, 0.1, 0.1, 0.1]).var() == pytest.approx(bound)


def test_the_discriminator_tells_what_is_unlabelled_and_uncertain() -> None:
    """Only empty boxes are labelled, and the teacher knows nothing of balls."""
    pool, truth = blob_pool(200)
    empty, balls = np.flatnonzero(truth == 0), np.flatnonzero(truth == 1)
    labelled = empty[:40]
    unlabelled = np.sort(np.concatenate([empty[40:70], balls[:50]]))
    sraal = Sraal.build(Unsure(), CONFIG, BOX, 0)
    told = fit_alone(
        sraal, Unsure(), pool, labelled, truth[labelled], CONFIG, unlabelled=unlabelled
    )
    assert np.isfinite(list(told.values())).all()
    fresh = np.concatenate([empty[70:], balls[50:]])
    found = look(sraal, Unsure(), pool, fresh)
    assert roc_auc_score(truth[fresh] == 1, found) > 0.98


def test_of_two_unlabelled_kinds_the_uncertain_one_is_asked() -> None:
    """Nothing tells labelled from unlabelled here but the uncertainty: it relabels the state."""
    pool, truth = blob_pool(160)
    sraal = Sraal.build(Unsure(), CONFIG, BOX, 0)
    fit_alone(sraal, Unsure(), pool, np.arange(60), truth[:60], CONFIG)
    found = look(sraal, Unsure(), pool, np.arange(60, 160))
    assert roc_auc_score(truth[60:] == 1, found) > 0.98


def test_its_latents_know_the_class() -> None:
    pool, truth = blob_pool(120)
    sraal = Sraal.build(Unsure(), CONFIG, BOX, 0)
    told = fit_alone(sraal, Unsure(), pool, np.arange(60), truth[:60], CONFIG)
    assert told["sraal_class_loss"] < np.log(2.0)
    x = torch.from_numpy(pool.read_normalised(np.arange(60, 120)))[:, None]
    with torch.inference_mode():
        mean = sraal.autoencoder.encode(x).mean
        found = sraal.classifier(mean[:, sraal.autoencoder.decoded :]).argmax(1).numpy()
    assert (found == truth[60:]).mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 8, 8, 8), (1, 10, 12, 14), (3, 8, 8), (3, 15, 9)])
def test_any_shape_odd_batches_and_a_missing_class(shape: tuple[int, ...]) -> None:
    boxes = np.random.default_rng(0).standard_normal((12, *shape))
    pool = ImagePool(boxes) if len(shape) == 3 else ArrayPool(boxes[:, 0])
    config = settings("train.epochs=1", "train.batch_size=5", classes=("a", "b", "c"))
    teacher = teacher_of(shape, n_classes=3)
    sraal = Sraal.build(teacher, config, shape, 0)
    sraal.least_steps = 3
    told = fit_alone(sraal, teacher, pool, np.arange(3), np.array([0, 2, 2]), config)
    assert np.isfinite(list(told.values())).all()
    assert np.isfinite(look(sraal, teacher, pool, np.arange(12))).all()


def test_same_seed_same_bits_and_the_teacher_stays_as_it_is() -> None:
    pool, truth = blob_pool(30)
    teacher = teacher_of(BOX)
    state = {name: value.clone() for name, value in teacher.state_dict().items()}

    def fitted(seed: int) -> np.ndarray:
        sraal = Sraal.build(teacher, CONFIG, BOX, 0)
        sraal.least_steps = 5
        fit_alone(sraal, teacher, pool, np.arange(9), truth[:9], CONFIG, seed=seed)
        return look(sraal, teacher, pool, np.arange(30))

    torch.manual_seed(1)
    kept = torch.get_rng_state()
    first = fitted(0)
    assert torch.equal(torch.get_rng_state(), kept)
    torch.manual_seed(2)
    np.testing.assert_array_equal(fitted(0), first)
    assert not np.array_equal(fitted(1), first)
    assert all(p.grad is None for p in teacher.parameters())
    for name, value in teacher.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_targets_of_places_are_refused() -> None:
    pool, _ = blob_pool(10)
    sraal = Sraal.build(teacher_of(BOX), CONFIG, BOX, 0)
    with pytest.raises(ConfigError, match=r"one class a box for sraal, found .* \(5, 8, 8, 8\)"):
        fit_alone(
            sraal, teacher_of(BOX), pool, np.arange(5), np.zeros((5, 8, 8, 8), np.int64), CONFIG
        )


def test_nothing_unlabelled_is_nothing_to_learn() -> None:
    pool, truth = blob_pool(10)
    sraal = Sraal.build(teacher_of(BOX), CONFIG, BOX, 0)
    assert fit_alone(sraal, teacher_of(BOX), pool, np.arange(10), truth, CONFIG) == {}
