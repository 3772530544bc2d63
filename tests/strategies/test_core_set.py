from __future__ import annotations

from itertools import combinations

import cryoal_kernels
import numpy as np
import pytest
import torch

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.core_set import CoreSet, greedy_k_center
from cryoal.strategies.points import points


def by_brute_force(rows: np.ndarray, centers: np.ndarray, m: int) -> list[int]:
    chosen: list[int] = []
    for _ in range(m):
        known = np.concatenate([centers, rows[chosen]])
        distance = np.linalg.norm(rows[:, None] - known[None], axis=2).min(axis=1)
        chosen.append(int(distance.argmax()))
    return chosen


@pytest.mark.parametrize("front", [1, 7, 500])
def test_it_is_greedy_k_center(front: int) -> None:
    rng = np.random.default_rng(0)
    rows, centers = rng.standard_normal((300, 5)), rng.standard_normal((4, 5))
    distance = np.linalg.norm(rows[:, None] - centers[None], axis=2).min(axis=1)
    nearest = np.square(distance).astype(np.float32)
    found = greedy_k_center(points(rows.astype(np.float32)), nearest, 60, rng, front=front)
    assert found.tolist() == by_brute_force(rows, centers, 60)


def test_the_strategy_agrees_with_the_kernel() -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((400, 8)).astype(np.float32) + 3
    centers = rng.standard_normal((10, 8)).astype(np.float32) + 3
    keys = [f"{i:03d}" for i in range(400)]
    evidence = Evidence(keys, {"embedding": rows}, {"labelled_embedding": centers})
    scores = CoreSet().score(evidence, rng)
    distance = np.linalg.norm(rows[:, None] - centers[None], axis=2).min(axis=1)
    np.testing.assert_allclose(scores, distance, rtol=1e-4)
    expected = cryoal_kernels.greedy_k_center(torch.tensor(rows), 80, centers=torch.tensor(centers))
    query = CoreSet().select(scores, evidence, 80, rng)
    assert query == [keys[row] for row in expected.tolist()]


def test_the_radius_is_at_most_twice_the_smallest() -> None:
    rows = np.random.default_rng(2).standard_normal((14, 2))
    evidence = Evidence(
        [f"{i:02d}" for i in range(14)],
        {"embedding": rows.astype(np.float32)},
        {"labelled_embedding": np.empty((0, 2), dtype=np.float32)},
    )
    rng = np.random.default_rng(0)
    query = CoreSet().select(CoreSet().score(evidence, rng), evidence, 3, rng)

    def radius(chosen: tuple[int, ...]) -> float:
        return float(np.linalg.norm(rows[:, None] - rows[list(chosen)], axis=2).min(axis=1).max())

    best = min(radius(chosen) for chosen in combinations(range(14), 3))
    assert best < radius(tuple(int(key) for key in query)) <= 2 * best


def test_copies_of_labelled_and_chosen_ones_come_last() -> None:
    rows = np.array([[1, 0], [1, 0], [0, 0], [9, 0], [9, 0], [0, 0]], dtype=np.float32)
    labelled = np.zeros((1, 2), dtype=np.float32)
    evidence = Evidence(list("abcdef"), {"embedding": rows}, {"labelled_embedding": labelled})
    rng = np.random.default_rng(0)
    query = CoreSet().select(CoreSet().score(evidence, rng), evidence, 6, rng)
    far, near, copies = query[:1], query[1:2], query[2:]
    assert set(far) <= set("de")
    assert set(near) <= set("ab")
    assert sorted(far + near + copies) == list("abcdef")


@pytest.mark.parametrize("front", [4, 500])
def test_what_is_equally_far_is_drawn(front: int) -> None:
    rows = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)  # four places, ten copies each
    asked = []
    for seed in range(60):
        nearest = np.ones(40, dtype=np.float32)
        rng = np.random.default_rng(seed)
        chosen = greedy_k_center(points(rows), nearest, 6, rng, front=front)
        assert sorted({row // 10 for row in chosen[:4].tolist()}) == [0, 1, 2, 3]
        asked += chosen.tolist()
    times = np.bincount(asked, minlength=40)
    np.testing.assert_allclose(times, 9.0, atol=5 * 60**0.5 * (0.15 * 0.85) ** 0.5)
