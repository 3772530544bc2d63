from __future__ import annotations

import pytest
import torch
from monai.networks.nets.densenet import DenseNet
from torch import nn

from tests.models.samples import build, n_parameters

SIDES = {"pool": (16, 8, 4, 2), "cifar": (32, 16, 8, 4), "stride": (16, 8, 4, 2)}  # of a 32^3 box


@pytest.mark.parametrize("stem", SIDES)
def test_every_stem_gives_the_maps_of_four_blocks(stem: str) -> None:
    network = build("densenet63", stem=stem, width=4).eval()
    with torch.inference_mode():
        output = network(torch.zeros(1, 1, 32, 32, 32))
    # growth 2: 4 + 3 x 2 = 10; half of it + 6 x 2 = 17; 8 + 12 x 2 = 32; 16 + 8 x 2 = 32
    channels = (10, 17, 32, 32)
    expected = [(1, c, s, s, s) for c, s in zip(channels, SIDES[stem], strict=True)]
    assert [tuple(m.shape) for m in output.maps] == expected


def test_densenet121_has_as_many_parameters_as_that_of_monai() -> None:
    with torch.device("meta"):
        monai = DenseNet(3, 1, 50)
        flat = DenseNet(2, 3, 1000)
    assert sum(p.numel() for p in flat.parameters()) == 7_978_856  # DenseNet-121 as published
    n = n_parameters("densenet121", stem="pool", n_classes=50, channels=1)
    assert n == sum(p.numel() for p in monai.parameters())


def test_the_blocks_compute_what_those_of_monai_do() -> None:
    network = build("densenet63", stem="stride", seed=1).eval()
    monai = DenseNet(3, 1, 3, init_features=4, growth_rate=2, block_config=(3, 6, 12, 8)).eval()
    monai.features.conv0 = nn.Conv3d(1, 4, 3, stride=2, padding=1, bias=False)
    monai.features.pool0 = nn.Identity()
    monai.load_state_dict({k.removeprefix("net."): v for k, v in network.state_dict().items()})
    boxes = torch.randn(2, 1, 32, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(boxes).logits, monai(boxes))


def test_a_block_hands_on_what_it_was_given() -> None:
    network = build("densenet63", stem="cifar", seed=1).eval()
    boxes = torch.randn(1, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        first = network(boxes).maps[0]
        features = network.net.features  # type: ignore[union-attr]
        stem = features.relu0(features.norm0(features.conv0(boxes)))  # type: ignore[operator, union-attr]
    torch.testing.assert_close(first[:, :4], stem)
