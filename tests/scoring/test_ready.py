from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from cryoal.companions.build import build_team
from cryoal.config import ModelConfig, make_config
from cryoal.progress import SILENT
from cryoal.scoring.of_team import OfTeam
from cryoal.scoring.predict import predict
from cryoal.scoring.ready import Ready
from cryoal.testing.array_pool import blob_pool
from tests.teams import make_team, student_of

if TYPE_CHECKING:
    from cryoal.companions.team import Team

POOL, _ = blob_pool(21)
CPU = torch.device("cpu")
SHAPE = (1, 8, 8, 8)
SMALL = ModelConfig(teacher="resnet10", width=4, stem="stride")
BOTH = ("teacher_log_posterior", "student_log_posterior")


def small_team() -> Team:
    return make_team(SMALL, 2)


def test_no_batch_norm_is_left_to_compute_and_the_team_keeps_its_own() -> None:
    team = small_team()
    ready = Ready(team).of(["teacher", "student"], CPU, SHAPE)
    for one in (ready.teacher, student_of(ready)):
        assert not any(isinstance(m, _BatchNorm) for m in one.modules())
        assert not any(m.training for m in one.modules())
    assert any(isinstance(m, _BatchNorm) for m in team.teacher.modules())


def test_models_are_made_ready_once_and_again_when_they_learnt() -> None:
    team = small_team()
    ready = Ready(team)
    first = ready.of(["teacher"], CPU, SHAPE).teacher
    assert ready.of(["teacher"], CPU, SHAPE).teacher is first
    with torch.no_grad():
        next(team.teacher.parameters()).mul_(2)
    second = ready.of(["teacher"], CPU, SHAPE).teacher
    assert second is not first
    team.teacher.train()(torch.randn(2, *SHAPE))  # running statistics alone
    assert ready.of(["teacher"], CPU, SHAPE).teacher is not second


def test_in_float32_no_second_copy_of_many_weights_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    team = small_team()
    tensors = [*team.teacher.parameters(), *team.teacher.buffers()]
    n_bytes = sum(each.nbytes for each in tensors)
    index = np.arange(5)
    folded = predict(team, POOL, index, BOTH)
    monkeypatch.setattr("cryoal.scoring.ready.HEAVY", n_bytes - 1)
    assert Ready(team).of(["teacher"], CPU, SHAPE).teacher is team.teacher
    half = Ready(team, "bfloat16").of(["teacher"], CPU, SHAPE).teacher
    assert sum(each.nbytes for each in half.parameters()) < 0.6 * n_bytes
    team.teacher.train()
    as_it_is = predict(team, POOL, index, BOTH)
    assert all(module.training for module in team.teacher.modules())
    for field in BOTH:
        np.testing.assert_allclose(as_it_is[field], folded[field], atol=1e-4)


def test_what_is_told_after_more_learning_is_told_of_the_new_weights() -> None:
    team = small_team()
    told = OfTeam(team)
    index = np.arange(5)
    before = told.look(POOL, index, BOTH, SILENT)
    with torch.no_grad():
        team.teacher.head.weight.mul_(3)
    after = told.look(POOL, index, BOTH, SILENT)
    now = predict(team, POOL, index, BOTH)
    assert not np.array_equal(before[BOTH[0]], after[BOTH[0]])
    for field in BOTH:
        np.testing.assert_array_equal(after[field], now[field])


def test_on_its_way_to_another_process_it_carries_no_copies() -> None:
    ready = Ready(small_team())
    alone = len(pickle.dumps(ready))
    ready.of(["teacher", "student"], CPU, SHAPE)
    assert len(pickle.dumps(ready)) == alone


def test_in_bfloat16_the_last_layer_computes_in_float32() -> None:
    team = small_team()
    ready = Ready(team, "bfloat16").of(["teacher"], CPU, SHAPE).teacher
    widths = {m.weight.dtype for m in ready.modules() if isinstance(m, nn.Conv3d)}
    assert widths == {torch.bfloat16}
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        out = ready(torch.randn(2, *SHAPE))
    assert out.logits.dtype == torch.float32
    expected = ready.head.weight @ out.embedding.float().T
    torch.testing.assert_close(out.logits.T, expected + ready.head.bias[:, None])


@pytest.mark.parametrize("box", [8, 32])
def test_float32_is_within_a_ten_thousandth_of_a_nat_of_the_models_as_they_are(box: int) -> None:
    config = make_config(["a", "b", "c"], "laptop", [f"pool.box={box}", "model.width=4"])
    team = build_team(config, seed=0)
    pool, _ = blob_pool(12, box)
    index = np.arange(12)
    x = torch.from_numpy(pool.read_normalised(index))[:, None]
    for model in (team.teacher, student_of(team)):
        model(x)  # running statistics of these boxes
    team.train(False)
    found = predict(team, pool, index, BOTH)
    with torch.inference_mode():
        right = [
            model(x).logits.log_softmax(1).numpy() for model in (team.teacher, student_of(team))
        ]
    for field, expected in zip(BOTH, right, strict=True):
        np.testing.assert_allclose(found[field], expected, atol=1e-4)
