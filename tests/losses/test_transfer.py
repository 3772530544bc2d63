from __future__ import annotations

import torch
from cryoal_kernels import dense_score, kl_score

from cryoal.losses.transfer import TRANSFERS
from cryoal.models.base import Output


def outputs(*shape: int) -> list[Output]:
    generator = torch.Generator().manual_seed(0)
    logits = (2 * torch.randn(*shape, generator=generator) for _ in range(2))
    return [Output(x, (), x) for x in logits]


def test_kl_of_masks_is_the_mean_over_all_pixels() -> None:
    student, teacher = outputs(3, 4, 5, 6)
    expected = dense_score(teacher.logits, student.logits, metric="kl").mean()
    torch.testing.assert_close(TRANSFERS["kl"](student, teacher), expected)


def test_kl_of_one_class_each_is_the_mean_over_the_boxes() -> None:
    student, teacher = outputs(7, 4)
    expected = kl_score(teacher.logits, student.logits).mean()
    assert torch.equal(TRANSFERS["kl"](student, teacher), expected)
