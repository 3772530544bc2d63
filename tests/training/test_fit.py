from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from cryoal.companions.build import build_team
from cryoal.config import Config, make_config
from cryoal.errors import DivergedError, LabelError
from cryoal.losses.attention_transfer import attention_transfer
from cryoal.scoring.predict import predict
from cryoal.testing.array_pool import ArrayPool, blob_pool
from cryoal.training.fit import fit_team
from tests.teams import student_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.companions.team import Team
    from cryoal.training.fit import History

SMALL = ("model.width=4", "model.stem=stride", "model.teacher=resnet10")
BOTH = ("teacher_log_posterior", "student_log_posterior")
STILL = ("augment.rotations=false", "augment.mirror=false", "augment.shift=0")


def tiny(*settings: str) -> Config:
    defaults = [*SMALL, "train.epochs=2", "train.batch_size=8"]
    return make_config(["empty", "ball"], settings=[*defaults, *settings])


def fit(
    config: Config,
    n: int = 24,
    seed: int = 0,
    targets: Sequence[int] | None = None,
    box: int = 8,
) -> tuple[Team, History]:
    pool, truth = blob_pool(n, box)
    labels = truth if targets is None else np.array(targets)
    team = build_team(config, seed=seed)
    return team, fit_team(team, pool, np.arange(n), labels, config, seed=seed)


def weights(team: Team) -> dict[str, torch.Tensor]:
    return {f"teacher.{k}": v for k, v in team.teacher.state_dict().items()} | {
        f"student.{k}": v for k, v in student_of(team).state_dict().items()
    }


def test_a_pair_learns_to_tell_balls_from_noise() -> None:
    pool, targets = blob_pool(100, contrast=2.0)
    config = tiny("train.epochs=8", "train.batch_size=15", "train.learning_rate=0.05")
    team = build_team(config, seed=0)
    history = fit_team(team, pool, np.arange(60), targets[:60], config, seed=0)
    found = predict(team, pool, np.arange(60, 100), BOTH)
    for field in BOTH:
        assert (found[field].argmax(1) == targets[60:]).mean() >= 0.95
    assert history.epochs[-1]["teacher_loss"] < history.epochs[0]["teacher_loss"] / 2
    assert history.epochs[-1]["transfer_loss"] < history.epochs[0]["transfer_loss"] / 2


def test_one_step_is_the_one_of_the_paper() -> None:
    """Against gradients written out: task loss alone for the teacher, plus 100 x eq. 1 for S."""
    once = ("train.epochs=1", "train.batch_size=24", "train.batch_norm=running")
    config = tiny(*once, *STILL)
    pool, targets = blob_pool(24)
    team, history = fit(config)

    expected = build_team(config, seed=0)
    x = torch.from_numpy(pool.read_normalised(np.arange(24)))[:, None]
    y = torch.from_numpy(targets)
    teacher, student = expected.teacher(x), student_of(expected)(x)
    teacher_loss = cross_entropy(teacher.logits, y)
    transfer = attention_transfer(student.maps, [m.detach() for m in teacher.maps])
    student_loss = cross_entropy(student.logits, y)
    train = config.train
    for network, loss in (
        (expected.teacher, teacher_loss),
        (student_of(expected), student_loss + 100.0 * transfer),
    ):
        parameters = list(network.parameters())
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.data -= train.learning_rate * (gradient + train.weight_decay * p.data)

    found = weights(team)
    for name, tensor in weights(expected).items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-4, msg=name)
    (epoch,) = history.epochs
    assert epoch["teacher_loss"] == pytest.approx(teacher_loss.item(), rel=1e-4)
    assert epoch["student_loss"] == pytest.approx(student_loss.item(), rel=1e-4)
    assert epoch["transfer_loss"] == pytest.approx(transfer.item(), rel=1e-4)


def test_the_teacher_knows_nothing_of_the_student() -> None:
    """With any weight of the transfer loss the teacher is the same to the bit."""
    one, _ = fit(tiny("train.transfer_weight=0"))
    other, _ = fit(tiny("train.transfer_weight=100"))
    first, second = weights(one), weights(other)
    for name in first:
        assert torch.equal(first[name], second[name]) == name.startswith("teacher") or (
            "num_batches_tracked" in name
        )


def test_the_same_seed_trains_the_same_pair_and_another_another() -> None:
    first, second, other = (weights(fit(tiny(), seed=seed)[0]) for seed in (3, 3, 4))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["teacher.net.fc.weight"], other["teacher.net.fc.weight"])


def test_the_order_of_the_labels_does_not_matter() -> None:
    config = tiny()
    pool, targets = blob_pool(24)
    teams = []
    for index in (np.arange(24), np.random.default_rng(0).permutation(24)):
        team = build_team(config, seed=0)
        fit_team(team, pool, index, targets[index], config, seed=0)
        teams.append(weights(team))
    assert all(torch.equal(teams[0][name], teams[1][name]) for name in teams[0])


def test_global_generators_are_neither_used_nor_changed() -> None:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    before = torch.get_rng_state(), np.random.get_state(legacy=False)  # noqa: NPY002
    first = weights(fit(tiny())[0])
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_equal(np.random.get_state(legacy=False), before[1])  # noqa: NPY002
    torch.manual_seed(2)
    second = weights(fit(tiny())[0])
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_rate_falls_and_the_history_says_so() -> None:
    _, history = fit(tiny("train.epochs=5", "train.learning_rate=0.01"))
    assert [e["learning_rate"] for e in history.epochs] == pytest.approx([0.01] * 4 + [0.001])
    columns = history.as_json()
    assert columns["teacher_loss"] == [e["teacher_loss"] for e in history.epochs]
    assert len(columns["seconds"]) == 5


@pytest.mark.parametrize("n", [2, 3, 9])
def test_very_few_labels_train(n: int) -> None:
    _, history = fit(tiny(), n=n)
    assert np.isfinite(history.epochs[-1]["student_loss"])


def test_one_class_alone_trains() -> None:
    _, history = fit(tiny("train.epochs=4"), targets=[1] * 24)
    assert history.epochs[-1]["teacher_accuracy"] == 1.0


def test_balanced_weights_reach_the_loss() -> None:
    rare = [1] + [0] * 23
    plain, _ = fit(tiny(), targets=rare)
    balanced, _ = fit(tiny("train.class_weights=balanced"), targets=rare)
    assert not torch.equal(plain.teacher.net.fc.weight, balanced.teacher.net.fc.weight)  # type: ignore[union-attr, arg-type]


def test_boxes_are_read_once() -> None:
    reads = 0

    class Counting(ArrayPool):
        def read_normalised(self, index: np.ndarray) -> np.ndarray:
            nonlocal reads
            reads += len(index)
            return super().read_normalised(index)

    config = tiny("train.epochs=4")
    pool = Counting(blob_pool(24)[0].read_normalised(np.arange(24)))
    fit_team(build_team(config, seed=0), pool, np.arange(24), np.arange(24) % 2, config, seed=0)
    assert reads <= 25  # one more to learn the size


@pytest.mark.parametrize(
    ("index", "targets", "message"),
    [
        ([0], [0], "at least 2 labelled boxes to train, found 1"),
        ([], [], "at least 2 labelled boxes to train, found 0"),
        ([0, 1], [0], "a class for each of 2 boxes, found 1"),
        ([0, 1], [0, 2], "classes 0 to 1, found 2"),
        ([0, 1], [0, -1], "classes 0 to 1, found -1"),
    ],
)
def test_impossible_labels_are_refused(index: list[int], targets: list[int], message: str) -> None:
    config = tiny()
    team = build_team(config, seed=0)
    with pytest.raises(LabelError, match=message):
        fit_team(
            team,
            blob_pool(4)[0],
            np.array(index, dtype=np.int64),
            np.array(targets, dtype=np.int64),
            config,
            seed=0,
        )


def test_a_loss_that_is_no_number_stops_training() -> None:
    """That the rate is too high is said because the same epochs went well at a lower one."""
    found = (
        r"finite teacher_loss in epoch .*1e\+30 is too high, at 0.001 the same epochs stay finite"
    )
    with pytest.raises(DivergedError, match=found):
        fit(tiny("train.learning_rate=1e30", "train.epochs=4"))


def test_the_first_step_of_adam_is_as_long_as_the_rate_everywhere() -> None:
    # Adam's first step is rate * g / (|g| + eps): whatever the gradient, the rate long.
    config = tiny(
        "train.optimizer=adam", "train.learning_rate=0.001", "train.epochs=1", *STILL,
        "train.weight_decay=0",
    )  # fmt: skip
    before = weights(build_team(config, seed=0))
    after = weights(fit(config, n=8)[0])
    moved = (after["teacher.net.fc.weight"] - before["teacher.net.fc.weight"]).abs()
    assert moved.median().item() == pytest.approx(0.001, rel=1e-3)
