"""What the density says of picks on phantoms."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from cryoal.placement.hypotheses import hypotheses
from cryoal.placement.landscape import landscape
from cryoal.placement.verdict import Placed, Verdict, judge
from cryoal.testing.tomograms import make_phantom

BOX, SHAPE = 12, (48, 96, 96)


@cache
def scene(seed: int = 0, sign: float = 1.0) -> Placed:
    """40 particles, and as many picks on nothing."""
    rng = np.random.default_rng(seed)
    counts = {"ring": 20, "rod": 20}
    made = make_phantom(counts, rng, shape=SHAPE, snr=2.0, distance=150.0)
    land = landscape((sign * made.volume).astype(np.float32), BOX, 1, (0, 0, 0), SHAPE)
    junk = rng.uniform(6, np.array(SHAPE) - 7, (40, 3))
    return Placed(f"TS_{seed}", land, np.concatenate([made.position_zyx_angstrom / 10, junk]))


def wrong_by(name: str, *scenes: Placed) -> Verdict:
    """The verdict on picks that the reading called `name` would make right."""
    (undoes,) = [each for each in hypotheses(SHAPE, BOX) if each.name == name]
    moved = [
        Placed(s.name, s.landscape, (s.voxel_zyx - undoes.offset) @ np.linalg.inv(undoes.matrix).T)
        for s in scenes
    ]
    return judge(moved, BOX)


def test_right_picks_fit_and_nothing_fits_better() -> None:
    found = wrong_by("as read", scene())
    assert found.fits
    assert found.better is None
    assert not found.is_wrong
    assert found.z > 6  # bright
    assert found.p < 1e-6
    assert found.random_p < 1e-6
    assert (found.n, found.n_inside, found.n_seen) == (80, 80, 80)


@pytest.mark.parametrize(
    "name",
    [
        "x and y exchanged",
        "x, y, z taken from y, z, x",
        "z running the other way",
        "y and z exchanged, z running the other way",
        "x and z exchanged about the middle",
        "one box along +x",
        "half a box along -x, -y, -z",
        "times 2",
        "divided by 4",
        "counted from the middle",
    ],
)
def test_an_error_is_named(name: str) -> None:
    found = wrong_by(name, scene())
    assert found.better is not None
    assert found.better.name == name
    assert found.alike == ()
    assert found.better_z > 4.5
    assert found.lead > 2.5


def test_dark_particles_are_judged_as_bright_ones() -> None:
    bright, dark = (wrong_by("x and z exchanged", scene(0, sign)) for sign in (1.0, -1.0))
    assert bright.better is not None
    assert dark.better is not None
    assert bright.better.name == dark.better.name
    assert dark.better_z == pytest.approx(bright.better_z, rel=1e-3)
    assert wrong_by("as read", scene(0, -1.0)).z < -6


def test_picks_on_nothing_fit_nothing_and_raise_no_alarm() -> None:
    one = scene()
    rng = np.random.default_rng(5)
    for _ in range(5):
        picks = rng.uniform(6, np.array(SHAPE) - 7, (80, 3))
        found = judge([Placed("", one.landscape, picks)], BOX)
        assert not found.fits
        assert found.better is None


def test_a_crowd_of_picks_on_nothing_is_not_taken_for_many_that_agree() -> None:
    one = scene()
    rng = np.random.default_rng(6)
    for _ in range(5):
        # 200 picks within a few voxels: together they are one place
        picks = rng.uniform(12, 36, 3) + rng.normal(scale=1.5, size=(200, 3))
        found = judge([Placed("", one.landscape, picks)], BOX)
        assert found.better is None


def test_tomograms_together_tell_what_each_is_too_small_to_tell() -> None:
    few = [Placed(s.name, s.landscape, s.voxel_zyx[:5]) for s in map(scene, range(4))]
    alone = [wrong_by("x and y exchanged", one).better_z for one in few]
    together = wrong_by("x and y exchanged", *few)
    assert together.better is not None
    assert together.better.name == "x and y exchanged"
    assert together.better_z > max(alone)


def test_few_picks_say_nothing() -> None:
    one = scene()
    found = judge([Placed("", one.landscape, one.voxel_zyx[:3])], BOX)
    assert (found.fits, found.better, found.z) == (False, None, 0.0)
    nothing = judge([Placed("", one.landscape, np.zeros((0, 3)))], BOX)
    assert (nothing.n, nothing.fits, nothing.random_p) == (0, False, 1.0)


def test_many_picks_outside_are_an_error_whatever_the_density_says() -> None:
    one = scene()
    picks = np.random.default_rng(7).uniform(0, 95, (80, 3))  # z goes to 48 only
    found = judge([Placed("", one.landscape, picks)], BOX)
    assert found.better is None
    assert found.are_outside
    assert found.is_wrong
    picks[:, 1] *= 0.45  # now y and z are exchanged, and on nothing
    found = judge([Placed("", one.landscape, picks)], BOX)
    assert "y and z exchanged" in found.brings_inside or found.better is not None
