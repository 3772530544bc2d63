"""Rows as points in a plane."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.maps.inside import inside
from cryoal.maps.plane import FEWEST, to_plane
from cryoal.maps.principal import Principal

if TYPE_CHECKING:
    from pathlib import Path


def three_heaps(each: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    which = np.repeat(np.arange(3), each)
    middle = 8.0 * np.eye(3, 6)[which]
    return (middle + rng.normal(size=(3 * each, 6))).astype(np.float32), which


def test_neighbours_stay_neighbours() -> None:
    rows, which = three_heaps()
    xy = to_plane(Principal(rows)(rows), seed=0)
    assert xy.shape == (120, 2)
    assert xy.dtype == np.float32
    apart = np.square(xy[:, None] - xy).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1)[:, :10]
    assert (which[near] == which[:, None]).mean() > 0.98


def test_the_longer_axis_is_filled_and_the_other_lies_in_its_middle() -> None:
    rows = np.array([[0, 0], [4, 1], [2, 0.5]], np.float32)
    assert to_plane(rows, seed=0).tolist() == [[0, 0.375], [1, 0.625], [0.5, 0.5]]


@pytest.mark.parametrize("n", [1, 2, 3, FEWEST - 1, FEWEST])
def test_a_few_boxes_have_a_map_too(n: int) -> None:
    rows, _ = three_heaps()
    xy = to_plane(Principal(rows[:n])(rows[:n]), seed=0)
    assert xy.shape == (n, 2)
    assert ((xy >= 0) & (xy <= 1)).all()
    assert len(np.unique(xy, axis=0)) == n


def test_boxes_that_are_all_alike_lie_in_the_middle() -> None:
    rows = np.full((50, 4), 2.5, np.float32)
    assert (to_plane(Principal(rows)(rows), seed=0) == 0.5).all()
    assert to_plane(np.empty((0, 4), np.float32), seed=0).shape == (0, 2)
    assert to_plane(np.array([[1.0], [3.0]], np.float32), seed=0).tolist() == [[0, 0.5], [1, 0.5]]


def test_copies_of_a_box_lie_where_it_does_and_draw_nobody_nearer() -> None:
    rows, _ = three_heaps(20)
    alone = to_plane(rows, seed=0)
    copies = to_plane(np.concatenate([rows, np.repeat(rows[:1], 100, axis=0)]), seed=0)
    assert np.array_equal(copies[: len(rows)], alone)
    assert np.array_equal(copies[len(rows) :], np.repeat(alone[:1], 100, axis=0))


def test_the_same_seed_gives_the_same_bits_in_a_process_with_more_threads(
    tmp_path: Path,
) -> None:
    rows, _ = three_heaps()
    components = Principal(rows)(rows)
    np.save(tmp_path / "rows.npy", components)
    code = (
        "import sys, numpy as np; from cryoal.maps.plane import to_plane; "
        "sys.stdout.write(to_plane(np.load(sys.argv[1]), seed=5).tobytes().hex())"
    )
    threads = {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3"}
    other = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "rows.npy")],
        env={**os.environ, **threads},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert other == to_plane(components, seed=5).tobytes().hex()
    assert other != to_plane(components, seed=6).tobytes().hex()


def test_components_are_those_of_the_covariance() -> None:
    rows, _ = three_heaps()
    found = Principal(rows)(rows).astype(np.float64)
    values = np.linalg.eigvalsh(np.cov(rows.T.astype(np.float64), bias=True))[::-1]
    assert np.allclose(np.cov(found.T, bias=True), np.diag(values), atol=1e-4)
    assert Principal(rows, most=2)(rows).shape == (120, 2)


def test_a_lasso_holds_what_is_inside_it() -> None:
    notch = [(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)]
    points = np.array([(0.5, 0.5), (2, 2), (3.8, 3), (5, 1), (-1, 1), (2, 0.9)])
    assert inside(points, notch).tolist() == [True, False, True, False, False, True]
    assert inside(points, notch[::-1]).tolist() == inside(points, notch).tolist()


def test_a_lasso_that_is_drawn_on_beyond_its_beginning_has_no_hole() -> None:
    beyond = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0), (2, -1), (2, 5), (0, 5)]
    assert inside(np.array([(1.0, 2.0), (3.0, 2.0), (-1.0, 2.0)]), beyond).tolist() == [
        True, True, False,
    ]  # fmt: skip


def test_a_lasso_like_an_eight_holds_both_loops() -> None:
    eight = [(0, 0), (2, 2), (4, 0), (4, 2), (2, 0), (0, 2)]
    assert inside(np.array([(0.5, 1.0), (3.5, 1.0), (2.0, 3.0)]), eight).tolist() == [
        True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("polygon", [[], [(0, 0)], [(0, 0), (1, 1)], [(0, 0), (1, 0), (2, 0)]])
def test_a_lasso_without_an_area_is_empty(polygon: list[tuple[float, float]]) -> None:
    assert not inside(np.array([(0.5, 0.5), (1.0, 0.0)]), polygon).any()
