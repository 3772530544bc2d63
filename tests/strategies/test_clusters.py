from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from cryoal.strategies.clusters import k_means
from cryoal.strategies.points import come_closer, points, squared_distances, unit
from cryoal.strategies.seeding import Euclidean, plus_plus


def test_distances_agree_with_float64_and_copies_are_at_zero() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((60, 16)).astype(np.float32)
    b = np.concatenate([rng.standard_normal((20, 16)).astype(np.float32), a[:5]])
    exact = np.square(a[:, None].astype(np.float64) - b[None]).sum(axis=2)
    found = squared_distances(points(a), points(b))
    np.testing.assert_allclose(found, exact, atol=1e-4)
    assert (found[np.arange(5), 20 + np.arange(5)] == 0).all()
    nearest = np.full(60, np.inf, dtype=np.float32)
    come_closer(nearest, points(a), points(b))
    np.testing.assert_allclose(nearest, exact.min(axis=1), atol=1e-4)


def test_unit_leaves_zeros_alone() -> None:
    np.testing.assert_allclose(
        unit(np.array([[3, 4], [0, 0]], dtype=np.float32)), [[0.6, 0.8], [0, 0]]
    )


def test_the_second_seed_is_drawn_in_proportion_to_the_squared_distance() -> None:
    space = Euclidean(points(np.array([[0.0], [1.0], [2.0], [5.0]], dtype=np.float32)))
    counts = np.zeros(4)
    for seed in range(3000):
        counts[plus_plus(space, 2, np.random.default_rng(seed), 0)[1]] += 1
    # 0, 1, 4 and 25 of 30: 100, 400 and 2500 expected
    assert counts[0] == 0
    np.testing.assert_allclose(counts[1:], [100, 400, 2500], atol=4 * 20.5)


def test_the_third_seed_too_although_distances_are_brought_up_to_date_late() -> None:
    # after 0 and 5: squared distances 1, 4 and 1 for 1, 3 (2 from 5) and 4
    rows = np.array([[0.0], [1.0], [3.0], [4.0], [5.0]], dtype=np.float32)
    counts, times = np.zeros(5), 0
    for seed in range(6000):
        first, second, third = plus_plus(Euclidean(points(rows)), 3, np.random.default_rng(seed), 0)
        if (first, second) == (0, 4):
            counts[third] += 1
            times += 1
    assert times > 2000
    deviation = np.sqrt(times * 0.25)
    np.testing.assert_allclose(counts[[1, 2, 3]] / times, [1 / 6, 4 / 6, 1 / 6], atol=4 / deviation)
    assert counts[0] == counts[4] == 0


def test_seeds_differ_even_when_rows_do_not() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    seeds = plus_plus(Euclidean(points(rows)), 9, np.random.default_rng(0), 5)
    assert len(set(seeds.tolist())) == 9
    assert {int(row) // 4 for row in seeds[:3]} == {0, 1, 2}  # first all that differ


def test_planted_clusters_are_found() -> None:
    rows, truth = make_blobs(600, n_features=8, centers=6, cluster_std=0.5, random_state=0)
    found = k_means(rows.astype(np.float32), 6, np.random.default_rng(0))
    assert adjusted_rand_score(truth, found.label) == 1.0
    for cluster in range(6):
        members = rows[found.label == cluster]
        np.testing.assert_allclose(found.center[cluster], members.mean(axis=0), atol=1e-3)
    exact = np.square(rows - found.center[found.label]).sum(axis=1)
    np.testing.assert_allclose(found.squared, exact, atol=1e-3)


def test_it_is_as_good_as_scikit_learn_on_average() -> None:
    rows = np.random.default_rng(0).standard_normal((800, 6)).astype(np.float32)
    ours = [
        float(k_means(rows, 12, np.random.default_rng(seed), iterations=100).squared.sum())
        for seed in range(8)
    ]
    theirs = [
        KMeans(12, n_init=1, random_state=seed, algorithm="lloyd").fit(rows).inertia_
        for seed in range(8)
    ]
    assert abs(np.mean(ours) / np.mean(theirs) - 1) < 0.02


def test_from_the_same_seeds_it_ends_where_scikit_learn_ends() -> None:
    rows = np.random.default_rng(1).standard_normal((300, 3)).astype(np.float32)
    rng = np.random.default_rng(2)
    first = int(np.random.default_rng(2).integers(300))
    found = k_means(rows, 5, rng, iterations=300)
    drawn = np.random.default_rng(2)
    drawn.integers(300)
    centred = rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    seeds = plus_plus(Euclidean(points(centred)), 5, drawn, first)
    theirs = KMeans(5, init=rows[seeds], n_init=1, max_iter=300, algorithm="lloyd").fit(rows)
    assert adjusted_rand_score(theirs.labels_, found.label) > 0.98
    np.testing.assert_allclose(found.squared.sum(), theirs.inertia_, rtol=1e-3)


def test_more_clusters_than_different_rows_leave_some_empty() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    found = k_means(rows, 7, np.random.default_rng(0))
    assert len(set(found.label.tolist())) == 3
    assert found.squared.max() < 1e-6


@pytest.mark.parametrize("k", [0, 13])
def test_impossible_numbers_of_clusters_are_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"expected 1 .. 12 clusters, found {k}"):
        k_means(np.zeros((12, 2), dtype=np.float32), k, np.random.default_rng(0))
