from __future__ import annotations

import numpy as np
import pytest

from cryoal.seeds import stream
from cryoal.simulate.distractors import (
    GOLD_DENSITY,
    HEAD_DENSITY,
    LEAFLET,
    Vesicle,
    add_bead,
    add_vesicle,
    random_vesicle,
)


def test_a_membrane_has_two_leaflets_forty_angstrom_apart() -> None:
    volume = np.zeros((61, 61, 61), np.float32)
    center = np.full(3, 150.0)
    add_vesicle(volume, Vesicle(center, np.full(3, 100.0), np.eye(3)), 5.0)
    line = volume[30, 30, 30:]  # from the centre along x, 5 A a voxel
    assert line[(100 - 20) // 5] == pytest.approx(HEAD_DENSITY, rel=0.02)
    assert line[(100 + 20) // 5] == pytest.approx(HEAD_DENSITY, rel=0.02)
    assert line[100 // 5] < 0.1 * HEAD_DENSITY  # tails
    assert line[0] < 1e-3
    assert LEAFLET == 20.0


def test_points_of_a_vesicle_lie_between_its_leaflets() -> None:
    rng = stream(0, "test")
    volume = np.zeros((64, 64, 64), np.float32)
    vesicle = random_vesicle(np.array([160.0, 150.0, 170.0]), 100.0, rng)
    add_vesicle(volume, vesicle, 5.0)
    points = vesicle.points(300, rng)
    inside, outside = (
        volume[tuple(np.rint((vesicle.center + f * (points - vesicle.center)) / 5).astype(int).T)]
        for f in (0.8, 1.2)
    )
    assert inside.mean() > 0.6
    assert outside.mean() > 0.6
    here = volume[tuple(np.rint(points / 5).astype(int).T)]
    assert here.mean() < 0.4
    distance = np.linalg.norm(points - vesicle.center, axis=1)
    _, inner, outer = vesicle.shell()
    assert ((distance > inner) & (distance < outer)).all()


def test_a_bead_is_a_ball_of_its_diameter() -> None:
    volume = np.zeros((40, 40, 40), np.float32)
    add_bead(volume, np.array([100.0, 90.0, 110.0]), 80.0, 5.0)
    for place in ((20, 18, 30), (20, 18, 14), (28, 18, 22), (20, 10, 22)):  # 40 A from the centre
        assert volume[place] == pytest.approx(GOLD_DENSITY / 2, rel=0.01)
    assert volume[20, 18, 22] == pytest.approx(GOLD_DENSITY, rel=0.01)


def test_what_reaches_beyond_the_volume_is_cut_off() -> None:
    volume = np.zeros((20, 20, 20), np.float32)
    add_bead(volume, np.array([-500.0, 0.0, 0.0]), 80.0, 5.0)
    assert not volume.any()
    add_bead(volume, np.array([0.0, 0.0, 0.0]), 80.0, 5.0)
    assert volume[0, 0, 0] == pytest.approx(GOLD_DENSITY, rel=0.01)
