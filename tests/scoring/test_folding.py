from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from cryoal.models import BACKBONES
from cryoal.models.build import build_network
from cryoal.scoring.folding import fold_batch_norm

STEMS = {"drn": "imagenet", "vgg": "cifar", "resnet": "cifar", "densenet": "cifar"}


def norms(network: nn.Module) -> list[_BatchNorm]:
    return [m for m in network.modules() if isinstance(m, _BatchNorm)]


@pytest.mark.parametrize("name", BACKBONES.names())
def test_a_folded_network_gives_the_same_maps_logits_and_embedding(name: str) -> None:
    stem = next(stem for family, stem in STEMS.items() if name.startswith(family))
    network = build_network(name, width=4, stem=stem, n_classes=3, seed=0)
    shape = (2, 1, 16, 16) if "2d" in name or name.startswith("drn") else (2, 1, 8, 8, 8)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for number, norm in enumerate(norms(network)):  # all that a norm can hold is there
            generator = torch.Generator().manual_seed(number)
            for tensor in (norm.weight, norm.bias, norm.running_mean):
                assert tensor is not None
                tensor.add_(0.2 * torch.randn(tensor.shape, generator=generator))
            assert norm.running_var is not None
            norm.running_var.mul_(torch.rand(norm.running_var.shape, generator=generator) + 0.5)
        network.eval()
        folded = copy.deepcopy(network)
        count = fold_batch_norm(folded)
        expected, found = network(x), folded(x)
    assert count + len(norms(folded)) == len(norms(network))
    if not name.startswith("densenet"):  # there most norms come before a convolution
        assert not norms(folded)
    assert count > 0
    for one, other in zip((*expected.maps, *expected), (*found.maps, *found), strict=True):
        if isinstance(one, torch.Tensor):
            torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-4 * float(one.abs().max()))


def test_a_norm_of_one_channel_folds_as_by_hand() -> None:
    pair = nn.Sequential(nn.Conv3d(1, 1, 1), nn.BatchNorm3d(1, eps=0)).eval()
    convolution, norm = pair
    with torch.no_grad():
        convolution.weight.fill_(3)
        convolution.bias.fill_(1)  # type: ignore[union-attr]
        norm.running_mean.fill_(5)  # type: ignore[union-attr]
        norm.running_var.fill_(4)  # type: ignore[union-attr]
        norm.weight.fill_(6)
        norm.bias.fill_(7)
    assert fold_batch_norm(pair) == 1
    assert pair[0].weight.item() == 9  # 3 * 6 / 2
    assert pair[0].bias.item() == -5  # (1 - 5) * 6 / 2 + 7
    assert pair(torch.ones(1, 1, 1, 1, 1)).item() == 4


def test_a_norm_whose_place_is_not_known_stays() -> None:
    class Unknown(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv3d(1, 1, 1), nn.BatchNorm3d(1)

    before = nn.Sequential(nn.BatchNorm3d(1), nn.Conv3d(1, 1, 1))
    learning = nn.Sequential(nn.Conv3d(1, 1, 1), nn.BatchNorm3d(1)).train()
    own = nn.Sequential(nn.Conv3d(1, 1, 1), nn.BatchNorm3d(1, track_running_stats=False))
    for network in (Unknown().eval(), before.eval(), learning, own.eval()):
        assert fold_batch_norm(network) == 0
        assert len(norms(network)) == 1
