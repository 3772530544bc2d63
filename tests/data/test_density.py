from __future__ import annotations

import numpy as np
import pytest

from cryoal.data.density import DensityGuess, contrast, sign
from cryoal.data.statistics import Statistics
from cryoal.errors import PoolError


def boxes_with_centre(value: float, n: int = 50) -> np.ndarray:
    boxes = np.random.default_rng(0).normal(100, 10, (n, 8, 8, 8))
    boxes[:, 2:6, 2:6, 2:6] += value
    return boxes


BACKGROUND = Statistics(center=100, scale=10)


def test_particles_lighter_than_background_are_white_and_darker_ones_black() -> None:
    for value, expected in ((20, "white"), (-20, "black")):
        guess = DensityGuess()
        guess.take(contrast(boxes_with_centre(value), BACKGROUND))
        density, reason = guess.answer()
        assert density == expected
        assert "50 picks are 2 sigma" in reason  # 20 / 10
        assert "chance" not in reason


def test_sign_makes_particles_positive() -> None:
    assert (sign("white"), sign("black")) == (1, -1)


@pytest.mark.parametrize("sigma", [0.0, 0.05, -0.09])
def test_particles_that_hardly_differ_from_background_are_a_question(sigma: float) -> None:
    guess = DensityGuess()
    for _ in range(20):  # 1,000 picks: 0.05 sigma is 40 times its standard error
        guess.take(contrast(boxes_with_centre(10 * sigma), BACKGROUND))
    with pytest.raises(
        PoolError,
        match=r"^expected --density black \(protein dark\) or white, found 1000 picks as bright as "
        r"their surroundings \(0(\.0\d+)? sigma (brighter|darker)\), which do not tell$",
    ):
        guess.answer()


def test_guess_from_picks_that_scatter_says_that_it_may_be_chance() -> None:
    guess = DensityGuess()
    for value in (40, -20):  # +4 and -2 sigma in turn: 1 +- 3, 20 picks: standard error 0.67
        guess.take(contrast(boxes_with_centre(value, n=10), BACKGROUND))
    density, reason = guess.answer()
    assert density == "white"
    assert reason.endswith("which may be chance: better say (--density)")


@pytest.mark.parametrize(("n", "is_doubted"), [(1, True), (9, True), (10, False)])
def test_guess_from_few_picks_may_always_be_chance(n: int, is_doubted: bool) -> None:
    guess = DensityGuess()
    guess.take(contrast(boxes_with_centre(20, n), BACKGROUND))
    assert ("may be chance" in guess.answer()[1]) == is_doubted


def test_one_gold_bead_does_not_outvote_the_particles() -> None:
    guess = DensityGuess()
    guess.take(contrast(boxes_with_centre(5), BACKGROUND))  # 50 x 0.5 sigma = 25
    guess.take(contrast(boxes_with_centre(-5000, n=1), BACKGROUND))  # -500 sigma, counted as -5
    assert guess.answer()[0] == "white"


def test_each_tomogram_is_measured_against_its_own_background() -> None:
    guess = DensityGuess()
    guess.take(contrast(boxes_with_centre(20), BACKGROUND))
    guess.take(contrast(boxes_with_centre(20) - 1000, Statistics(center=-900, scale=10)))
    assert guess.answer()[1].startswith("density guessed white: 100 picks are 2 sigma brighter")


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_small_dtypes_do_not_overflow_in_the_mean(dtype: str) -> None:
    guess = DensityGuess()
    guess.take(contrast(np.full((3, 32, 32, 32), 250, dtype), Statistics(center=249, scale=1)))
    assert "1 sigma brighter" in guess.answer()[1]
