from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.errors import DivergedError
from cryoal.testing.array_pool import ArrayPool, blob_pool
from cryoal.training.course import Course
from cryoal.training.diverged import not_finite, refuse_not_finite
from cryoal.training.fit import fit_team

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("model.width=4", "model.stem=stride", "model.teacher=resnet10", "train.batch_size=8")


def fit(*settings: str, far: float = 0.0, checkpoint: Path | None = None) -> None:
    """Train on 24 boxes; `far` is put into a voxel of one."""
    boxes = blob_pool(24)[0].read_normalised(np.arange(24))
    if far:
        boxes[3, 4, 4, 4] = far
    config = make_config(["empty", "ball"], settings=[*SMALL, *settings])
    fit_team(
        build_team(config, seed=0),
        ArrayPool(boxes),
        np.arange(24),
        np.arange(24) % 2,
        config,
        seed=0,
        checkpoint=checkpoint,
        checkpoint_seconds=0.0,
    )


def test_the_first_tensor_that_is_not_finite_is_named() -> None:
    layer = nn.BatchNorm1d(3)
    assert not_finite({"teacher": layer}) is None
    layer.running_var[1] = float("inf")  # type: ignore[index]
    layer.running_var[2] = float("nan")  # type: ignore[index]
    assert (
        not_finite({"a": nn.Linear(2, 2), "b": layer}) == "inf in 2 of 3 numbers of b running_var"
    )
    with pytest.raises(
        DivergedError, match=r"expected finite weights .* today, found inf in 2 of 3"
    ):
        refuse_not_finite({"b": layer}, "today")
    assert not_finite({"loss": nn.ReLU()}) is None


def test_running_statistics_that_overflow_stop_training_though_the_losses_are_numbers() -> None:
    found = (
        r"expected finite weights and running statistics after epoch 1 of 2,"
        r" found inf in . of 4 numbers of teacher net.bn1.running_var: .* the boxes reach 1e\+20"
    )
    with pytest.raises(DivergedError, match=found):
        fit("train.epochs=2", far=1e20)


def test_the_rate_is_not_blamed_for_a_box_that_no_rate_bears() -> None:
    with pytest.raises(
        DivergedError, match=r"found nan: .* it is the same: .* reach 3e\+38"
    ) as told:
        fit("train.epochs=2", far=3e38)
    assert "too high" not in str(told.value)


def test_a_late_failure_names_no_cause_and_the_checkpoint_is_of_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    epoch = Course.epoch

    def fails_late(self: Course, number: int, share: float = 1.0) -> dict[str, float]:
        told = epoch(self, number, share)
        return told if number < 6 else told | {"teacher_loss": float("inf")}

    monkeypatch.setattr(Course, "epoch", fails_late)
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(
        DivergedError, match="in epoch 7 of 8, found inf: the cause is not known"
    ) as e:
        fit("train.epochs=8", checkpoint=path)
    assert "too high" not in str(e.value)
    assert str(e.value).endswith(f"; {path} is of an epoch before")


def test_what_is_tried_again_starts_where_the_run_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after a resume: with a share of 1 the same epochs give the same losses."""
    seen: list[tuple[int, float, dict[str, float], torch.Tensor]] = []
    epoch = Course.epoch

    def fails(self: Course, number: int, share: float = 1.0) -> dict[str, float]:
        told = epoch(self, number, 1.0)
        weights = next(self.team.teacher.parameters()).detach().clone()
        seen.append((number, share, told, weights))
        return told if number < 2 or share < 1 else told | {"teacher_loss": float("nan")}

    monkeypatch.setattr(Course, "epoch", fails)
    with pytest.raises(DivergedError, match=r"0\.1 is too high, at 0\.01 the same epochs stay"):
        fit("train.epochs=8", "train.learning_rate=0.1", "train.momentum=0.9")
    assert [(number, share) for number, share, _, _ in seen] == [
        *((0, 1.0), (1, 1.0), (2, 1.0)),
        *((0, 0.1), (1, 0.1), (2, 0.1)),
    ]
    for (_, _, told, weights), (_, _, again, others) in zip(seen[:3], seen[3:], strict=True):
        assert told == again
        assert torch.equal(weights, others)
