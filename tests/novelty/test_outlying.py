"""What lies far from all, and a varied choice of it."""

from __future__ import annotations

import numpy as np

from cryoal.novelty.distances import ranks, relative_distance, squared_distance_to_all
from cryoal.novelty.outlying import outlying, spread_out


def test_the_distance_to_all_is_mahalanobis_of_the_shrunken_correlations() -> None:
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(300, 3)) @ rng.normal(size=(3, 3))).astype(np.float32)
    centred = rows - rows.mean(axis=0)
    deviation = centred.std(axis=0)
    correlation = 0.9 * np.corrcoef(rows.T) + 0.1 * np.eye(3)
    inverse = np.linalg.inv(correlation * np.outer(deviation, deviation))
    expected = np.einsum("ij,jk,ik->i", centred, inverse, centred)
    np.testing.assert_allclose(squared_distance_to_all(rows), expected, rtol=1e-3)


def test_what_is_far_from_everything_is_not_far_from_the_classes_alone() -> None:
    """Large noise raises both distances; a new place in a quiet direction only the first."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 6)).astype(np.float32)
    rows[:200, 0] += 6
    rows[200:, 0] -= 6
    labelled, place = rows[180:220], np.repeat([0, 1], 20)
    others = np.vstack([rows[:180], rows[220:], np.eye(1, 6, dtype=np.float32) * 0])
    found = relative_distance(labelled, place, others)
    assert found.argmax() == len(others) - 1  # between the classes, in the middle of the pool


def test_ranks_are_shares_of_the_order() -> None:
    np.testing.assert_allclose(ranks(np.array([3.0, 1.0, 2.0])), [1, 1 / 3, 2 / 3])


def test_the_far_ones_are_those_that_lie_outside() -> None:
    rng = np.random.default_rng(2)
    blocks = {name: rng.normal(size=(200, 10)).astype(np.float32) for name in ("shells", "mine")}
    for rows in blocks.values():
        rows[:5, :3] += 5
    mean_std = {name: (rows.mean(axis=0), rows.std(axis=0)) for name, rows in blocks.items()}
    assert set(np.argsort(-outlying(blocks, mean_std))[:5]) == set(range(5))


def test_the_most_novel_comes_first_and_the_next_is_unlike_it() -> None:
    angle = np.radians([0, 1, 2, 90, 180, 91, 181, 92, 40])
    directions = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    novelty = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1])
    assert spread_out(directions, novelty, 2).tolist() == [0, 4]  # opposite
    assert spread_out(directions, novelty, 1).tolist() == [0]
    assert sorted(spread_out(directions, novelty, 20).tolist()) == list(range(9))
