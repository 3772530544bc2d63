from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryoal.errors import SimulationError
from cryoal.seeds import stream
from cryoal.simulate.packing import place_spheres


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(1, 8), min_size=1, max_size=30), st.integers(0, 99))
def test_spheres_never_overlap_and_keep_to_the_box(radii: list[float], seed: int) -> None:
    low, high = np.array([5.0, 5.0, 5.0]), np.array([60.0, 80.0, 100.0])
    places = place_spheres(sorted(radii)[::-1], low, high, stream(seed, "test"))
    radii = sorted(radii)[::-1]
    assert ((places >= low) & (places <= high)).all()
    for i in range(len(radii)):
        apart = np.linalg.norm(places[:i] - places[i], axis=1)
        assert (apart >= np.array(radii[:i]) + radii[i]).all()


def test_a_membrane_is_touched_neither_from_inside_nor_from_outside() -> None:
    center = np.array([50.0, 50.0, 50.0])
    places = place_spheres(
        [3.0] * 200, np.zeros(3), np.full(3, 100.0), stream(0, "test"), shells=[(center, 30, 36)]
    )
    distance = np.linalg.norm(places - center, axis=1)
    assert ((distance <= 27) | (distance >= 39)).all()
    assert (distance <= 27).any()  # the inside is used


def test_a_crowd_that_cannot_be_is_refused_with_what_found_room() -> None:
    with pytest.raises(SimulationError) as caught:
        place_spheres([10.0] * 7, np.zeros(3), np.array([20.0, 20.0, 30.0]), stream(0, "test"))
    message = str(caught.value)
    assert "expected room for 7 particles without overlaps" in message
    assert "z, y, x 20 x 20 x 30" in message
    assert "fewer or smaller particles, or a larger volume" in message


def test_what_can_never_fit_is_refused_without_trying() -> None:
    # 9 of 10 A in the 40 x 40 x 50 A around all centres: 9 * 4189 / 80000 = 47 %
    with pytest.raises(SimulationError, match=r"found places for 0 \(they would fill 47%\)"):
        place_spheres([10.0] * 9, np.zeros(3), np.array([20.0, 20.0, 30.0]), stream(0, "test"))


def test_nothing_to_place_is_fine() -> None:
    assert place_spheres([], np.zeros(3), np.ones(3), stream(0, "test")).shape == (0, 3)
