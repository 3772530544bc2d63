from __future__ import annotations

import pytest
import torch

from cryoal.config import ModelConfig
from cryoal.errors import PairMismatchError, UnknownNameError
from cryoal.models.pairs import Pair, build_network, build_pair

MODEL = ModelConfig(width=2, stem="stride")


def weights(pair: Pair) -> dict[str, torch.Tensor]:
    return {
        f"{role}.{name}": tensor
        for role, network in (("teacher", pair.teacher), ("student", pair.student))
        for name, tensor in network.state_dict().items()
    }


def test_the_same_seed_gives_the_same_pair() -> None:
    first, second = weights(build_pair(MODEL, 3, 5)), weights(build_pair(MODEL, 3, 5))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_another_seed_gives_another_pair() -> None:
    first, second = weights(build_pair(MODEL, 3, 5)), weights(build_pair(MODEL, 3, 6))
    assert not torch.equal(first["teacher.net.conv1.weight"], second["teacher.net.conv1.weight"])


def test_teacher_and_student_start_from_different_weights() -> None:
    pair = weights(build_pair(MODEL, 3, 5))
    assert not torch.equal(pair["teacher.net.conv1.weight"], pair["student.net.conv1.weight"])


def test_the_generator_of_torch_is_left_alone() -> None:
    before = torch.get_rng_state()
    build_pair(MODEL, 3, 5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)  # and has no influence
    first = weights(build_pair(MODEL, 3, 5))
    torch.manual_seed(2)
    second = weights(build_pair(MODEL, 3, 5))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_paper_pair_matches_and_the_student_is_smaller() -> None:
    pair = build_pair(MODEL, 3, 0)
    sizes = [sum(p.numel() for p in net.parameters()) for net in (pair.teacher, pair.student)]
    assert pair.teacher.n_modules == pair.student.n_modules == 4
    assert sizes[1] < sizes[0] / 2


def test_a_student_with_other_modules_is_refused() -> None:
    teacher = build_network("resnet18", width=2, stem="stride", n_classes=3, seed=0)
    student = build_network("resnet10", width=2, stem="stride", n_classes=3, seed=0)
    student.n_modules = 5
    with pytest.raises(PairMismatchError, match="student of 4 modules like its teacher, found 5"):
        Pair(teacher, student)


def test_an_unknown_backbone_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'resnet18'"):
        build_pair(ModelConfig(teacher="resnet-18"), 3, 0)
