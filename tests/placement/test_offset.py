"""Picks half a voxel or one beside the middle of what they are on."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.placement.landscape import Landscape
from cryoal.placement.offset import find_offset, slopes_at
from cryoal.placement.verdict import Placed, judge

SHAPE = (40, 70, 70)
GRID = [[z, y, x] for z in (10, 20, 30) for y in range(10, 65, 10) for x in range(10, 65, 10)]
PLACES = np.array(GRID, float) + np.random.default_rng(2).uniform(-2.5, 2.5, (len(GRID), 3))


def spots(is_line: bool = False) -> Landscape:
    """Round spots at the places, or lines through them along y."""
    z, y, x = np.indices(SHAPE)
    values = np.random.default_rng(0).normal(scale=0.2, size=SHAPE)
    for place in PLACES:
        far = (z - place[0]) ** 2 + (x - place[2]) ** 2 + (0 if is_line else (y - place[1]) ** 2)
        values += 2.0 * np.exp(-far / 8.0) / (6 if is_line else 1)
    stacked = np.repeat(values.astype(np.float32)[..., None], 3, axis=-1)
    return Landscape(stacked, 1, (0, 0, 0), SHAPE)


def test_an_offset_is_found_with_its_error() -> None:
    land = spots()
    picked = PLACES + np.random.default_rng(1).normal(scale=0.3, size=PLACES.shape)
    found = find_offset([slopes_at(land, picked + np.array([0.0, -0.5, 0.4]))])
    assert found is not None
    assert found.voxels_zyx == pytest.approx((0.0, 0.5, -0.4), abs=0.25)
    assert max(found.error_zyx) < 0.1


def test_right_picks_have_no_offset_and_wrong_ones_are_named() -> None:
    land = spots()
    picked = PLACES + np.random.default_rng(1).normal(scale=0.3, size=PLACES.shape)
    names, clear = [], []
    for shift in (0.0, 0.5, 1.0):
        found = find_offset([slopes_at(land, picked + shift)])
        assert found is not None
        names.append(found.better.name if found.better else None)
        clear.append(found.is_clear)
    assert names == [None, "half a voxel along -x, -y, -z", "one voxel along -x, -y, -z"]
    assert clear == [False, False, True]  # half a voxel may be a membrane's doing


def test_two_tomograms_tell_together_what_each_tells() -> None:
    land = spots()
    whole = find_offset([slopes_at(land, PLACES + 0.5)])
    parts = find_offset([slopes_at(land, PLACES[:50] + 0.5), slopes_at(land, PLACES[50:] + 0.5)])
    assert whole is not None
    assert parts is not None
    assert parts.voxels_zyx == pytest.approx(whole.voxels_zyx)
    assert parts.t2 == pytest.approx(whole.t2)


def test_nothing_is_said_of_filaments_which_have_no_middle() -> None:
    assert find_offset([slopes_at(spots(is_line=True), PLACES)]) is None


def test_nothing_is_said_of_few_picks() -> None:
    assert find_offset([slopes_at(spots(), PLACES[:19])]) is None
    assert find_offset([slopes_at(spots(), np.zeros((0, 3)))]) is None


def test_half_a_voxel_is_told_and_a_whole_one_is_an_error() -> None:
    land = spots()
    picked = PLACES + np.random.default_rng(1).normal(scale=0.3, size=PLACES.shape)
    half, whole = (judge([Placed("", land, picked + shift)], 8) for shift in (0.5, 1.0))
    assert half.offset is not None
    assert half.offset.better is not None
    assert half.better is None
    assert whole.better is not None
    assert whole.better.name == "one voxel along -x, -y, -z"
