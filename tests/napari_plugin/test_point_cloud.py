from __future__ import annotations

import numpy as np
import pytest

from cryoal.napari_plugin.point_cloud import Colouring, Frame, argb, nearest, paint_points

WHITE, RED, BLUE = 0xFFFFFFFF, argb("#ff0000"), argb("#0000ff")


def colouring(*points: tuple[int, int]) -> Colouring:
    colours, kinds = zip(*points, strict=True)
    return Colouring(np.array(colours, np.uint32), np.array(kinds, np.int16), ("a",))


def test_a_point_is_painted_where_it_lies_and_one_outside_is_not() -> None:
    pixels = np.array([[10.0, 20.0], [39.9, 29.9], [40.0, 5.0], [-0.5, 5.0]], np.float32)
    picture = paint_points(pixels, colouring(*[(RED, 0)] * 4), 40, 30, WHITE)
    assert picture.shape == (30, 40)
    assert picture[20, 10] == picture[29, 39] == RED
    ys, xs = np.nonzero(picture == RED)
    near = [(abs(ys - y) < 6) & (abs(xs - x) < 6) for x, y in ((10, 20), (39, 29))]
    assert (near[0] | near[1]).all()


def test_points_of_a_class_lie_over_grey_ones() -> None:
    pixels = np.full((3, 2), 15.0, np.float32)
    picture = paint_points(pixels, colouring((RED, 0), (BLUE, -1), (BLUE, -1)), 30, 30, WHITE)
    assert picture[15, 15] == RED
    assert not (picture == BLUE).any()


def test_many_points_are_drawn_smaller_than_few() -> None:
    rng = np.random.default_rng(0)
    one = paint_points(np.full((1, 2), 50.0, np.float32), colouring((RED, 0)), 100, 100, WHITE)
    many = (100 * rng.random((5000, 2))).astype(np.float32)
    looks = Colouring(np.full(5000, RED, np.uint32), np.zeros(5000, np.int16), ("a",))
    assert (one == RED).sum() > 20
    assert (paint_points(many, looks, 100, 100, WHITE) == RED).sum() < 9 * 5000


@pytest.mark.parametrize("factor", [1.5, 0.4])
def test_what_is_under_the_mouse_stays_there_when_zoomed(factor: float) -> None:
    frame = Frame.around(640, 480)
    point = np.array([[0.3, 0.7]], np.float32)
    at = tuple(frame.pixels(point)[0].tolist())
    zoomed = frame.zoomed(factor, at)
    np.testing.assert_allclose(zoomed.pixels(point)[0], at, atol=1e-2)
    assert zoomed.scale == pytest.approx(factor * frame.scale)


def test_the_whole_square_is_in_the_middle_of_the_picture() -> None:
    corners = Frame.around(640, 480).pixels(np.array([[0, 0], [1, 1]], np.float32))
    np.testing.assert_allclose(corners.mean(axis=0), [320, 240], atol=1e-3)
    assert (corners >= 0).all()
    assert (corners <= [640, 480]).all()


def test_the_nearest_point_is_found_within_reach_alone() -> None:
    pixels = np.array([[0, 0], [10, 0], [10, 4]], np.float32)
    assert nearest(pixels, (10, 3), 5) == 2
    assert nearest(pixels, (100, 100), 5) is None
    assert nearest(np.empty((0, 2), np.float32), (1, 1), 5) is None
