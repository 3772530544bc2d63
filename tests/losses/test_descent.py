"""Steps of our optimisers, beside torch's own."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from cryoal.losses import descent
from cryoal.losses.descent import optimizers

KINDS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "weight_decay": 5e-4}),
    ("Adam", {}),
    ("Adam", {"weight_decay": 0.01}),
    ("AdamW", {"weight_decay": 0.05}),
]


def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv3d(1, 4, 3), nn.BatchNorm3d(4), nn.Flatten(), nn.Linear(32, 3))


def take(model: nn.Module, optimizer: descent.Optimizer, numbers: range) -> None:
    for number in numbers:
        optimizer.param_groups[0]["lr"] = 0.05 / (1 + number)
        x = torch.randn((5, 1, 4, 4, 4), generator=torch.Generator().manual_seed(number))
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()


def bits(model: nn.Module) -> list[bytes]:
    return [value.detach().numpy().tobytes() for value in model.parameters()]


@pytest.mark.parametrize(("name", "settings"), KINDS)
def test_a_step_moves_weights_to_the_bits_of_torchs_own(
    name: str, settings: dict[str, float]
) -> None:
    ours, theirs = network(), network()
    take(ours, getattr(descent, name)(ours.parameters(), lr=0.05, **settings), range(6))
    take(theirs, getattr(torch.optim, name)(theirs.parameters(), lr=0.05, **settings), range(6))
    assert bits(ours) == bits(theirs)
    assert bits(ours) != bits(network())


@pytest.mark.parametrize(("name", "settings"), KINDS)
def test_a_state_taken_and_put_back_goes_on_to_the_same_bits(
    name: str, settings: dict[str, float]
) -> None:
    through, halted = network(), network()
    kind = getattr(descent, name)
    take(through, kind(through.parameters(), lr=0.05, **settings), range(6))
    first = kind(halted.parameters(), lr=0.05, **settings)
    take(halted, first, range(3))
    second = kind(halted.parameters(), lr=0.9, **settings)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    take(halted, second, range(3, 6))
    assert bits(through) == bits(halted)


def test_momentum_by_hand() -> None:
    """Gradient 1 twice, momentum 0.5, rate 0.1: steps of 0.1 and 0.1 (0.5 + 1) = 0.15."""
    weight = nn.Parameter(torch.tensor([1.0]))
    optimizer = descent.SGD([weight], lr=0.1, momentum=0.5)
    for expected in (0.9, 0.75):
        weight.grad = torch.ones(1)
        optimizer.step()
        assert weight.item() == pytest.approx(expected)


def test_a_weight_without_a_gradient_stays() -> None:
    weight = nn.Parameter(torch.tensor([1.0]))
    descent.SGD([weight], lr=0.1, weight_decay=0.1).step()
    assert weight.item() == 1.0


def test_a_gpu_has_torchs_own() -> None:
    assert optimizers(torch.device("cuda")) is torch.optim
    assert optimizers(torch.device("cpu")) is descent
