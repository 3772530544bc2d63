from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from cryoal.campaign.report.cards import MOST
from cryoal.campaign.thumbnails import orthoslices, picture
from cryoal.seeds import stream


def _pixels(uri: str) -> np.ndarray:
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_slabs_are_xy_xz_and_yz_with_the_first_axis_to_the_right() -> None:
    box = np.zeros((8, 8, 8), np.float32)
    box[4, 5, 1] = 3.0  # z, y, x: in the central slab of z (3 to 5) and of y, not of x
    xy, xz, yz = orthoslices(box)
    assert xy[5, 1] == 1.0  # the mean over three voxels
    assert xz[4, 1] == 1.0
    assert not yz.any()
    box[:] = 0
    box[1, 3, 4] = 3.0
    xy, xz, yz = orthoslices(box)
    assert yz[1, 3] == 1.0  # y to the right, z downwards
    assert not xy.any()


def test_window_is_the_same_for_every_box() -> None:
    flat = _pixels(picture(np.full((16, 16, 16), 1.0, np.float32), window=(-1.0, 3.0)))
    assert flat.shape == (64, 3 * 64 + 2 * 3)
    assert np.abs(flat[:, :64].astype(int) - 255 / 2).max() <= 4  # halfway; 64 greys
    beyond = _pixels(picture(np.full((16, 16, 16), 99.0, np.float32)))
    assert (beyond == 255).all()


@pytest.mark.parametrize("edge", [16, 32, 64, 96])
def test_five_cycles_of_cards_stay_under_five_megabytes(edge: int) -> None:
    noise = stream(0, "noise", edge).standard_normal((edge, edge, edge), np.float32)
    assert 5 * MOST * len(picture(noise)) < 4.5e6
