from __future__ import annotations

import pytest
import torch
from cryoal_kernels import FeatureTap, attention_map, attention_transfer_loss, tap
from torch import nn


def network() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return nn.Sequential(
            nn.Conv3d(1, 3, 3), nn.Tanh(), nn.Conv3d(3, 2, 3), nn.Flatten()
        ).double()


def boxes() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 1, 6, 6, 6, generator=generator, dtype=torch.float64)


def test_gradients_are_those_without_a_tap() -> None:
    x, teacher = boxes(), torch.rand(2, 64, dtype=torch.float64)
    plain, tapped = network(), network()
    features = plain[:2](x)
    (
        plain[2:](features).sum() + attention_transfer_loss([attention_map(features)], [teacher])
    ).backward()
    with FeatureTap(tapped[1]) as hook:
        out = tapped(x).sum()
    (out + attention_transfer_loss([hook.map], [teacher])).backward()
    for a, b in zip(plain.parameters(), tapped.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_it_passes_on_what_it_got() -> None:
    x = boxes().requires_grad_()
    passed, attention = tap(x)
    assert torch.equal(passed, x)
    assert passed.data_ptr() == x.data_ptr()
    torch.testing.assert_close(attention, attention_map(x))
    assert torch.autograd.gradcheck(tap, (x,))


@pytest.mark.parametrize("part", [0, 1])
def test_either_output_may_be_left_unused(part: int) -> None:
    x = boxes().requires_grad_()
    tap(x)[part].sum().backward()
    expected = torch.ones_like(x) if part == 0 else 2 * x.detach()
    torch.testing.assert_close(x.grad, expected)


def test_the_teacher_s_map_has_no_gradient() -> None:
    net = network()
    with FeatureTap(net[1], detach=True) as hook:
        net(boxes())
    assert not hook.map.requires_grad


def test_it_lets_go() -> None:
    net = network()
    with FeatureTap(net[1]) as hook:
        pass
    net(boxes())
    with pytest.raises(LookupError, match="a forward of the tapped module"):
        _ = hook.map


def test_a_module_with_another_output_is_refused() -> None:
    layer = nn.Identity()
    with FeatureTap(layer), pytest.raises(TypeError, match="found <class 'tuple'>"):
        layer((1, 2))
