"""Convolutions in bfloat16 are replaced here: what a processor does decides no test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.testing.array_pool import blob_pool
from cryoal.training import bfloat16
from cryoal.training.bfloat16 import kept_in_float32, wrong_in_bfloat16
from cryoal.training.fit import fit_team

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.companions.team import Team
    from cryoal.training.fit import History

TINY = ("model.width=4", "model.stem=stride", "model.teacher=resnet10", "train.epochs=2")
CONV = F.conv3d


class Falsified(torch.autograd.Function):
    """The weights as they are, and their gradient times a number."""

    @staticmethod
    def forward(ctx: Any, weights: torch.Tensor, times: float) -> torch.Tensor:
        ctx.times = times
        return weights.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:  # type: ignore[override]
        return gradient * ctx.times, None


def replace_bfloat16(
    monkeypatch: pytest.MonkeyPatch,
    times: float,
    where: Callable[[torch.Tensor, torch.Tensor], bool] = lambda x, w: x.shape[-1] == 2,
) -> list[tuple[int, ...]]:
    """Round operands and results of float32 convolutions; weight gradients `where` get `times`."""
    met = []

    def conv3d(x: torch.Tensor, w: torch.Tensor, bias: Any = None, *rest: Any) -> torch.Tensor:
        if not torch.is_autocast_enabled("cpu"):
            return CONV(x, w, bias, *rest)
        met.append(tuple(x.shape))
        with torch.autocast("cpu", enabled=False):
            if where(x, w):
                w = Falsified.apply(w, times)  # type: ignore[no-untyped-call]
            bias = None if bias is None else bias.float()
            return CONV(x.bfloat16().float(), w.bfloat16().float(), bias, *rest).bfloat16()

    monkeypatch.setattr(F, "conv3d", conv3d)
    monkeypatch.setattr(bfloat16, "_right", {})
    return met


def fit(*settings: str) -> tuple[Team, History]:
    pool, targets = blob_pool(24, 16)
    chosen = [*TINY, "train.batch_size=8", *settings]
    config = make_config(["empty", "ball"], settings=chosen)
    team = build_team(config, seed=0)
    return team, fit_team(team, pool, np.arange(24), targets, config, seed=0)


@pytest.mark.parametrize("times", [0.0, 1.1, 1e30, float("nan"), float("inf")])
def test_a_layer_with_a_wrong_gradient_of_weights_stays_float32(
    monkeypatch: pytest.MonkeyPatch, times: float
) -> None:
    met = replace_bfloat16(monkeypatch, times)
    _, history = fit("train.precision=bfloat16")
    asked = met.count((8, 16, 2, 2, 2))
    assert asked
    assert np.isfinite([list(epoch.values()) for epoch in history.epochs]).all()
    others = met.count((8, 4, 8, 8, 8))
    fit("train.precision=bfloat16")  # nothing is asked once more, and no such layer learns in it
    assert met.count((8, 16, 2, 2, 2)) == asked
    assert met.count((8, 4, 8, 8, 8)) > others


def test_a_layer_that_the_student_alone_has_is_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_bfloat16(monkeypatch, 0.5, where=lambda x, w: w.shape[:2] == (16, 4))
    config = make_config(["empty", "ball"], settings=[*TINY, "model.student=resnet50"])
    wrong = wrong_in_bfloat16(build_team(config, seed=0), (8, 1, 16, 16, 16), "bfloat16")
    assert wrong
    assert all(name.startswith("student net.layer") for name in wrong)


def test_a_layer_is_as_it_was_after_a_step_in_float32_that_fails() -> None:
    layer = torch.nn.Linear(2, 2)
    x = torch.ones(1, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with pytest.raises(RuntimeError, match="shapes"), kept_in_float32([layer]):
            layer(torch.ones(1, 3))
        with kept_in_float32([layer]):
            assert layer(x).dtype == torch.float32
        assert layer(x).dtype == torch.bfloat16
    assert "forward" not in vars(layer)


def test_right_gradients_train_weights_that_stay_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    met = replace_bfloat16(monkeypatch, 1.0)
    team, history = fit("train.precision=bfloat16")
    for model in team.models().values():
        assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert history.epochs[1]["teacher_loss"] < history.epochs[0]["teacher_loss"]
    assert met


@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_float32_asks_nothing_and_never_computes_in_bfloat16(
    monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    met = replace_bfloat16(monkeypatch, float("nan"))
    fit(f"train.precision={precision}")
    assert not met


def test_a_kind_of_layer_is_asked_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    met = replace_bfloat16(monkeypatch, 1.0)
    config = make_config(["empty", "ball"], settings=TINY)
    wrong_in_bfloat16(build_team(config, seed=0), (8, 1, 16, 16, 16), "bfloat16")
    first = len(met)
    wrong_in_bfloat16(build_team(config, seed=1), (8, 1, 16, 16, 16), "bfloat16")
    assert first > 0
    assert len(met) == first
    wrong_in_bfloat16(build_team(config, seed=1), (7, 1, 16, 16, 16), "bfloat16")
    assert len(met) == 2 * first


def test_asking_changes_neither_weights_nor_modes_nor_generators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replace_bfloat16(monkeypatch, 1.0)
    team = build_team(make_config(["empty", "ball"], settings=TINY), seed=0)
    team.train()
    before = {k: v.clone() for k, v in team.teacher.state_dict().items()}
    state = torch.get_rng_state()
    wrong_in_bfloat16(team, (8, 1, 16, 16, 16), "bfloat16")
    assert torch.equal(torch.get_rng_state(), state)
    assert all(layer.training for layer in team.teacher.modules())
    for name, value in team.teacher.state_dict().items():
        assert torch.equal(value, before[name])


def test_this_processor_learns_rightly() -> None:
    _, history = fit("train.precision=bfloat16")
    assert np.isfinite([list(epoch.values()) for epoch in history.epochs]).all()
