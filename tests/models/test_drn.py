from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.models.samples import build, n_parameters

# from the authors' code (fyu/drn), DRN(BasicBlock, blocks, arch="D") at 1000 classes with
# blocks 1, 1, 2, 2, 2, 2, 1, 1 and 1, 1, 1, 1, 1, 1, 1, 1
PUBLISHED = {"drn-d-22": 16_393_752, "drn-d-14": 10_123_032}


@pytest.mark.parametrize("form", ["", "-pooled"])
@pytest.mark.parametrize("backbone", PUBLISHED)
def test_they_are_as_large_as_those_of_the_authors(backbone: str, form: str) -> None:
    n = n_parameters(backbone + form, stem="imagenet", n_classes=1000, channels=3)
    assert n == PUBLISHED[backbone]


@pytest.mark.parametrize(("backbone", "layers"), [("drn-d-22", 22), ("drn-d-14", 14)])
def test_there_are_as_many_layers_as_the_name_says(backbone: str, layers: int) -> None:
    convolutions = [m for m in build(backbone).modules() if isinstance(m, nn.Conv2d)]
    shortcuts = [m for m in convolutions if m.kernel_size == (1, 1)]
    assert len(convolutions) - len(shortcuts) + 1 == layers  # the head is a 1 x 1 one too


@pytest.mark.parametrize("backbone", PUBLISHED)
def test_eight_levels_end_at_an_eighth_of_the_resolution(backbone: str) -> None:
    network = build(backbone, width=8, n_classes=19).eval()
    with torch.inference_mode():
        output = network(torch.zeros(1, 3, 64, 96))
    channels = (2, 4, 8, 16, 32, 64, 64, 64)
    reductions = (1, 2, 4, 8, 8, 8, 8, 8)
    expected = [(1, c, 64 // r, 96 // r) for c, r in zip(channels, reductions, strict=True)]
    assert [tuple(m.shape) for m in output.maps] == expected
    assert output.logits.shape == (1, 19, 64, 96)
    assert output.embedding.shape == (1, 64)


@pytest.mark.parametrize(
    ("level", "reach"),
    [
        # at one point of a level's map: how far away, in pixels of the level before it, is looked
        # at; 3 x 3 convolutions reach their dilation each: two blocks have four of them
        (4, 4 * 2),
        (5, 4 * 4),
        (6, 2),
        (7, 1),
    ],
)
def test_levels_are_dilated_by_2_4_2_and_1(level: int, reach: int) -> None:
    network = build("drn-d-22", width=8).eval()
    module = network.get_submodule(f"levels.{level}")
    first = next(m for m in module.modules() if isinstance(m, nn.Conv2d))
    x = torch.ones(1, first.in_channels, 65, 65, requires_grad=True)
    for p in module.parameters():  # positive weights: nothing cancels
        p.data.abs_()
    torch.autograd.backward(module(x)[0, :, 32, 32].sum())
    assert x.grad is not None
    ys, xs = torch.nonzero(x.grad[0].sum(0), as_tuple=True)
    assert (int(ys.min()), int(ys.max())) == (32 - reach, 32 + reach)
    assert (int(xs.min()), int(xs.max())) == (32 - reach, 32 + reach)


def test_the_last_two_levels_have_no_shortcut() -> None:
    network = build("drn-d-22").eval()
    for level in (6, 7):
        module = network.get_submodule(f"levels.{level}")
        with torch.no_grad():
            for p in module.parameters():
                p.zero_()
            assert not module(torch.ones(1, 32, 8, 8)).any()


def test_logits_of_pixels_are_interpolated_on_the_grid_of_the_convolutions() -> None:
    network = build("drn-d-14", width=8).eval()
    x = torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        output = network(x)
        coarse = network.head(output.maps[-1])  # (1, 3, 5, 5): centres at 3.5, 11.5, 19.5 ...
        # a pixel at 7 is 3.5 / 8 of the way from the first centre to the second
        between = coarse[0, :, 2, 0] * (1 - 3.5 / 8) + coarse[0, :, 2, 1] * (3.5 / 8)
        lower = coarse[0, :, 3, 0] * (1 - 3.5 / 8) + coarse[0, :, 3, 1] * (3.5 / 8)
    at = output.logits[0, :, 19, 7] * 0.5 + output.logits[0, :, 20, 7] * 0.5  # row 19.5
    near = between + (lower - between) * (0.5 / 8) * 0.5  # row 20 is 0.5 / 8 on the way down
    upper = coarse[0, :, 1, 0] * (1 - 3.5 / 8) + coarse[0, :, 1, 1] * (3.5 / 8)
    torch.testing.assert_close(at, near + (upper - between) * (0.5 / 8) * 0.5)


def test_sides_that_are_no_multiple_of_eight_keep_the_grid() -> None:
    network = build("drn-d-14", width=8).eval()
    with torch.inference_mode():
        output = network(torch.randn(1, 3, 45, 50))
        up = nn.functional.interpolate(
            network.head(output.maps[-1]), scale_factor=8, mode="bilinear", align_corners=False
        )
    assert output.logits.shape == (1, 3, 45, 50)
    assert torch.equal(output.logits, up[..., :45, :50])


def test_the_pooled_form_is_the_dense_one_seen_from_afar() -> None:
    dense, pooled = build("drn-d-22").eval(), build("drn-d-22-pooled").eval()
    weights = {
        name: tensor[..., None, None] if name == "last.weight" else tensor
        for name, tensor in pooled.state_dict().items()
    }
    dense.load_state_dict(weights)
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        coarse = dense.head(dense(x).maps[-1])
        torch.testing.assert_close(pooled(x).logits, coarse.mean((2, 3)))
