"""Other readings of the same coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.placement.hypotheses import AS_READ, hypotheses, small_offsets

SHAPE = (10, 20, 40)  # z, y, x


def placed(name: str, zyx: tuple[float, float, float], box: int = 8) -> list[float]:
    readings = [*hypotheses(SHAPE, box), *small_offsets()]
    (reading,) = [each for each in readings if each.name == name]
    return [float(v) for v in reading.place(np.array([zyx]))[0]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (AS_READ, [1, 2, 3]),
        ("x and z exchanged", [3, 2, 1]),
        ("x, y, z taken from y, z, x", [3, 1, 2]),  # x is what was read as y: 2
        ("z running the other way", [8, 2, 3]),  # 10 - 1 - 1
        ("y and z exchanged, z running the other way", [7, 1, 3]),  # z: 10 - 1 - 2
        # from the middle (5, 10, 20): -4, -8, -17, and so -17, -8, -4
        ("x and z exchanged about the middle", [-12, 2, 16]),
        ("times 4", [4, 8, 12]),
        ("divided by 2", [0.5, 1, 1.5]),
        ("times 2 about the middle", [-3, -6, -14]),  # 5 + 2 (1 - 5), ...
        ("counted from the middle", [6, 12, 23]),
        ("counted from the first voxel", [-4, -8, -17]),
        ("one box along -x", [1, 2, -5]),
        ("half a box along +x, +y, -z", [-3, 6, 7]),
        ("half a voxel along +x, +y", [1, 2.5, 3.5]),
        ("one voxel along -z", [0, 2, 3]),
    ],
)
def test_a_reading_puts_a_pick_where_its_name_says(name: str, expected: list[float]) -> None:
    assert placed(name, (1, 2, 3)) == expected


def test_what_was_read_comes_first_and_no_two_readings_are_the_same() -> None:
    readings = [*hypotheses(SHAPE, 8), *small_offsets()]
    assert readings[0].name == AS_READ
    assert readings[0].changes == 0
    places = np.random.default_rng(0).uniform(0, 10, (5, 3))
    seen = {np.round(reading.place(places), 6).tobytes() for reading in readings}
    assert len(seen) == len(readings)
    assert len({reading.name for reading in readings}) == len(readings)
    assert sum(each.kind in ("as read", "axes", "flip") for each in readings) == 48 + 40


def test_every_reading_but_the_first_is_a_change() -> None:
    assert all(reading.changes >= 1 for reading in hypotheses(SHAPE, 8)[1:])
