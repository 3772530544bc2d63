from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from cryoal.data.sift import Sieve, is_close, sift
from cryoal.data.sources import Source
from cryoal.errors import PicksError
from cryoal.io.picks.geometry import Geometry, Located


def source(position: np.ndarray, score: np.ndarray | None = None) -> Source:
    """Picks in a tomogram of 20 voxels of 10 A along each axis; of its file nothing is known."""
    n = len(position)
    known = {
        "path": Path("TS_01.mrc"),
        "name": "TS_01",
        "geometry": Geometry((20, 20, 20), 10.0),
        "shape": (20, 20, 20),
        "voxel_spacing": 10.0,
        "rows": np.arange(n),
        "keys": [f"TS_01/{i:06d}" for i in range(n)],
        "located": Located(position, position),
        "voxel": np.floor(position / 10 + 0.5).astype(np.int64),
        "score": np.full(n, np.nan) if score is None else score,
    }
    return Source(**{field.name: known.get(field.name) for field in fields(Source)})


def kept_one_by_one(position: np.ndarray, score: np.ndarray, there: np.ndarray, d: float) -> set:
    """Take the best that is left, drop what is near it, and so on; every distance computed."""
    kept: list[int] = []
    for i in sorted(range(len(position)), key=lambda i: (-np.nan_to_num(score[i], nan=-9), i)):
        near = [*there, *position[kept]]
        if all(np.linalg.norm(position[i] - other) >= d for other in near):
            kept.append(i)
    return set(kept)


@pytest.mark.parametrize("seed", range(6))
def test_the_best_that_is_left_is_kept_and_what_is_near_it_is_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    position = rng.uniform(0, 190, (150, 3)).round(rng.integers(-1, 3))  # with ties, some equal
    score = rng.integers(0, 5, 150) / 4
    score[rng.random(150) < 0.2] = np.nan
    there = rng.uniform(0, 190, (10, 3))
    for d in (15.0, 40.0, 90.0):
        close = is_close(source(position, score), there, d)
        expected = kept_one_by_one(position, score, there, d)
        assert set(np.flatnonzero(~close).tolist()) == expected


def test_picks_at_the_least_distance_both_stay() -> None:
    position = np.array([[50.0, 50, 50], [50, 50, 70], [50, 50, 89]])
    assert is_close(source(position), np.empty((0, 3)), 20.0).tolist() == [False, False, True]
    assert is_close(source(position[:1]), np.empty((0, 3)), 20.0).tolist() == [False]
    assert is_close(source(position[:0]), position, 20.0).tolist() == []


def test_reasons_come_in_their_order_and_nobody_is_listed_twice() -> None:
    position = np.array(
        [[500.0, 50, 50], [50, 50, 50.04], [90, 90, 60], [90, 90, 61], [150, 90, 90]]
    )
    score = np.array([0.0, 0.0, 0.5, 0.9, 0.1])
    there = np.array([[50.0, 50, 50]])  # 0.004 voxels from the second
    found = sift(source(position, score), Sieve("skip", 20.0, 0.3), there, 80.0)
    assert found.source.rows.tolist() == [3]
    assert found.n_there == 1
    assert [(one.row, one.reason) for one in found.left_out] == [
        (1, "outside its tomogram"),
        (5, "score below 0.3"),
        (3, "closer than 20 A to another"),
    ]
    assert found.n_close == 0


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"min_distance": 0.0}, "--min-distance above 0 angstrom, found 0"),
        ({"min_distance": np.inf}, "--min-distance above 0 angstrom, found inf"),
        ({"min_score": np.nan}, "expected a number as --min-score, found nan"),
        ({"outside": "ask"}, "--outside refuse or skip, found 'ask'"),
    ],
)
def test_what_means_nothing_is_refused(options: dict, line: str) -> None:
    with pytest.raises(PicksError, match=line):
        Sieve(**options)
