from __future__ import annotations

import pytest
import torch
from cryoal_kernels import extract_subvolumes

SHAPE = (9, 11, 13)


def tomogram(dtype: torch.dtype = torch.float32) -> torch.Tensor:
    values = 40 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    return values.clamp(-100, 100).to(dtype)


CORNERS = torch.tensor([[0, 0, 0], [4, 6, 8], [2, 3, 1], [5, 7, 9]])


def test_boxes_are_cut_where_the_corners_are() -> None:
    volume = tomogram()
    boxes = extract_subvolumes(volume, CORNERS, 4, normalize=None, dtype=torch.float32)
    assert boxes.shape == (4, 1, 4, 4, 4)
    for box, (z, y, x) in zip(boxes, CORNERS.tolist(), strict=True):
        assert torch.equal(box[0], volume[z : z + 4, y : y + 4, x : x + 4])


@pytest.mark.parametrize(
    "dtype",
    [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int8, torch.int16],
)
def test_each_box_has_mean_0_and_deviation_1(dtype: torch.dtype) -> None:
    volume = tomogram(dtype)
    boxes = extract_subvolumes(volume, CORNERS, 4, dtype=torch.float64)
    raw = extract_subvolumes(volume, CORNERS, 4, normalize=None, dtype=torch.float64)
    mean = raw.mean((1, 2, 3, 4), keepdim=True)
    deviation = raw.std((1, 2, 3, 4), keepdim=True, correction=0)
    torch.testing.assert_close(boxes, (raw - mean) / deviation, rtol=1e-5, atol=2e-6)


def test_voxels_outside_count_nothing_and_hold_the_mean() -> None:
    volume = tomogram()
    corners = torch.tensor([[-2, 0, 11]])
    raw = extract_subvolumes(volume, corners, 4, normalize=None, dtype=torch.float32)[0, 0]
    inside = volume[:2, :4, 11:]
    assert torch.equal(raw[2:, :, :2], inside)
    torch.testing.assert_close(raw[:2], inside.mean().expand(2, 4, 4))
    box = extract_subvolumes(volume, corners, 4, dtype=torch.float32)[0, 0]
    expected = (inside - inside.mean()) / inside.std(correction=0)
    torch.testing.assert_close(box[2:, :, :2], expected, rtol=1e-5, atol=1e-6)
    assert (box[:2] == 0).all()
    assert (box[:, :, 2:] == 0).all()


def test_a_constant_box_becomes_0() -> None:
    volume = torch.full(SHAPE, 0.1)
    assert (extract_subvolumes(volume, CORNERS, 4) == 0).all()


def test_strides_do_not_matter() -> None:
    volume = tomogram()
    turned = volume.permute(2, 0, 1).contiguous().permute(1, 2, 0)
    sliced = torch.stack([volume, volume])[1]
    expected = extract_subvolumes(volume, CORNERS, 3, dtype=torch.float32)
    for other in (turned, sliced):
        found = extract_subvolumes(other, CORNERS, 3, dtype=torch.float32)
        torch.testing.assert_close(found, expected)


def test_the_paper_s_box_comes_in_bfloat16() -> None:
    volume = torch.randn(40, 33, 35, generator=torch.Generator().manual_seed(1))
    boxes = extract_subvolumes(volume, torch.tensor([[5, 0, 2]]))
    assert boxes.shape == (1, 1, 32, 32, 32)
    assert boxes.dtype == torch.bfloat16
    assert abs(boxes.double().mean().item()) < 1e-3


def test_wrong_arguments_are_refused() -> None:
    volume = tomogram()
    with pytest.raises(ValueError, match=r"found corner \[9, 0, 0\] in row 1"):
        extract_subvolumes(volume, torch.tensor([[0, 0, 0], [9, 0, 0]]), 4)
    with pytest.raises(ValueError, match=r"corners \(n, 3\), found shape \(3,\)"):
        extract_subvolumes(volume, torch.tensor([0, 0, 0]), 4)
    with pytest.raises(TypeError, match=r"found torch.float32"):
        extract_subvolumes(volume, torch.zeros(1, 3), 4)
    with pytest.raises(ValueError, match=r"tomogram \(d, h, w\)"):
        extract_subvolumes(volume[None], CORNERS, 4)
    with pytest.raises(ValueError, match="found 'minmax'"):
        extract_subvolumes(volume, CORNERS, 4, normalize="minmax")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"and torch.int8"):
        extract_subvolumes(volume, CORNERS, 4, dtype=torch.int8)
