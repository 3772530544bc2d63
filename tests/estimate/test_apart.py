from __future__ import annotations

import numpy as np
import pytest

from cryoal.estimate.apart import across_one, overlapping, whole_groups


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_groups_stay_whole_and_the_share_is_the_nearest_there_is() -> None:
    group = np.repeat([3, 5, 7, 9], [10, 20, 30, 40])
    classes = np.arange(100) % 2
    held = whole_groups(group, classes, 0.3, _rng())
    for one in (3, 5, 7, 9):
        assert len(set(held[group == one])) == 1
    assert held.sum() == 30


def test_a_class_of_one_group_is_learned_rather_than_measured() -> None:
    group = np.repeat([0, 1, 2], 10)
    classes = np.where(group == 1, 2, np.arange(30) % 2)  # all of class 2 are in group 1
    for seed in range(5):
        held = whole_groups(group, classes, 0.33, np.random.default_rng(seed))
        assert not held[group == 1].any()
        assert held.sum() == 10


def test_of_equal_ways_the_generator_takes_one() -> None:
    group, classes = np.repeat([0, 1], 5), np.zeros(10, int)
    taken = {bool(whole_groups(group, classes, 0.5, np.random.default_rng(s))[0]) for s in range(9)}
    assert taken == {False, True}


def test_many_groups_are_shared_out_too() -> None:
    rng = _rng()
    group = rng.integers(0, 200, 3000)
    held = whole_groups(group, rng.integers(0, 4, 3000), 0.25, rng)
    assert abs(held.mean() - 0.25) < 0.02
    assert not set(group[held]) & set(group[~held])
    with pytest.raises(ValueError, match="two groups or more, found 1"):
        whole_groups(np.zeros(3, int), np.zeros(3, int), 0.5, rng)


def test_a_filament_is_on_one_side_of_the_plane() -> None:
    rng = _rng()
    position = rng.uniform(0, [40, 500, 90], (400, 3))
    filament = np.arange(400) // 4  # of four boxes anywhere
    found = across_one(position, rng.integers(0, 3, 400), 0.3, 8.0, filament)
    assert found is not None
    assert found.learn.any()
    assert not set(filament[found.learn]) & set(filament[found.measure])
    low = position[:, found.axis] <= found.plane - 4
    high = position[:, found.axis] >= found.plane + 4
    for one in range(100):
        here = filament == one
        kept = low if (here & low).sum() >= (here & high).sum() else high
        assert ((found.learn | found.measure) & here).tolist() == (here & kept).tolist()


def test_two_sides_of_a_plane_are_a_box_apart() -> None:
    rng = _rng()
    position = rng.uniform(0, [40, 500, 90], (400, 3))
    found = across_one(position, rng.integers(0, 3, 400), 0.3, edge=32.0)
    assert found is not None
    assert found.axis == 1  # the longest loses the fewest boxes
    gap = np.abs(position[found.learn, None, 1] - position[None, found.measure, 1]).min()
    assert gap >= 32
    kept = found.learn.sum() + found.measure.sum()
    assert abs(found.measure.sum() / kept - 0.3) < 0.03
    assert 400 - kept < 60  # 32 of 500 are 26 boxes on the mean
    assert not overlapping(position, np.zeros(400, int), found.learn, found.measure, 32.0).any()


def test_no_plane_leaves_a_side_to_boxes_that_all_overlap() -> None:
    position = np.random.default_rng(1).uniform(0, 10, (50, 3))
    assert across_one(position, np.zeros(50, int), 0.5, edge=32.0) is None


def test_overlaps_are_those_of_a_plain_loop() -> None:
    rng = _rng()
    position, group = rng.uniform(0, 100, (120, 3)), rng.integers(0, 3, 120)
    learn = rng.random(120) < 0.5
    expected = [
        not learn[i]
        and any(
            learn[j] and group[i] == group[j] and np.abs(position[i] - position[j]).max() < 20
            for j in range(120)
        )
        for i in range(120)
    ]
    found = overlapping(position, group, learn, ~learn, 20.0)
    assert found.tolist() == expected
    assert 0 < found.sum() < 60


def test_boxes_that_touch_do_not_overlap() -> None:
    position = np.array([[0.0, 0, 0], [0, 0, 8], [0, 7.9, 16]])
    learn = np.array([True, False, False])
    one = np.zeros(3, int)
    assert overlapping(position, one, learn, ~learn, 8.0).tolist() == [False, False, False]
    assert overlapping(position, one, learn, ~learn, 8.1).tolist() == [False, True, False]
