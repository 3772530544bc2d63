from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cryoal.models.base import Network, Output
from cryoal.models.build import build_network
from cryoal.scoring import gradient_norm
from cryoal.scoring.gradient_norm import gradient_norms
from tests.companions.classroom import teacher_of


class Linear(Network):
    """Logits are linear in the voxels: gradients can be written down."""

    n_modules = 1

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(2, 2)

    @property
    def head(self) -> nn.Linear:
        return self.last

    def forward(self, boxes: torch.Tensor) -> Output:
        embedding = boxes.flatten(1)
        return Output(self.last(embedding), (boxes,), embedding)


def one_by_one(network: Network, boxes: torch.Tensor) -> torch.Tensor:
    """The public code's way: one backward pass for each box."""
    network.eval()
    sums = []
    for box in boxes:
        log_p = torch.log_softmax(network(box[None]).logits, dim=1)
        entropy = -(log_p.exp() * log_p).sum()
        gradients = torch.autograd.grad(entropy, list(network.parameters()))
        sums.append(sum(g.norm() for g in gradients))
    return torch.stack(sums)


def test_a_worked_example() -> None:
    network = Linear().double()
    with torch.no_grad():
        network.last.weight.zero_()
        network.last.bias.copy_(torch.tensor([np.log(3.0), 0.0]))
    # p = (3/4, 1/4), H = 0.562335. dH/dlogit_i = -p_i (log p_i + H):
    # -0.75 (-0.287682 + 0.562335) = -0.205990, and +0.205990 for the other class.
    # Bias: norm 0.205990 sqrt(2) = 0.291314. Weight: the same times |x| = 5: 1.456568.
    boxes = torch.tensor([[[3.0, 4.0]]], dtype=torch.float64)
    assert gradient_norms(network, boxes).item() == pytest.approx(1.747881, abs=2e-6)


@pytest.mark.parametrize("shape", [(1, 8, 8, 8), (3, 9, 10)])
def test_it_is_what_a_loop_of_backward_passes_gives(shape: tuple[int, ...]) -> None:
    network = teacher_of(shape, n_classes=3).double()
    boxes = torch.randn(
        (5, *shape), dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    torch.testing.assert_close(gradient_norms(network, boxes), one_by_one(network, boxes))


def test_it_takes_the_networks_that_campaigns_train() -> None:
    network = build_network("resnet10", width=2, stem="pool", n_classes=3, seed=0).double()
    boxes = torch.randn(
        (3, 1, 16, 16, 16), dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    torch.testing.assert_close(gradient_norms(network, boxes), one_by_one(network, boxes))


def test_it_does_not_matter_how_many_are_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network = teacher_of((1, 8, 8, 8)).double()
    boxes = torch.randn((7, 1, 8, 8, 8), dtype=torch.float64)
    together = gradient_norms(network, boxes)
    size = sum(p.numel() * 8 for p in network.parameters())
    for kept in (1, 3 * size):  # one at a time, three at a time
        monkeypatch.setattr(gradient_norm, "KEPT_BYTES", kept)
        torch.testing.assert_close(gradient_norms(network, boxes), together)


def test_the_network_stays_as_it_is() -> None:
    network = teacher_of((1, 8, 8, 8))
    network.train()
    network.second.eval()
    modes = [layer.training for layer in network.modules()]
    state = {name: value.clone() for name, value in network.state_dict().items()}
    boxes = torch.randn((3, 1, 8, 8, 8))
    norms = gradient_norms(network, boxes)
    assert norms.dtype == torch.float32
    assert not norms.requires_grad
    assert [layer.training for layer in network.modules()] == modes
    assert all(p.grad is None for p in network.parameters())
    for name, value in network.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_it_works_where_gradients_are_switched_off() -> None:
    network = teacher_of((1, 8, 8, 8))
    boxes = torch.randn((3, 1, 8, 8, 8))
    expected = gradient_norms(network, boxes)
    with torch.no_grad():
        assert torch.equal(gradient_norms(network, boxes), expected)
    with torch.inference_mode():
        assert torch.equal(gradient_norms(network, boxes.clone()), expected)


def test_certain_posteriors_have_no_gradient() -> None:
    network = Linear()
    with torch.no_grad():
        network.last.weight.zero_()
        network.last.bias.copy_(torch.tensor([2e4, -2e4]))
    assert gradient_norms(network, torch.ones((2, 1, 2))).tolist() == [0.0, 0.0]
