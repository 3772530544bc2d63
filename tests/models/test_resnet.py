from __future__ import annotations

import pytest
import torch

from cryoal.errors import ConfigError
from cryoal.models import BACKBONES
from cryoal.models.pairs import build_network

# of a 32^3 box, kernels.md 2.1
SIDES = {"pool": (16, 8, 4, 2), "cifar": (32, 16, 8, 4), "stride": (16, 8, 4, 2)}


@pytest.mark.parametrize("backbone", BACKBONES.names())
@pytest.mark.parametrize("stem", SIDES)
def test_every_stem_gives_the_maps_of_four_modules(backbone: str, stem: str) -> None:
    network = build_network(backbone, width=4, stem=stem, n_classes=3, seed=0).eval()
    with torch.inference_mode():
        output = network(torch.zeros(2, 1, 32, 32, 32))
    assert network.n_modules == len(output.maps) == 4
    expected = [(2, 4 * 2**i, s, s, s) for i, s in enumerate(SIDES[stem])]
    assert [tuple(m.shape) for m in output.maps] == expected
    assert output.embedding.shape == (2, 32)
    assert output.logits.shape == (2, 3)


@pytest.mark.parametrize(("backbone", "millions"), [("resnet18", 33.2), ("resnet10", 14.4)])
def test_the_paper_width_has_the_known_number_of_parameters(backbone: str, millions: float) -> None:
    with torch.device("meta"):
        network = build_network(backbone, width=64, stem="pool", n_classes=50, seed=0)
    n = sum(p.numel() for p in network.parameters())
    assert n / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize("stem", SIDES)
def test_the_logits_are_those_of_monai(stem: str) -> None:
    network = build_network("resnet10", width=4, stem=stem, n_classes=3, seed=1).eval()
    boxes = torch.randn(2, 1, 16, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(boxes).logits, network.net(boxes))  # type: ignore[operator]


def test_maps_are_outputs_of_the_blocks_and_keep_their_graph() -> None:
    network = build_network("resnet10", width=4, stem="stride", n_classes=3, seed=1)
    output = network(torch.randn(2, 1, 16, 16, 16))
    for features in output.maps:
        assert (features >= 0).all()  # after the last ReLU of the block
        assert features.requires_grad
    torch.testing.assert_close(output.embedding, output.maps[-1].mean((2, 3, 4)))


def test_every_weight_learns() -> None:
    network = build_network("resnet18", width=4, stem="pool", n_classes=3, seed=1)
    torch.autograd.backward(network(torch.randn(4, 1, 16, 16, 16)).logits.square().sum())
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("side", [8, 10, 16])
@pytest.mark.parametrize("stem", SIDES)
def test_small_boxes_pass(stem: str, side: int) -> None:
    network = build_network("resnet10", width=2, stem=stem, n_classes=2, seed=0)
    assert network(torch.randn(2, 1, side, side, side)).logits.isfinite().all()


def test_an_unknown_stem_is_named() -> None:
    with pytest.raises(ConfigError, match=r"expected model.stem one of pool, .* found 'patch'"):
        build_network("resnet10", width=2, stem="patch", n_classes=2, seed=0)
