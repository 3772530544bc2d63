from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from cryoal.companions.vaal import Vaal
from cryoal.testing.array_pool import ArrayPool, blob_pool
from tests.companions.classroom import ImagePool, fit_alone, look, settings, teacher_of

BOX = (1, 8, 8, 8)
CONFIG = settings("train.epochs=1")


def test_the_discriminator_tells_what_was_never_labelled() -> None:
    """Only empty boxes are labelled; balls look unlabelled, and so do balls never seen."""
    pool, truth = blob_pool(200)
    empty, balls = np.flatnonzero(truth == 0), np.flatnonzero(truth == 1)
    labelled = empty[:40]
    unlabelled = np.sort(np.concatenate([empty[40:70], balls[:50]]))
    vaal = Vaal.build(teacher_of(BOX), CONFIG, BOX, 0)
    told = fit_alone(
        vaal, teacher_of(BOX), pool, labelled, truth[labelled], CONFIG, unlabelled=unlabelled
    )
    assert set(told) == {"vaal_reconstruction", "vaal_divergence", "vaal_discriminator"}
    fresh = np.concatenate([empty[70:], balls[50:]])
    found = look(vaal, teacher_of(BOX), pool, fresh)
    assert found.shape == fresh.shape
    assert ((found >= 0) & (found <= 1)).all()
    assert roc_auc_score(truth[fresh] == 0, found) > 0.98


def test_the_posterior_does_not_collapse() -> None:
    """The latents say something of the box: more than 1 nat, and the ball comes back."""
    pool, truth = blob_pool(100)
    vaal = Vaal.build(teacher_of(BOX), CONFIG, BOX, 0)
    told = fit_alone(vaal, teacher_of(BOX), pool, np.arange(40), truth[:40], CONFIG)
    assert told["vaal_divergence"] > 1.0
    x = torch.from_numpy(pool.read_normalised(np.arange(100)))[:, None]
    with torch.inference_mode():
        restored = vaal.autoencoder.decode(vaal.autoencoder.encode(x).mean)[:, 0, 4, 4, 4].numpy()
    assert (
        restored[truth == 1].mean() - restored[truth == 0].mean() > 0.5
    )  # a prior without a code: 0


@pytest.mark.parametrize("shape", [(1, 8, 8, 8), (1, 10, 12, 14), (3, 8, 8), (3, 15, 9)])
def test_any_shape_odd_batches_and_few_boxes(shape: tuple[int, ...]) -> None:
    boxes = np.random.default_rng(0).standard_normal((12, *shape))
    pool = ImagePool(boxes) if len(shape) == 3 else ArrayPool(boxes[:, 0])
    config = settings("train.batch_size=5")
    vaal = Vaal.build(teacher_of(shape), config, shape, 0)
    vaal.least_steps = 3
    config = settings("train.epochs=1", "train.batch_size=5")
    told = fit_alone(vaal, teacher_of(shape), pool, np.arange(3), np.zeros(3, np.int64), config)
    assert np.isfinite(list(told.values())).all()
    assert np.isfinite(look(vaal, teacher_of(shape), pool, np.arange(12))).all()


def test_same_seed_same_bits_and_no_global_randomness() -> None:
    pool, truth = blob_pool(30)

    def fitted(seed: int) -> np.ndarray:
        vaal = Vaal.build(teacher_of(BOX), CONFIG, BOX, 0)
        vaal.least_steps = 5
        fit_alone(vaal, teacher_of(BOX), pool, np.arange(9), truth[:9], CONFIG, seed=seed)
        return look(vaal, teacher_of(BOX), pool, np.arange(30))

    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = fitted(0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    np.testing.assert_array_equal(fitted(0), first)
    assert not np.array_equal(fitted(1), first)


def test_looking_changes_nothing_and_a_box_is_seen_alone() -> None:
    pool, truth = blob_pool(30)
    teacher = teacher_of(BOX)
    vaal = Vaal.build(teacher, CONFIG, BOX, 0)
    vaal.least_steps = 5
    fit_alone(vaal, teacher, pool, np.arange(9), truth[:9], CONFIG)
    assert not any(layer.training for layer in vaal.modules())
    before = {name: value.clone() for name, value in vaal.state_dict().items()}
    together = look(vaal, teacher, pool, np.arange(30))
    alone = look(vaal, teacher, pool, np.array([17]))
    np.testing.assert_allclose(alone[0], together[17], rtol=1e-4)
    for name, value in vaal.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_nothing_unlabelled_is_nothing_to_learn() -> None:
    pool, truth = blob_pool(10)
    vaal = Vaal.build(teacher_of(BOX), CONFIG, BOX, 0)
    assert fit_alone(vaal, teacher_of(BOX), pool, np.arange(10), truth, CONFIG) == {}
    assert np.isfinite(look(vaal, teacher_of(BOX), pool, np.arange(10))).all()


def test_weights_depend_on_the_seed_alone_and_follow_the_width() -> None:
    first, again, other = (Vaal.build(teacher_of(BOX), CONFIG, BOX, seed) for seed in (0, 0, 1))
    assert torch.equal(first.autoencoder.mean.weight, again.autoencoder.mean.weight)
    assert not torch.equal(first.autoencoder.mean.weight, other.autoencoder.mean.weight)
    wide = Vaal.build(teacher_of(BOX), settings("model.width=64"), (1, 32, 32, 32), 0)
    assert [m.out_channels for m in wide.autoencoder.encoder if isinstance(m, torch.nn.Conv3d)] == [
        64,
        128,
        256,
    ]
    assert [m.out_features for m in wide.discriminator if isinstance(m, torch.nn.Linear)] == [
        512,
        512,
        1,
    ]
