"""Sums over a pattern of picks, and over the pattern shifted."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.placement.landscape import Landscape
from cryoal.placement.tally import N_SHIFTS, clearer, sum_of, tally

BOX = 8
SHAPE = (40, 60, 60)
PLACES = np.array([[z, y, x] for z in (12, 28) for y in (20, 30, 40) for x in (20, 30, 40)], float)


def flat(values: np.ndarray) -> Landscape:
    """The same contrast at all scales."""
    stacked = np.repeat(values.astype(np.float32)[..., None], 3, axis=-1)
    return Landscape(stacked, 1, (0, 0, 0), values.shape)  # type: ignore[arg-type]


def spots(height: float) -> Landscape:
    values = np.random.default_rng(0).normal(size=SHAPE)
    values[tuple(PLACES.astype(int).T)] = height
    return flat(values)


def test_the_pattern_itself_is_summed_in_the_first_row() -> None:
    values = np.zeros(SHAPE)
    values[12, 20, 20], values[28, 40, 40] = 2.0, -1.0
    found = tally(flat(values), PLACES, BOX)
    assert found.counts[0] == found.n == found.n_inside == len(PLACES)
    assert found.sums[0].tolist() == [1.0] * 3 + [5.0] * 3  # 2 - 1, 4 + 1
    assert found.sums.shape == (1 + N_SHIFTS, 6)


def test_picks_outside_are_counted_and_not_looked_at() -> None:
    outside = np.concatenate([PLACES, PLACES + 100])
    found = tally(flat(np.ones(SHAPE)), outside, BOX)
    assert (found.n, found.n_inside, found.counts[0]) == (36, 18, 18)
    assert found.share_inside == 0.5


def test_picks_beside_the_part_that_was_read_are_not_taken_for_outside() -> None:
    part = Landscape(np.zeros((20, 60, 60, 3), np.float32), 1, (0, 0, 0), SHAPE)
    found = tally(part, PLACES, BOX)
    assert (found.n_inside, found.counts[0]) == (18, 9)


def test_picks_on_spots_stand_out_and_the_same_picks_elsewhere_do_not() -> None:
    land = spots(3.0)
    here, there = tally(land, PLACES, BOX), tally(land, PLACES + np.array([0, 3, 3]), BOX)
    assert np.abs(here.z[:3]).min() > 8
    assert np.abs(there.z[:3]).max() < 4
    assert here.effect[0] == pytest.approx(3.0, abs=0.3)
    assert clearer(here, there, 0, 1.0, 1.0) > 6
    assert clearer(there, here, 0, 1.0, 1.0) < -6


def test_dark_spots_stand_out_as_much_as_bright_ones() -> None:
    bright = spots(3.0)
    dark = Landscape(-bright.values, 1, (0, 0, 0), SHAPE)
    one, other = tally(bright, PLACES, BOX), tally(dark, PLACES, BOX)
    np.testing.assert_allclose(one.z[:3], -other.z[:3])
    np.testing.assert_allclose(one.z[3:], other.z[3:])


def test_spots_of_both_signs_stand_out_by_their_squares() -> None:
    land = spots(0.0)
    land.values[tuple(PLACES.astype(int).T)] = np.where(np.arange(18) % 2, 3.0, -3.0)[:, None]
    found = tally(land, PLACES, BOX)
    assert np.abs(found.z[:3]).max() < 3
    assert found.z[3:].min() > 8


def test_flat_places_are_no_fit() -> None:
    assert (tally(spots(0.0), PLACES, BOX).z[3:] == 0).all()


def test_two_halves_of_the_picks_add_up_to_all_of_them() -> None:
    land = spots(3.0)
    whole = tally(land, PLACES, BOX)
    halves = sum_of([tally(land, PLACES[:7], BOX), tally(land, PLACES[7:], BOX)])
    np.testing.assert_allclose(whole.sums, halves.sums, atol=1e-6)
    assert (whole.counts == halves.counts).all()


def test_the_glance_is_the_sum_in_units_of_the_root_of_its_picks() -> None:
    values = np.resize([1.0, -1.0], SHAPE)  # mean 0, variance 1
    values[tuple(PLACES.astype(int).T)] = 1.0
    found = tally(flat(values), PLACES, BOX, shifted=False)
    assert found.glance == pytest.approx(np.sqrt(18), rel=1e-2)
    assert not found.is_told
