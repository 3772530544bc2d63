from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import kl_div, log_softmax

from cryoal.companions.build import build_team
from cryoal.companions.student import Student
from cryoal.config import Config, make_config
from cryoal.errors import PairMismatchError, UnknownNameError
from cryoal.losses.transfer import TRANSFERS, feature_distance
from cryoal.models.base import Output
from cryoal.scoring.predict import predict
from cryoal.testing.array_pool import blob_pool
from cryoal.training.fit import fit_team
from tests.teams import student_of

SMALL = ("model.width=2", "model.stem=stride", "model.teacher=resnet10", "train.epochs=2")


def tiny(*settings: str) -> Config:
    return make_config(["empty", "ball"], settings=[*SMALL, "train.batch_size=8", *settings])


def outputs(seed: int = 0, grad: bool = True) -> tuple[Output, Output]:
    """A student's and a teacher's output of two modules, all of it leaves."""
    g = torch.Generator().manual_seed(seed)

    def one(logits: torch.Tensor) -> Output:
        maps = (torch.randn(3, 2, 4, 4, generator=g), torch.randn(3, 5, 2, 2, generator=g))
        leaves = tuple(m.requires_grad_(grad) for m in maps)
        return Output(logits.requires_grad_(grad), leaves, torch.zeros(3, 5))

    return one(torch.randn(3, 4, generator=g)), one(torch.randn(3, 4, generator=g))


def test_transfer_by_mse_and_l1_is_hand_worked() -> None:
    ones, threes = torch.ones(2, 1, 2, 2), 3 * torch.ones(2, 1, 2, 2)
    assert feature_distance("mse", [ones, ones], [threes, ones]).tolist() == [4.0, 4.0]
    assert feature_distance("l1", [ones, ones], [threes, threes]).tolist() == [4.0, 4.0]


def test_transfer_by_kl_is_torchs() -> None:
    student, teacher = outputs()
    expected = kl_div(
        log_softmax(student.logits, 1),
        log_softmax(teacher.logits, 1),
        log_target=True,
        reduction="batchmean",
    )
    torch.testing.assert_close(TRANSFERS["kl"](student, teacher), expected)


@pytest.mark.parametrize("name", TRANSFERS)
def test_no_transfer_reaches_the_teacher_and_all_teach_the_student(name: str) -> None:
    student, teacher = outputs()
    TRANSFERS[name](student, teacher).backward()
    taught = [student.logits] if name == "kl" else list(student.maps)
    assert all(x.grad is not None and x.grad.abs().sum() > 0 for x in taught)
    assert all(x.grad is None for x in (teacher.logits, *teacher.maps))


@pytest.mark.parametrize("name", TRANSFERS)
def test_a_student_like_its_teacher_costs_nothing(name: str) -> None:
    student, _ = outputs(grad=False)
    assert TRANSFERS[name](student, student).item() == pytest.approx(0.0, abs=1e-7)


def test_features_of_other_shapes_name_the_module() -> None:
    one, other = torch.zeros(1, 2, 4, 4), torch.zeros(1, 3, 4, 4)
    with pytest.raises(PairMismatchError, match=r"module 2 for 'mse'.*\(1, 2, 4, 4\)"):
        feature_distance("mse", [one, one], [one, other])


@pytest.mark.parametrize("transfer", ["attention-code", "mse", "l1", "kl"])
def test_a_pair_learns_by_each_transfer(transfer: str) -> None:
    config = tiny(f"train.transfer={transfer}", "train.transfer_weight=1", "train.epochs=4")
    pool, targets = blob_pool(24)
    team = build_team(config, seed=0)
    history = fit_team(team, pool, np.arange(24), targets, config, seed=0)
    assert history.epochs[-1]["student_loss"] < history.epochs[0]["student_loss"]


def test_feature_distances_are_those_of_the_maps() -> None:
    config = tiny()
    pool, _ = blob_pool(5)
    team = build_team(config, seed=0)
    fields = ["feature_attention", "feature_mse", "feature_l1"]
    found = predict(team, pool, np.arange(5), fields)
    boxes = torch.from_numpy(pool.read_normalised(np.arange(5)))[:, None]
    team.train(False)
    with torch.no_grad():
        maps = [network(boxes).maps for network in (student_of(team), team.teacher)]
    for field in fields:
        expected = feature_distance(field.removeprefix("feature_"), *maps)
        np.testing.assert_allclose(found[field], expected.numpy(), rtol=1e-4)


def test_a_team_holds_what_is_asked_and_the_teacher_is_the_same() -> None:
    alone, both = (build_team(tiny(), names, seed=3) for names in ((), ("student",)))
    assert list(alone.models()) == ["teacher"]
    assert list(both.models()) == ["teacher", "student"]
    assert isinstance(both.companions["student"], Student)
    other = both.teacher.state_dict()
    assert all(torch.equal(v, other[k]) for k, v in alone.teacher.state_dict().items())


def test_an_unknown_companion_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'committee'"):
        build_team(tiny(), ["comittee"], seed=0)
