from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.marks import JUNK, class_mark
from cryoal.napari_plugin.neighbours import SYMBOLS, looks_of, rows_of
from cryoal.napari_plugin.scene import outline, sections_of

if TYPE_CHECKING:
    from cryoal.campaign import Campaign


def test_the_outline_is_half_a_voxel_outside_of_the_box_in_each_of_its_sections() -> None:
    # A box of 4 about voxel (10, 20, 30) has voxels 8..11, 18..21, 28..31.
    squares = outline((10, 20, 30), 4)
    assert squares.shape == (4, 4, 3)
    assert squares[:, 0, 0].tolist() == [8, 9, 10, 11]
    assert squares[0].tolist() == [
        [8, 17.5, 27.5], [8, 17.5, 31.5], [8, 21.5, 31.5], [8, 21.5, 27.5]
    ]  # fmt: skip


def test_a_box_beside_is_seen_in_every_slab_that_its_middle_reaches() -> None:
    points, n_each = sections_of(np.array([[10.0, 2.0, 3.0]]), 8.0)
    assert n_each == 3
    assert points.tolist() == [[5, 2, 3], [10, 2, 3], [15, 2, 3]]


def test_in_a_crowd_every_box_is_seen_in_its_own_slab_alone() -> None:
    points, n_each = sections_of(np.zeros((60_000, 3)), 16.0)
    assert n_each == 1
    assert len(points) == 60_000


def test_every_shape_of_a_class_has_a_symbol_of_its_own() -> None:
    shapes = [*(class_mark(number).shape for number in range(8)), JUNK.shape]
    assert sorted(SYMBOLS) == sorted(shapes)
    assert len(set(SYMBOLS.values())) == 9
    looks = looks_of(["b", "", "a", "junk"], {"a": class_mark(0), "b": class_mark(1), "junk": JUNK})
    assert looks.symbol == ["square", "ring", "disc", "x"]
    assert looks.colour[2] == class_mark(0).colour


def test_neighbours_are_of_the_same_file(campaign: Campaign) -> None:
    pool = campaign.pool
    rows = rows_of(pool, 3)
    assert {str(pool.keys[row]).split("/")[0] for row in rows} == {str(pool.keys[3]).split("/")[0]}
    assert len(rows) == int((pool.tomogram == pool.tomogram[3]).sum())
