from __future__ import annotations

import numpy as np
import pytest

from cryoal.simulate.wedge import measured


def test_at_45_degrees_what_is_measured_lies_under_the_diagonal() -> None:
    expected = [  # k_z = 0, 1, -2, -1 over k_x = 0, 1, 2
        [True, True, True],
        [False, True, True],
        [False, False, True],
        [False, True, True],
    ]
    assert measured(4, 4, 10.0, 45.0).tolist() == expected


def test_frequencies_count_not_their_numbers() -> None:
    # of 8 x 4 voxels row 2 of k_z is 2/80 = column 1 of k_x, 1/40
    assert measured(8, 4, 10.0, 45.0)[2].tolist() == [False, True, True]


def test_sixty_degrees_leave_a_third_of_the_disc_out() -> None:
    n = 400
    kept = measured(n, n, 1.0, 60.0)
    k_z, k_x = np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)
    disc = k_z**2 + k_x**2 <= 0.25
    assert kept[disc].mean() == pytest.approx(2 / 3, abs=0.01)


def test_ninety_degrees_leave_nothing_out() -> None:
    kept = measured(10, 12, 10.0, 90.0)
    assert kept[:, 1:].all()
