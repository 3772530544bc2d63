"""What every backbone in the table promises."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import dropout, dropout2d

from cryoal.errors import ConfigError
from cryoal.models import BACKBONES
from tests.models.samples import STEMS, build, family, inputs, is_2d, is_dense

NAMES = list(BACKBONES.builtins)
MODULES = {"resnet": 4, "densenet": 4, "resnet-2d": 4, "vgg": 5, "drn": 8}

PAIRS = [
    ("resnet18", "resnet10"),
    ("resnet50", "resnet34"),
    ("densenet121", "densenet63"),
    ("resnet18-2d", "resnet10-2d"),
    ("resnet50-2d", "resnet34-2d"),
    ("vgg16-2d", "vgg13-2d"),
    ("drn-d-22", "drn-d-14"),
    ("drn-d-22-pooled", "drn-d-14-pooled"),
]


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is_in_a_line(name: str) -> None:
    what = BACKBONES.load(name).__doc__
    assert what is not None
    assert what.strip().endswith(".")
    assert "\n" not in what


@pytest.mark.parametrize("name", NAMES)
def test_an_output_has_one_map_for_each_module(name: str) -> None:
    network = build(name).eval()
    x = inputs(name, 2)
    output = network(x)
    assert network.n_modules == len(output.maps) == MODULES[family(name)]
    for features in output.maps:
        assert features.ndim == x.ndim
        assert len(features) == 2
        assert features.requires_grad
    sides = [features.shape[-1] for features in output.maps]
    assert sides == sorted(sides, reverse=True)
    assert output.embedding.shape == (2, network.head.weight.shape[1])
    assert output.logits.shape == ((2, 3, 32, 32) if is_dense(name) else (2, 3))


@pytest.mark.parametrize("name", NAMES)
def test_the_head_of_the_embedding_is_the_logits(name: str) -> None:
    network = build(name, dropout=0.5).eval()
    with torch.inference_mode():
        output = network(inputs(name))
        if isinstance(network.head, nn.Linear):
            expected = output.embedding @ network.head.weight.T + network.head.bias
            torch.testing.assert_close(output.logits, expected)
        else:  # the mean over the image, at the resolution of the last map
            coarse = network.head(output.maps[-1])
            mean = network.head(output.embedding[..., None, None])[..., 0, 0]
            torch.testing.assert_close(coarse.mean((2, 3)), mean)


@pytest.mark.parametrize("name", NAMES)
def test_dropout_hides_features_of_the_embedding_while_training(name: str) -> None:
    x = inputs(name)
    network = build(name, dropout=0.5).train()
    torch.manual_seed(1)
    first = network(x)
    torch.manual_seed(2)
    second = network(x)
    assert not torch.allclose(first.logits, second.logits)
    assert torch.equal(first.embedding, second.embedding)  # as it is before
    if not is_dense(name):
        torch.manual_seed(1)
        expected = network.head(dropout(first.embedding, 0.5, training=True))
        torch.testing.assert_close(first.logits, expected)
    without = build(name).train()(x)
    assert torch.equal(first.embedding, without.embedding)
    assert all(torch.equal(a, b) for a, b in zip(first.maps, without.maps, strict=True))


@pytest.mark.parametrize("name", [name for name in NAMES if is_dense(name)])
def test_dropout_hides_a_feature_in_all_pixels(name: str) -> None:
    network = build(name, dropout=0.5).train()
    torch.manual_seed(1)
    output = network(inputs(name))
    torch.manual_seed(1)
    coarse = network.head(dropout2d(output.maps[-1], 0.5, training=True))
    up = nn.Upsample(scale_factor=8, mode="bilinear")
    torch.testing.assert_close(output.logits, up(coarse))


@pytest.mark.parametrize("name", NAMES)
def test_dropout_does_nothing_in_eval_mode_and_adds_no_weights(name: str) -> None:
    x = inputs(name)
    with_dropout, without = build(name, dropout=0.5).eval(), build(name).eval()
    assert with_dropout.state_dict().keys() == without.state_dict().keys()
    assert torch.equal(with_dropout(x).logits, without(x).logits)


@pytest.mark.parametrize("name", NAMES)
def test_without_dropout_nothing_random_happens(name: str) -> None:
    network = build(name).train()
    before = torch.get_rng_state()
    network(inputs(name))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_gets_a_gradient(name: str) -> None:
    network = build(name, width=16).eval()  # batch norm in train mode undoes a bias before it
    torch.autograd.backward(network(inputs(name, 4)).logits.square().sum())
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_of_torch_decides_the_weights(name: str) -> None:
    first, again, other = (build(name, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    convolutions = [key for key, tensor in first.items() if tensor.ndim > 1]
    assert convolutions
    assert not any(torch.equal(first[key], other[key]) for key in convolutions)


@pytest.mark.parametrize("name", NAMES)
def test_width_scales_every_module(name: str) -> None:
    x = inputs(name)
    narrow, wide = (build(name, width=width).eval()(x) for width in (4, 8))
    for small, large in zip(narrow.maps, wide.maps, strict=True):
        assert abs(large.shape[1] - 2 * small.shape[1]) <= 1  # halves of odd numbers (DenseNet)
        assert large.shape[2:] == small.shape[2:]
    assert wide.embedding.shape[1] == wide.maps[-1].shape[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [1, 3])
def test_odd_and_tiny_widths_pass(name: str, width: int) -> None:
    assert build(name, width=width)(inputs(name)).logits.isfinite().all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_the_input_has_as_many_channels_as_asked(name: str, channels: int) -> None:
    network = build(name, channels=channels).eval()
    x = inputs(name, channels=channels)
    logits = network(x).logits
    for channel in range(channels):  # each one is looked at
        changed = x.clone()
        changed[:, channel] += 1
        assert not torch.allclose(network(changed).logits, logits)
    with pytest.raises(RuntimeError, match="channels"):
        network(inputs(name, channels=channels + 1))


@pytest.mark.parametrize(
    ("name", "stem"), [(name, stem) for name in NAMES for stem in STEMS[family(name)]]
)
@pytest.mark.parametrize("side", [8, 13])
def test_small_inputs_of_any_side_pass(name: str, stem: str, side: int) -> None:
    network = build(name, stem=stem)
    channels, dimensions = (3, 2) if is_2d(name) else (1, 3)
    output = network(torch.randn(3, channels, *[side] * dimensions))
    assert output.logits.isfinite().all()
    assert output.logits.shape == ((3, 3, side, side) if is_dense(name) else (3, 3))


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_stem_gets_those_of_the_family(name: str) -> None:
    allowed = ", ".join(STEMS[family(name)])
    with pytest.raises(ConfigError, match=rf"model.stem one of {allowed} for .*, found 'patch'"):
        build(name, stem="patch")


@pytest.mark.parametrize(("teacher", "student"), PAIRS)
def test_modules_of_a_pair_match_and_the_student_has_fewer_layers(
    teacher: str, student: str
) -> None:
    networks = [build(name) for name in (teacher, student)]
    maps = [network.eval()(inputs(teacher)).maps for network in networks]
    assert [m.shape[2:] for m in maps[0]] == [m.shape[2:] for m in maps[1]]
    layers = [sum(p.ndim > 1 for p in network.parameters()) for network in networks]
    assert layers[1] < layers[0]
