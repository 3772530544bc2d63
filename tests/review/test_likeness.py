"""Boxes that look alike come beside each other, and repeats among them are not told by that."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign.kept import DESCRIPTORS
from cryoal.descriptors.appearance import appearance
from cryoal.descriptors.columns import Columns, Made
from cryoal.review import likeness
from cryoal.review.item import Item
from cryoal.review.likeness import loneliness, looks, path
from cryoal.review.repeats import with_repeats_at_the_end

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign import Campaign


def length(points: NDArray[np.float32], order: list[int]) -> float:
    steps = np.diff(points[order].astype(np.float64), axis=0)
    return float(np.sqrt((steps**2).sum(axis=1)).sum())


def test_points_on_a_line_come_in_their_order_from_one_end() -> None:
    values = np.array([[3.0], [0.0], [9.0], [1.0], [4.0], [2.0]], np.float32)
    assert path(values) == [2, 4, 0, 5, 3, 1]  # 9 is farthest from all others: 9 4 3 2 1 0


def test_no_order_of_a_few_points_is_shorter_than_by_turning_pieces_around() -> None:
    """Against all 5,040 orders of seven points: 2-opt is no worse than a twentieth longer here."""
    for seed in range(5):
        points = np.random.default_rng(seed).normal(size=(7, 2)).astype(np.float32)
        found = path(points)
        assert sorted(found) == list(range(7))
        best = min(length(points, list(o)) for o in itertools.permutations(range(7)))
        assert length(points, found) <= 1.05 * best + 1e-6


def test_of_crowds_apart_each_is_gone_through_once() -> None:
    rng = np.random.default_rng(3)
    crowd = np.repeat([0, 1, 2, 3], 25)
    middles = 20 * rng.normal(size=(4, 5))
    points = (middles[crowd] + rng.normal(size=(100, 5))).astype(np.float32)
    shuffled = rng.permutation(100)
    found = crowd[shuffled][path(points[shuffled])]
    assert (np.diff(found) != 0).sum() == 3


def test_more_than_fit_in_one_path_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.random.default_rng(0).normal(size=(95, 3)).astype(np.float32) * [10, 1, 1]
    expected = loneliness(points.astype(np.float32))
    monkeypatch.setattr(likeness, "MOST_AT_ONCE", 20)
    found = path(points.astype(np.float32))
    assert sorted(found) == list(range(95))
    along = points[found, 0]
    pieces = np.array_split(along, 5)
    assert all(a.max() <= b.min() for a, b in itertools.pairwise(pieces)) or all(
        a.min() >= b.max() for a, b in itertools.pairwise(pieces)
    )
    assert np.allclose(loneliness(points.astype(np.float32)), expected)


def test_the_loneliest_is_the_one_far_from_its_nearest() -> None:
    values = np.array([[0.0], [1.0], [2.0], [3.0], [10.0]], np.float32)
    # nearest three: 1+2+3, 1+1+2, 1+1+2, 1+2+3, 7+8+9
    assert (3 * loneliness(values)).tolist() == pytest.approx([6, 4, 4, 6, 24])


def test_one_or_two_boxes_have_an_order() -> None:
    for n in (1, 2):
        points = np.arange(n, dtype=np.float32)[:, None]
        assert sorted(path(points)) == list(range(n))
        assert len(loneliness(points)) == n


def test_equal_boxes_do_no_harm() -> None:
    points = np.ones((30, 4), np.float32)
    assert sorted(path(points)) == list(range(30))
    assert loneliness(points).max() == pytest.approx(0)


@pytest.fixture
def embedded(campaign: Campaign) -> Campaign:
    """With an embedding of each box: its place in the pool."""

    def describe(boxes: NDArray[np.float32], names: object) -> dict[str, NDArray[np.float32]]:
        return {"pretrained": np.arange(len(boxes), dtype=np.float32)[:, None]}

    made = Made("pretrained", "1", 1)
    Columns(campaign.path / DESCRIPTORS, campaign.pool, [made], describe).fill()
    return campaign


def test_the_embedding_tells_what_is_alike_where_there_is_one(embedded: Campaign) -> None:
    assert looks(embedded, [7, 3, 30]).ravel().tolist() == [7, 3, 30]


def test_what_else_is_known_of_all_boxes_tells_it_without_reading_them(
    embedded: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = embedded.path / DESCRIPTORS
    for ending in ("f32", "json"):
        (folder / f"pretrained.{ending}").rename(folder / f"wavelets.{ending}")
    monkeypatch.setattr(type(embedded.pool), "read_normalised", None)
    assert looks(embedded, [7, 3, 30]).ravel().tolist() == [7, 3, 30]


def test_boxes_are_read_some_at_a_time(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = list(range(len(campaign.pool)))
    expected = looks(campaign, rows)
    read, sizes = campaign.pool.read_normalised, list[int]()

    def counted(index: NDArray[np.int64]) -> NDArray[np.float32]:
        sizes.append(len(index))
        return read(index)

    monkeypatch.setattr(campaign.pool, "read_normalised", counted)
    monkeypatch.setattr(likeness, "AT_ONCE", 5 * 8**3)
    assert np.array_equal(looks(campaign, rows), expected)
    assert max(sizes) <= 5
    assert sum(sizes) == len(rows)


@pytest.mark.parametrize("harm", ["none", "of other boxes", "cut short", "flipped", "no facts"])
def test_without_a_sound_embedding_it_is_told_by_formula(embedded: Campaign, harm: str) -> None:
    folder = embedded.path / DESCRIPTORS
    numbers, facts = folder / "pretrained.f32", folder / "pretrained.json"
    if harm == "none":
        numbers.unlink()
    elif harm == "of other boxes":
        told = json.loads(facts.read_text())
        told["parts"][0][0] = "0" * 16
        facts.write_text(json.dumps({k: v for k, v in told.items() if k != "check"}))
    elif harm == "cut short":
        numbers.write_bytes(numbers.read_bytes()[:-5])
    elif harm == "flipped":
        content = bytearray(numbers.read_bytes())
        content[8 * 3] ^= 1
        numbers.write_bytes(content)
    else:
        facts.write_text("{}")
    rows = [7, 3, 30]
    expected = appearance(embedded.pool.read_normalised(np.array(rows)))
    assert np.array_equal(looks(embedded, rows), expected)


@pytest.mark.parametrize(("n", "share", "n_again"), [(40, 0.05, 2), (20, 0.5, 5), (200, 0.1, 20)])
def test_repeats_come_at_the_end_among_boxes_that_have_no_like(
    n: int, share: float, n_again: int
) -> None:
    items = [Item(f"t/{i}", i, "t", (0.0, 0.0, 0.0), None, "wall", 0.9) for i in range(n)]
    alone = np.random.default_rng(1).permutation(n).astype(np.float64)
    out = with_repeats_at_the_end(items, share, np.random.default_rng(2), alone)
    again = [place for place, item in enumerate(out) if item.repeat]
    assert (len(out), len(again)) == (n + n_again, n_again)
    assert sorted(item.row for item in out if not item.repeat) == list(range(n))
    n_last = len(out) - again[0]
    among = [item.row for item in out[again[0] :] if not item.repeat]
    n_lonely = min(2 * round(share * n), n // 4)
    lonely = set(np.argsort(-alone)[:n_lonely].tolist())
    assert set(among) <= lonely
    head = [item.row for item in out[: n - n_lonely]]
    assert head == [i for i in range(n) if i not in lonely]
    assert all(item.suggestion is None for item in out[n - n_lonely :])
    assert n_last <= n_lonely + n_again
    firsts = {item.row: place for place, item in enumerate(out) if not item.repeat}
    for place in again:
        assert place - firsts[out[place].row] >= max(10, n // 4)
        assert out[firsts[out[place].row]].suggestion is None
    hidden = [item.row for item in out[: n - n_lonely] if item.suggestion is None]
    assert sorted(hidden) == sorted(out[place].row for place in again)


def test_a_queue_without_repeats_is_left_as_it_is() -> None:
    items = [Item(f"t/{i}", i, "t", (0.0, 0.0, 0.0)) for i in range(40)]
    alone = np.zeros(40)
    assert with_repeats_at_the_end(items, 0.0, np.random.default_rng(0), alone) == items
    assert (
        with_repeats_at_the_end(items[:19], 0.5, np.random.default_rng(0), alone[:19]) == items[:19]
    )
