from __future__ import annotations

import numpy as np

from cryoal.seeds import stream, stream_seed


def test_the_same_names_give_the_same_numbers_and_others_do_not() -> None:
    a, b = stream(0, "subset", 1).random(8), stream(0, "subset", 1).random(8)
    np.testing.assert_array_equal(a, b)
    others = [stream(1, "subset", 1), stream(0, "subset", 2), stream(0, "strategy", 1), stream(0)]
    for other in others:
        assert not np.array_equal(a, other.random(8))


def test_names_cannot_run_into_each_other() -> None:
    assert stream_seed(0, "a", "b") != stream_seed(0, "ab")
    assert stream_seed(0, 1) != stream_seed(0, "1")


def test_a_seed_fits_into_torchs_generator() -> None:
    assert all(0 <= stream_seed(s, "x") < 2**63 for s in range(100))


def test_numpys_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]  # noqa: NPY002
    stream(0, "x").random(10)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # type: ignore[index]  # noqa: NPY002
