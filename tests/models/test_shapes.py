from __future__ import annotations

import pytest
import torch
from torch import nn

from cryoal.models import BACKBONES
from cryoal.models.shapes import layer_shapes
from tests.models.samples import build, inputs


def test_the_layers_of_a_small_network_by_hand() -> None:
    net = build("resnet10", stem="stride")
    found = {each.name: each for each in layer_shapes(net, (1, 16, 16, 16))}
    assert found["net.conv1"].taken == (1, 16, 16, 16)
    assert found["net.conv1"].given == (4, 8, 8, 8)
    assert found["net.layer4.0.conv2"].taken == (32, 1, 1, 1)
    assert found["net.fc"].given == (3,)
    assert isinstance(found["net.fc"].layer, nn.Linear)


@pytest.mark.parametrize("name", list(BACKBONES.builtins))
def test_shapes_are_those_of_a_real_pass_and_nothing_is_changed(name: str) -> None:
    net, x = build(name), inputs(name)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    found = layer_shapes(net, tuple(x.shape[1:]))
    assert all(layer.training for layer in net.modules())
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    real: list[tuple[int, ...]] = []
    for layer in {id(each.layer): each.layer for each in found}.values():
        layer.register_forward_hook(lambda _layer, _x, y: real.append(tuple(y.shape[1:])))
    with torch.inference_mode():
        net.eval()(x)
    assert [each.given for each in found] == real
