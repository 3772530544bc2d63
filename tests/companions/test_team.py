from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from cryoal.companions.student import Student
from cryoal.config import Config, ModelConfig
from cryoal.errors import PairMismatchError, UnknownNameError
from cryoal.models.build import build_network
from tests.teams import make_team, student_of

if TYPE_CHECKING:
    from cryoal.companions.team import Team

MODEL = ModelConfig(width=2, stem="stride")


def weights(team: Team) -> dict[str, torch.Tensor]:
    return {
        f"{role}.{name}": tensor
        for role, network in (("teacher", team.teacher), ("student", student_of(team)))
        for name, tensor in network.state_dict().items()
    }


def test_the_same_seed_gives_the_same_pair() -> None:
    first, second = weights(make_team(MODEL, 3, 5)), weights(make_team(MODEL, 3, 5))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_another_seed_gives_another_pair() -> None:
    first, second = weights(make_team(MODEL, 3, 5)), weights(make_team(MODEL, 3, 6))
    assert not torch.equal(first["teacher.net.conv1.weight"], second["teacher.net.conv1.weight"])


def test_teacher_and_student_start_from_different_weights() -> None:
    team = weights(make_team(MODEL, 3, 5))
    assert not torch.equal(team["teacher.net.conv1.weight"], team["student.net.conv1.weight"])


def test_the_generator_of_torch_is_left_alone() -> None:
    before = torch.get_rng_state()
    make_team(MODEL, 3, 5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)  # and has no influence
    first = weights(make_team(MODEL, 3, 5))
    torch.manual_seed(2)
    second = weights(make_team(MODEL, 3, 5))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_paper_pair_matches_and_the_student_is_smaller() -> None:
    team = make_team(MODEL, 3, 0)
    sizes = [sum(p.numel() for p in net.parameters()) for net in (team.teacher, student_of(team))]
    assert team.teacher.n_modules == student_of(team).n_modules == 4
    assert sizes[1] < sizes[0] / 2


def test_a_student_with_other_modules_is_refused() -> None:
    teacher = build_network("resnet18", width=2, stem="stride", n_classes=3, seed=0)
    teacher.n_modules = 5
    config = Config(classes=("a", "b", "c"), model=MODEL)
    with pytest.raises(PairMismatchError, match="of 5 modules like its teacher resnet18, found 4"):
        Student.build(teacher, config, (1, 8, 8, 8), 0)


def test_an_unknown_backbone_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'resnet18'"):
        make_team(ModelConfig(teacher="resnet-18"), 3, 0)
