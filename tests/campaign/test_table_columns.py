"""Columns of a large table as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.campaign.table_columns import STEP, CellError, collect

ROWS = [["t/1", "rod", "0.25", ""], ["t/2", "", "1e-3", ""], ["t/3", "rod", "nan", ""]]


def test_columns_are_the_cells_of_the_rows() -> None:
    found = collect(ROWS, keys=0, words={"class": 1}, numbers={"p": 2, "novelty": 3})
    assert found.keys == ["t/1", "t/2", "t/3"]
    assert found.words["class"].names == ["rod", ""]
    assert found.words["class"].codes.tolist() == [0, 1, 0]
    assert found.words["class"].places({"rod": 5, "": -1}).tolist() == [5, -1, 5]
    np.testing.assert_array_equal(found.numbers["p"], [0.25, 1e-3, np.nan])
    assert found.told("novelty") is None
    assert found.told("p") is not None


def test_many_rows_are_as_a_few() -> None:
    rng = np.random.default_rng(0)
    n = 3 * STEP + 7
    values = [f"{value:.6f}" for value in rng.random(n)]
    words = rng.choice([*"abcde"], n).tolist()
    rows = [
        [f"t/{at}", word, value] for at, (word, value) in enumerate(zip(words, values, strict=True))
    ]
    found = collect(rows, keys=0, words={"w": 1}, numbers={"v": 2})
    assert [found.words["w"].names[code] for code in found.words["w"].codes] == words
    assert found.numbers["v"].tolist() == list(map(float, values))


def test_keys_that_are_known_are_not_kept_twice() -> None:
    known = [f"t/{number}" for number in range(1, 4)]
    same = collect(ROWS, keys=0, words={}, numbers={}, known=known)
    assert all(one is other for one, other in zip(same.keys, known, strict=True))
    assert collect(ROWS, keys=0, words={}, numbers={}, known=["t/1", "x"]).keys == known


def test_no_rows_are_empty_columns() -> None:
    found = collect([], keys=0, words={"class": 1}, numbers={"p": 2})
    assert (found.keys, found.words["class"].names, len(found.numbers["p"])) == ([], [], 0)


@pytest.mark.parametrize("row", [0, STEP + 3])
def test_a_cell_that_is_no_number_is_named_by_its_row(row: int) -> None:
    rows = [["k", "0.5"] for _ in range(2 * STEP)]
    rows[row][1] = "much"
    with pytest.raises(CellError, match="'much'") as caught:
        collect(rows, keys=0, words={}, numbers={"p": 1})
    assert caught.value.row == row
