"""What every block promises."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cryoal.descriptors import BLOCKS
from cryoal.descriptors.describe import describe, make_block
from cryoal.errors import UnknownNameError
from cryoal.feed.moves import apply_moves
from tests.descriptors.boxes import even_about_centre, gaussian, mirrored, noise, turned

ALL = tuple(BLOCKS.builtins)
TURNS = [(1, 2), (2, 3), (1, 3)]
SIGNED = ("shells", "harmonics", "wavelets", "moments")


@pytest.mark.parametrize("side", [8, 14, 16, 18, 32, 48])
@pytest.mark.parametrize("name", ALL)
def test_a_box_of_any_even_side_has_as_many_numbers_as_said(name: str, side: int) -> None:
    block = make_block(name)
    rows = block(noise(2, side))
    assert rows.shape == (2, block.columns(side))
    assert rows.dtype == torch.float32
    assert rows.is_contiguous()
    assert rows.isfinite().all()


@pytest.mark.parametrize("name", ALL)
def test_no_box_gives_a_number_that_is_not_finite(name: str) -> None:
    boxes = torch.cat(
        [
            torch.zeros(1, 16, 16, 16),
            torch.full((1, 16, 16, 16), 3.7),
            torch.full((1, 16, 16, 16), -1e4),
            10.0 * noise(1, 16).sign(),
            1e-20 * noise(1, 16),
            1e4 * noise(1, 16),
        ]
    )
    assert make_block(name)(boxes).isfinite().all()


@pytest.mark.parametrize("name", ALL)
def test_a_row_is_of_its_box_alone(name: str) -> None:
    block, boxes = make_block(name), noise(9, 16)
    rows = block(boxes)
    assert torch.equal(block(boxes), rows)
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4, 8, 7])
    torch.testing.assert_close(block(boxes[order]), rows[order], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(block(boxes[4:5]), rows[4:5], rtol=1e-4, atol=1e-4)
    assert block(boxes[:0]).shape == (0, rows.shape[1])


@pytest.mark.parametrize("name", ALL)
def test_boxes_are_left_as_they_are_and_may_lie_in_any_order(name: str) -> None:
    block, boxes = make_block(name), noise(3, 16)
    before = boxes.clone()
    rows = block(boxes)
    assert torch.equal(boxes, before)
    strided = boxes.permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0)
    torch.testing.assert_close(block(strided), rows, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", sorted(set(ALL) - {"zones"}))
def test_quarter_turns_about_the_centre_change_nothing(name: str, turn: tuple[int, int]) -> None:
    block, boxes = make_block(name), even_about_centre(noise(3, 16))
    torch.testing.assert_close(block(turned(boxes, *turn)), block(boxes), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("axis", [1, 2, 3])
@pytest.mark.parametrize("name", ALL)
def test_mirrors_about_the_centre_change_nothing(name: str, axis: int) -> None:
    block, boxes = make_block(name), even_about_centre(noise(3, 16))
    torch.testing.assert_close(block(mirrored(boxes, axis)), block(boxes), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ALL)
def test_the_moves_that_the_wedge_allows_change_nothing(name: str) -> None:
    block, box = make_block(name), torch.zeros(1, 16, 16, 16)
    box[:, 1:-1, 1:-1, 1:-1] = noise(1, 14)  # these moves repeat the edge
    signs = np.array([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)])
    moved = apply_moves(box.expand(8, -1, -1, -1)[:, None], signs, np.zeros((8, 3), dtype=np.int64))
    rows = block(moved[:, 0])
    torch.testing.assert_close(rows, rows[:1].expand_as(rows), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ALL)
def test_the_blocks_that_say_so_tell_density_from_its_negative(name: str) -> None:
    block, box = make_block(name), gaussian(16, 2.0)
    difference = (block(box) - block(-box)).abs().max()
    assert difference > 0.5 if name in SIGNED else difference < 1e-3


@pytest.mark.parametrize("name", ALL)
def test_a_version_and_a_name_are_given(name: str) -> None:
    block = make_block(name)
    assert block.name == name
    assert block.version >= 1


@pytest.mark.parametrize(
    "shape", [(16, 16, 16), (2, 16, 16, 18), (2, 3, 16, 16), (2, 9, 9, 9), (2, 6, 6, 6)]
)
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected boxes \(n, d, h, w\) .* found shape"):
        describe(torch.zeros(shape))


def test_blocks_together_are_the_blocks_alone() -> None:
    boxes = noise(11, 16)
    told = describe(boxes)
    assert list(told) == list(ALL)
    for name, rows in told.items():
        torch.testing.assert_close(rows, make_block(name)(boxes), rtol=1e-4, atol=1e-4)
    assert list(describe(boxes, ["spectra"])) == ["spectra"]


def test_no_boxes_have_no_rows() -> None:
    for name, rows in describe(torch.zeros(0, 16, 16, 16)).items():
        assert rows.shape == (0, make_block(name).columns(16))


def test_an_unknown_block_is_named() -> None:
    with pytest.raises(UnknownNameError, match="no descriptor called 'shell'; did you mean"):
        describe(noise(1, 8), ["shell"])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_finds_the_same_numbers() -> None:
    boxes = noise(40, 16)
    here, there = describe(boxes), describe(boxes.cuda())
    for name, rows in here.items():
        assert there[name].device.type == "cuda"
        torch.testing.assert_close(there[name].cpu(), rows, rtol=1e-3, atol=1e-3)
