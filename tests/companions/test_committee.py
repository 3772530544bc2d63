from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from cryoal.companions.base import Lesson
from cryoal.companions.build import build_team
from cryoal.companions.committee import Committee
from cryoal.feed.loaders import TrainingBoxes
from cryoal.models.base import Network
from cryoal.models.build import build_network
from cryoal.testing.array_pool import blob_pool
from cryoal.training.batch_norm import refresh_statistics
from cryoal.training.fit import fit_team
from tests.companions.classroom import fit_alone, look, settings, teach

SHAPE = (1, 8, 8, 8)
CONFIG = settings("model.stem=stride", "train.epochs=6")

CPU = torch.device("cpu")


def team(seed: int = 0) -> tuple[Network, Committee]:
    teacher = build_network("resnet10", width=4, stem="stride", n_classes=2, seed=99)
    return teacher, Committee.build(teacher, CONFIG, SHAPE, seed)


def test_members_differ_at_first_and_agree_on_easy_boxes() -> None:
    pool, truth = blob_pool(100)
    teacher, committee = team()
    test = np.arange(60, 100)
    before = look(committee, teacher, pool, test)
    assert before.shape == (40, 3, 2)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(before[:, one] - before[:, other]).max() > 0.01
    told = teach(teacher, committee, pool, np.arange(60), truth[:60], CONFIG)
    fit_alone(committee, teacher, pool, np.arange(60), truth[:60], CONFIG)
    after = look(committee, teacher, pool, test)
    for member in range(1, 3):
        assert (after[:, member].argmax(1) == truth[60:]).mean() >= 0.95
    assert told[-1]["committee_loss"] < told[0]["committee_loss"] / 2
    p = np.exp(after.astype(np.float64))
    mean = p.mean(axis=1)
    divergence = -(mean * np.log(mean)).sum(1) + (p * after).sum(2).mean(1)
    assert np.median(divergence) < 0.1  # of at most log 2 nats


def test_the_teacher_is_the_first_member() -> None:
    pool, _ = blob_pool(5)
    teacher, committee = team()
    found = look(committee, teacher, pool, np.arange(5))
    with torch.inference_mode():
        x = torch.from_numpy(pool.read_normalised(np.arange(5)))[:, None]
        np.testing.assert_array_equal(found[:, 0], teacher(x).logits.log_softmax(1).numpy())
    np.testing.assert_allclose(np.exp(found).sum(axis=2), 1.0, rtol=1e-5)


def test_each_member_learns_by_its_own_task_loss() -> None:
    """Gradients of `learn` are those of each member alone, and none reaches the teacher."""
    pool, truth = blob_pool(7)
    teacher, committee = team()
    x = torch.from_numpy(pool.read_normalised(np.arange(7)))[:, None]
    y = torch.from_numpy(truth)
    weights = torch.tensor([1.0, 3.0])
    output = teacher(x)
    losses = cross_entropy(output.logits, y, reduction="none").detach()
    committee.train()
    lesson = Lesson(x, y, weights, output, losses, 0.0, "float32")
    assert committee.joint(lesson) is None
    torch.autograd.backward(committee.learn(lesson).loss)
    assert all(p.grad is None for p in teacher.parameters())
    _, alone = team()
    alone.train()
    for member, expected in zip(committee.others, alone.others, strict=True):
        torch.autograd.backward(cross_entropy(expected(x).logits, y, weights))
        for p, q in zip(member.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(p.grad, q.grad)


def test_same_seed_same_bits() -> None:
    pool, truth = blob_pool(17)

    def taught() -> np.ndarray:
        teacher, committee = team()
        teach(teacher, committee, pool, np.arange(17), truth, CONFIG)
        fit_alone(committee, teacher, pool, np.arange(17), truth, CONFIG)
        return look(committee, teacher, pool, np.arange(17))

    np.testing.assert_array_equal(taught(), taught())


def test_weights_depend_on_the_seed_alone() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    _, first = team()
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    _, again = team()
    _, other = team(1)
    assert all(
        torch.equal(p, q) for p, q in zip(first.parameters(), again.parameters(), strict=True)
    )
    assert not torch.equal(next(first.parameters()), next(other.parameters()))


@pytest.mark.parametrize("how", ["running", "refreshed"])
def test_statistics_are_refreshed_where_the_teachers_are(how: str) -> None:
    """Refreshed ones are plain means over the boxes: those of another pass are the same."""
    pool, truth = blob_pool(20)
    config = settings("model.stem=stride", "train.epochs=2", f"train.batch_norm={how}")
    trained = build_team(config, ["committee"], seed=0, shape=(1, 8, 8, 8))
    fit_team(trained, pool, np.arange(20), truth, config, seed=0)
    committee = trained.companions["committee"]
    assert isinstance(committee, Committee)
    for member in committee.others:
        assert isinstance(member, Network)
        before = {k: v.clone() for k, v in member.state_dict().items() if "running" in k}
        boxes = TrainingBoxes(pool, np.arange(20), CPU)
        refresh_statistics(member, boxes, 20, precision="float32", device=CPU)
        same = all(torch.equal(v, member.state_dict()[k]) for k, v in before.items())
        assert same == (how == "refreshed")


def test_looking_changes_nothing_and_one_class_may_be_missing() -> None:
    pool, _ = blob_pool(9)
    teacher, committee = team()
    teach(teacher, committee, pool, np.arange(9), np.zeros(9, dtype=np.int64), CONFIG)
    before = {name: value.clone() for name, value in committee.state_dict().items()}
    assert np.isfinite(look(committee, teacher, pool, np.arange(9))).all()
    assert not any(layer.training for layer in committee.modules())
    for name, value in committee.state_dict().items():
        assert torch.equal(value, before[name]), name
