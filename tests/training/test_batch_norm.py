from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.feed.loaders import TrainingBoxes
from cryoal.scoring.predict import predict
from cryoal.testing.array_pool import blob_pool
from cryoal.training import batch_norm
from cryoal.training.batch_norm import refresh_statistics
from cryoal.training.fit import fit_team
from tests.teams import student_of

if TYPE_CHECKING:
    import pytest

    from cryoal.companions.team import Team
    from cryoal.models.base import Network

CPU = torch.device("cpu")
SMALL = ("model.width=4", "train.batch_size=8", "train.epochs=3")


def trained(*settings: str) -> tuple[Team, TrainingBoxes, int]:
    pool, targets = blob_pool(20)
    config = make_config(["ice", "ball"], "laptop", [*SMALL, *settings])
    team = build_team(config, seed=0)
    index = np.arange(20)
    fit_team(team, pool, index, targets, config, seed=0, device=CPU)
    return team, TrainingBoxes(pool, index, CPU), 20


def refresh(network: Network, boxes: TrainingBoxes, n: int) -> None:
    refresh_statistics(network, boxes, n, precision="float32", device=CPU)


def test_refreshed_statistics_are_those_of_the_training_boxes() -> None:
    team, boxes, n = trained("train.batch_norm=refreshed")
    net = team.teacher.net  # type: ignore[attr-defined]
    seen = net.conv1(boxes[np.arange(n)]).double()
    torch.testing.assert_close(
        net.bn1.running_mean.double(), seen.mean((0, 2, 3, 4)), rtol=1e-4, atol=1e-5
    )
    torch.testing.assert_close(
        net.bn1.running_var.double(), seen.var((0, 2, 3, 4)), rtol=1e-4, atol=1e-5
    )


def test_several_batches_count_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    team, boxes, n = trained()
    monkeypatch.setattr(batch_norm, "BATCH", 10)
    refresh(team.teacher, boxes, n)
    net = team.teacher.net  # type: ignore[attr-defined]
    halves = [net.conv1(boxes[rows]) for rows in np.array_split(np.arange(n), 2)]
    mean = torch.stack([half.mean((0, 2, 3, 4)) for half in halves]).mean(0)
    torch.testing.assert_close(net.bn1.running_mean, mean, rtol=1e-4, atol=1e-5)


def test_weights_modes_and_momentum_are_left_alone() -> None:
    team, boxes, n = trained()
    network = student_of(team)
    before = {name: p.clone() for name, p in network.named_parameters()}
    refresh(network, boxes, n)
    assert all(torch.equal(p, before[name]) for name, p in network.named_parameters())
    layers = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm3d)]
    assert {layer.momentum for layer in layers} == {0.1}
    assert not any(layer.training for layer in layers)


def test_after_few_steps_eval_mode_knows_what_was_learned() -> None:
    """With 15 steps the running averages are still mostly those of the start."""
    pool, targets = blob_pool(20)
    accuracy = {}
    for how in ("running", "refreshed"):
        team, _, _ = trained(f"train.batch_norm={how}", "train.epochs=5")
        looked = predict(team, pool, np.arange(20))["teacher_log_posterior"]
        accuracy[how] = float(np.mean(looked.argmax(axis=1) == targets))
    assert accuracy["refreshed"] >= 0.95
    assert accuracy["running"] <= 0.8  # 0.7 is the share of the larger class
