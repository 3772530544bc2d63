"""Teacher and student that begin with an encoder's weights."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.models.build import build_network
from cryoal.pretrain.pretrained import Pretrained
from cryoal.pretrain.start import fine_tuning, shortened, start_from
from tests.teams import student_of

BOXES = torch.randn(6, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))


def pretrained(backbone: str = "resnet10") -> Pretrained:
    network = build_network(backbone, width=2, stem="stride", n_classes=2, seed=9)
    with torch.no_grad():  # running statistics that are not those of the start
        network(3 * BOXES + 1)
    return Pretrained(network.eval(), {"box": 8, "side": 8})


@pytest.mark.parametrize("teacher", ["resnet10", "resnet18", "resnet34"])
def test_a_deeper_teacher_computes_at_first_what_the_encoder_does(teacher: str) -> None:
    settings = [f"model.teacher={teacher}", "model.width=2", "model.stem=stride", "pool.box=8"]
    team = build_team(make_config(["a", "b", "c"], settings=settings), seed=0)
    source = pretrained()
    assert start_from(team, source) == ["teacher", "student"]
    team.train(False)
    with torch.no_grad():
        expected = source.encoder(BOXES).embedding
        assert torch.equal(student_of(team)(BOXES).embedding, expected)
        assert torch.allclose(team.teacher(BOXES).embedding, expected, atol=1e-6)
        assert team.teacher(BOXES).logits.shape == (6, 3)


def test_blocks_that_the_encoder_lacks_still_learn() -> None:
    settings = ["model.width=2", "model.stem=stride", "pool.box=8"]
    team = build_team(make_config(["a", "b"], settings=settings), seed=0)
    start_from(team, pretrained())
    team.train()
    team.teacher(BOXES).logits.square().sum().backward()  # type: ignore[no-untyped-call]
    gradient = dict(team.teacher.named_parameters())["net.layer1.1.bn2.weight"].grad
    assert gradient is not None
    assert gradient.abs().max() > 0


def test_a_network_of_another_family_or_width_is_left_as_it_was() -> None:
    settings = ["model.teacher=densenet63", "model.student=resnet10", "model.width=4"]
    team = build_team(make_config(["a", "b"], settings=[*settings, "pool.box=8"]), seed=0)
    before = {name: value.clone() for name, value in team.teacher.state_dict().items()}
    assert start_from(team, pretrained()) == []
    after = team.teacher.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_weights_of_larger_voxels_are_not_taken() -> None:
    settings = ["model.width=2", "model.stem=stride", "pool.box=16"]
    team = build_team(make_config(["a", "b"], settings=settings), seed=0)
    assert start_from(team, replace(pretrained(), made_from={"box": 16, "side": 8})) == []


def test_a_team_that_starts_so_learns_at_a_share_of_the_rate() -> None:
    config = make_config(["a", "b"], settings=["train.learning_rate=0.05", "pretrain.rate=0.1"])
    assert fine_tuning(config).train.learning_rate == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("epochs", "share", "learnt_in"), [(40, 0.5, 20), (40, 1.0, 40), (5, 0.25, 1), (1, 0.5, 1)]
)
def test_it_learns_in_a_share_of_the_epochs_and_in_one_at_least(
    epochs: int, share: float, learnt_in: int
) -> None:
    settings = [f"train.epochs={epochs}", f"pretrain.epochs={share}"]
    config = make_config(["a", "b"], settings=settings)
    assert shortened(config).train.epochs == learnt_in
    assert shortened(config).train.learning_rate == config.train.learning_rate
