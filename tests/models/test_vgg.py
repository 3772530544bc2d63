from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.models.samples import build, n_parameters

# torchvision's vgg16_bn and vgg13_bn at 1000 classes, less their three linear layers
# (25,088 x 4,096 + 4,096 x 4,096 + 4,096 x 1,000 and biases), and one of 512 x 10 + 10
_LINEAR = 25_088 * 4_096 + 4_096 + 4_096 * 4_096 + 4_096 + 4_096 * 1_000 + 1_000


@pytest.mark.parametrize(
    ("backbone", "torchvision", "cifar"),
    [("vgg16-2d", 138_365_992, 14_728_266), ("vgg13-2d", 133_053_736, 9_416_010)],
)
def test_the_paper_width_has_the_published_number_of_parameters(
    backbone: str, torchvision: int, cifar: int
) -> None:
    n = n_parameters(backbone, stem="cifar", n_classes=10, channels=3)
    assert n == cifar == torchvision - _LINEAR + 5_130


@pytest.mark.parametrize(("backbone", "layers"), [("vgg16-2d", 13), ("vgg13-2d", 10)])
def test_there_are_as_many_convolutions_as_the_name_says(backbone: str, layers: int) -> None:
    network = build(backbone)  # and three linear layers, of which this form has one
    assert sum(isinstance(m, nn.Conv2d) for m in network.modules()) == layers


@pytest.mark.parametrize("side", [32, 64])
def test_maps_are_taken_before_the_pooling(side: int) -> None:
    network = build("vgg16-2d").eval()
    with torch.inference_mode():
        output = network(torch.randn(2, 3, side, side))
    channels = (4, 8, 16, 32, 32)
    expected = [(2, c, side >> i, side >> i) for i, c in enumerate(channels)]
    assert [tuple(m.shape) for m in output.maps] == expected
    pooled = nn.functional.max_pool2d(output.maps[-1], 2)
    torch.testing.assert_close(output.embedding, pooled.mean((2, 3)))


def test_the_first_stage_is_two_convolutions_each_normed_and_cut_at_zero() -> None:
    network = build("vgg13-2d", width=2).eval()
    weights = network.state_dict()
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    y = x
    for layer in range(2):
        y = nn.functional.conv2d(y, weights[f"stages.0.{layer}.0.weight"], padding=1)
        y = (y / (1 + 1e-5) ** 0.5).relu()  # batch norm of a new network: mean 0, variance 1
    with torch.inference_mode():
        torch.testing.assert_close(network(x).maps[0], y)
