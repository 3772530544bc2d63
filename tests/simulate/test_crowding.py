from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryoal.seeds import stream
from cryoal.simulate.crowding import crowd


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(5, 150), min_size=1, max_size=8), st.floats(0, 20), st.integers(0, 10_000)
)
def test_neighbours_touch_somebody_and_overlap_nobody(
    radii: list[float], gap: float, seed: int
) -> None:
    centers = crowd(radii, stream(seed, "test"), gap)
    assert (centers[0] == 0).all()
    for i in range(1, len(radii)):
        apart = np.linalg.norm(centers[:i] - centers[i], axis=1)
        free = apart - np.array(radii[:i]) - radii[i] - gap
        assert free.min() == pytest.approx(0, abs=1e-6)


def test_two_spheres_end_at_the_sum_of_their_radii() -> None:
    centers = crowd([30.0, 12.0], stream(0, "test"), gap=2.0)
    assert np.linalg.norm(centers[1]) == pytest.approx(44.0)  # 30 + 12 + 2
