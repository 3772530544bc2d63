from __future__ import annotations

import pytest
import torch

from cryoal.config import ModelConfig
from cryoal.scoring.at_once import inputs_at_once
from tests.teams import make_team, student_of


@pytest.mark.parametrize(
    ("width", "stem", "box", "expected"),
    [
        (16, "stride", 32, 16),  # the laptop preset: 16 x 16^3 x 4 bytes are 256 KiB
        (16, "stride", 16, 128),
        (16, "stride", 64, 2),  # 2 MiB each
        (64, "cifar", 16, 4),  # the paper's: 64 x 16^3 x 4 bytes are 1 MiB
        (16, "cifar", 64, 2),  # 16 MiB, and one alone has other bits
        (2, "stride", 8, 128),
    ],
)
def test_on_a_cpu_as_many_as_keep_the_widest_activation_within_4_mib(
    width: int, stem: str, box: int, expected: int
) -> None:
    team = make_team(ModelConfig(teacher="resnet10", width=width, stem=stem), 3, 0)
    networks, shape = [team.teacher, student_of(team)], (1, box, box, box)
    assert inputs_at_once(networks, shape, torch.device("cpu")) == expected


@pytest.mark.parametrize(("box", "expected"), [(8, 128), (32, 128), (64, 16), (256, 1)])
def test_on_a_gpu_as_many_voxels_as_128_boxes_of_32(box: int, expected: int) -> None:
    assert inputs_at_once([], (1, box, box, box), torch.device("cuda")) == expected
