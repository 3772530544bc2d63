"""Directions of boxes, and how like some examples they are."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.novelty.alike import likeness
from cryoal.novelty.directions import Directions

Blocks = dict[str, np.ndarray]


def _fit(blocks: Blocks) -> Directions:
    return Directions({n: (r.mean(axis=0), r.std(axis=0)) for n, r in blocks.items()}, blocks)


@pytest.fixture
def blocks() -> Blocks:
    rng = np.random.default_rng(0)
    return {
        "shells": rng.normal(3, 2, (200, 4)).astype(np.float32),
        "mine": rng.normal(size=(200, 7)).astype(np.float32),
    }


def test_rows_have_length_one_and_each_view_the_same_share(blocks: Blocks) -> None:
    rows = _fit(blocks)(blocks)
    np.testing.assert_allclose(np.square(rows[:, :4]).sum(axis=1), 0.5, rtol=1e-4)
    np.testing.assert_allclose(np.square(rows[:, 4:]).sum(axis=1), 0.5, rtol=1e-4)


def test_the_unit_of_a_column_does_not_matter(blocks: Blocks) -> None:
    other = {name: rows * np.float32(1000) + np.float32(5) for name, rows in blocks.items()}
    a, b = _fit(blocks)(blocks), _fit(other)(other)
    np.testing.assert_allclose(a @ a.T, b @ b.T, atol=1e-3)


def test_a_column_without_spread_says_nothing(blocks: Blocks) -> None:
    more = {**blocks, "shells": np.hstack([blocks["shells"], np.full((200, 1), 7, np.float32)])}
    a, b = _fit(blocks)(blocks), _fit(more)(more)
    np.testing.assert_allclose(a @ a.T, b @ b.T, atol=1e-3)


def test_what_many_columns_tell_alike_outvotes_little() -> None:
    """One column copied nine times beside an independent one: 9 : 1 before, less after."""
    rng = np.random.default_rng(1)
    pair = rng.normal(size=(500, 2))
    rows = np.hstack([np.repeat(pair[:, :1], 9, axis=1), pair[:, 1:]]).astype(np.float32)
    seen = _fit({"mine": rows})(
        {"mine": np.vstack([np.r_[np.ones(9), 0], np.r_[np.zeros(9), 1], np.ones(10)])}
    )
    many, one = seen[2] @ seen[0], seen[2] @ seen[1]
    assert 1.0 < many / one < 2.0  # sqrt(9) = 3 without the whitening


def test_likeness_is_the_cosine_with_the_mean_of_the_examples() -> None:
    boxes = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    found = likeness(boxes, boxes[:2], nearest=0)
    np.testing.assert_allclose(found, np.array([1, 1, -1]) / np.sqrt(2), rtol=1e-6)


def test_the_nearest_boxes_show_where_to_look_on() -> None:
    """A noisy example between two groups; the nearer one decides about all that follow."""
    angle = np.radians([40, 42, 44, 46, 48, -50, -52, -54, -56, -58])
    boxes = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    example = np.array([[1, 0]], np.float32)
    assert likeness(boxes, example, nearest=0)[4] - likeness(boxes, example, nearest=0)[5] < 0.1
    helped = likeness(boxes, example, nearest=3)
    assert helped[:5].min() > helped[5:].max() + 0.5
