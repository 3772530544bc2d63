from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from monai.networks.nets.resnet import ResNet

from cryoal.errors import ConfigError
from tests.models.samples import build, n_parameters

if TYPE_CHECKING:
    from torch import Tensor

SIDES = {"pool": (16, 8, 4, 2), "cifar": (32, 16, 8, 4), "stride": (16, 8, 4, 2)}  # of a 32^3 box
SIDES_2D = {("cifar", 32): (32, 16, 8, 4), ("imagenet", 224): (56, 28, 14, 7)}


@pytest.mark.parametrize("backbone", ["resnet10", "resnet18"])
@pytest.mark.parametrize("stem", SIDES)
def test_every_stem_gives_the_maps_of_four_modules(backbone: str, stem: str) -> None:
    network = build(backbone, stem=stem).eval()
    with torch.inference_mode():
        output = network(torch.zeros(2, 1, 32, 32, 32))
    assert network.n_modules == len(output.maps) == 4
    expected = [(2, 4 * 2**i, s, s, s) for i, s in enumerate(SIDES[stem])]
    assert [tuple(m.shape) for m in output.maps] == expected
    assert output.embedding.shape == (2, 32)
    assert output.logits.shape == (2, 3)


@pytest.mark.parametrize(("stem", "side"), SIDES_2D)
@pytest.mark.parametrize(("backbone", "times"), [("resnet18-2d", 1), ("resnet50-2d", 4)])
def test_images_give_the_maps_of_four_modules(
    backbone: str, times: int, stem: str, side: int
) -> None:
    network = build(backbone, stem=stem, width=2).eval()
    with torch.inference_mode():
        output = network(torch.zeros(1, 3, side, side))
    expected = [(1, times * 2 * 2**i, s, s) for i, s in enumerate(SIDES_2D[stem, side])]
    assert [tuple(m.shape) for m in output.maps] == expected


@pytest.mark.parametrize(("backbone", "millions"), [("resnet18", 33.2), ("resnet10", 14.4)])
def test_the_paper_width_has_the_known_number_of_parameters(backbone: str, millions: float) -> None:
    n = n_parameters(backbone, stem="pool", n_classes=50, channels=1)
    assert n / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.parametrize(
    ("backbone", "n"),
    [("resnet18-2d", 11_689_512), ("resnet34-2d", 21_797_672), ("resnet50-2d", 25_557_032)],
)
def test_imagenet_networks_are_as_large_as_those_of_torchvision(backbone: str, n: int) -> None:
    assert n_parameters(backbone, stem="imagenet", n_classes=1000, channels=3) == n


@pytest.mark.parametrize(
    ("backbone", "n"),
    [("resnet18-2d", 11_173_962), ("resnet34-2d", 21_282_122), ("resnet50-2d", 23_520_842)],
)
def test_cifar_networks_have_the_published_number_of_parameters(backbone: str, n: int) -> None:
    assert n_parameters(backbone, stem="cifar", n_classes=10, channels=3) == n


def test_the_student_for_images_has_one_block_less_in_each_stage() -> None:
    # a block that keeps c channels: two 3 x 3 convolutions and two batch norms, 18 c^2 + 4 c
    dropped = sum(18 * c * c + 4 * c for c in (64, 128, 256, 512))
    n = n_parameters("resnet10-2d", stem="cifar", n_classes=10, channels=3)
    assert n == 11_173_962 - dropped


@pytest.mark.parametrize("stem", SIDES)
def test_the_logits_are_those_of_monai(stem: str) -> None:
    network = build("resnet10", stem=stem, seed=1).eval()
    boxes = torch.randn(2, 1, 16, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(boxes).logits, network.net(boxes))  # type: ignore[operator]


def test_a_seed_gives_the_weights_of_monai_bit_for_bit() -> None:
    network = build("resnet18", stem="pool", seed=5)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(5)
        monai = ResNet(
            "basic",
            [2, 2, 2, 2],
            [4, 8, 16, 32],
            n_input_channels=1,
            num_classes=3,
            bias_downsample=False,
        )
    expected: dict[str, Tensor] = monai.state_dict()
    found = network.state_dict()
    assert found.keys() == {f"net.{name}" for name in expected}
    assert all(torch.equal(found[f"net.{name}"], expected[name]) for name in expected)
    assert network.head.weight is dict(network.named_parameters())["net.fc.weight"]


def test_maps_are_outputs_of_the_blocks_and_keep_their_graph() -> None:
    network = build("resnet10", stem="stride", seed=1)
    output = network(torch.randn(2, 1, 16, 16, 16))
    for features in output.maps:
        assert (features >= 0).all()  # after the last ReLU of the block
        assert features.requires_grad
    torch.testing.assert_close(output.embedding, output.maps[-1].mean((2, 3, 4)))


def test_every_weight_learns() -> None:
    network = build("resnet18", stem="pool", seed=1)
    torch.autograd.backward(network(torch.randn(4, 1, 16, 16, 16)).logits.square().sum())
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_stems_of_images_are_not_those_of_boxes() -> None:
    with pytest.raises(ConfigError, match=r"pool, cifar, stride for 3-D .*, found 'imagenet'"):
        build("resnet18", stem="imagenet")
    with pytest.raises(ConfigError, match=r"cifar, imagenet for 2-D .*, found 'pool'"):
        build("resnet18-2d", stem="pool")
