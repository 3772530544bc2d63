"""Columns of text whose cells are made when they are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from cryoal.io.texts import (
    STEP,
    Coded,
    Filled,
    Numbers,
    Packed,
    Stacked,
    Texts,
    chosen,
    coded,
    combined,
    distinct,
    filled,
    floats,
    joined,
    packed,
    renamed,
    same,
)

WORDS = ["rod", "", "ring", "rod", "ä b"]
EVERY_KIND: list[tuple[Texts, list[str]]] = [
    (Coded(["rod", "", "ring", "ä b"], np.array([0, 1, 2, 0, 3])), WORDS),
    (Packed(np.array(WORDS, dtype=np.dtypes.StringDType())), WORDS),
    (Numbers(np.array([1.0, np.nan, -2.5]), ".2f"), ["1.00", "nan", "-2.50"]),
    (Numbers(np.array([0.5, np.nan], np.float32), ".6g", ""), ["0.5", ""]),
    (Filled(WORDS, "-"), ["rod", "-", "ring", "rod", "ä b"]),
    (Stacked([WORDS, same("x", 2), []]), [*WORDS, "x", "x"]),
    (same("one", 3), ["one"] * 3),
]


@pytest.mark.parametrize(("column", "cells"), EVERY_KIND)
def test_every_kind_of_column_is_the_list_of_its_cells(column: Texts, cells: list[str]) -> None:
    assert list(column) == cells
    assert (len(column), column[0], column[-1]) == (len(cells), cells[0], cells[-1])
    for start in range(-1, len(cells) + 1):
        for stop in range(len(cells) + 2):
            assert column[start:stop] == cells[start:stop]
    assert column[::-1] == cells[::-1]
    assert column == cells
    assert column != cells[:-1]
    rows = np.array([1, 0, 1])
    assert list(column.take(rows)) == [cells[row] for row in rows]
    with pytest.raises(IndexError):
        column[len(cells)]


def test_numbers_are_written_as_python_formats_them() -> None:
    values = np.random.default_rng(0).standard_normal(2000) * 10.0 ** np.arange(-10, 10).repeat(100)
    for form in (".6f", ".4f", ".6g"):
        assert list(Numbers(values, form)) == [f"{value:{form}}" for value in values]


@pytest.mark.parametrize("n_words", [2, 10_000])
def test_packed_texts_come_back_whatever_they_are(n_words: int) -> None:
    cells = [f"{'long ' * (number % 7)}{number % n_words}é" for number in range(3 * STEP)]
    column = Packed.of(cells)
    assert isinstance(column, Coded) == (n_words == 2)
    assert list(column) == cells
    assert column[STEP - 1 : STEP + 1] == cells[STEP - 1 : STEP + 1]
    assert list(Packed.of([])) == []


def test_chosen_rows_of_any_column_are_theirs() -> None:
    rows = np.array([4, 0])
    assert chosen(WORDS, rows) == ["ä b", "rod"]
    assert list(chosen(coded(WORDS), rows)) == ["ä b", "rod"]
    assert chosen(WORDS, np.arange(5)) is WORDS


def test_words_that_differ_come_in_the_order_of_the_first() -> None:
    for column in (
        WORDS,
        coded(WORDS),
        Coded(["ring", "rod", "", "ä b", "ring"], coded(WORDS).codes),
    ):
        assert distinct(column) == list(dict.fromkeys(column))


def test_rows_that_differ_are_found_column_by_column() -> None:
    rng = np.random.default_rng(1)
    columns = [rng.choice(["a", "b", "c"], 50).tolist() for _ in range(3)]
    twice = Coded(["x", "x", "y"], rng.integers(0, 3, 50))  # a word in two places is one
    columns.append(list(twice))
    rows, codes = combined([*columns[:3], twice])
    every = list(zip(*columns, strict=True))
    assert rows == list(dict.fromkeys(every))
    assert [rows[code] for code in codes] == every


def test_what_is_empty_is_filled_and_words_get_other_names() -> None:
    for column in (WORDS, coded(WORDS), Packed.of(WORDS)):
        assert list(filled(column, "0")) == [word or "0" for word in WORDS]
        assert list(filled(column, "")) == WORDS
        assert list(renamed(column, {"rod": "bar"})) == [w.replace("rod", "bar") for w in WORDS]


def test_columns_are_joined_in_few_words_where_all_are() -> None:
    both = joined([coded(WORDS), Coded(["ring", "x", "rod"], np.array([2, 1, 0]))])
    assert isinstance(both, Coded)
    assert both == [*WORDS, "rod", "x", "ring"]
    other = joined([coded(WORDS), Packed(np.array(["7"], dtype=np.dtypes.StringDType())), ["8"]])
    assert isinstance(other, Packed)
    assert other == [*WORDS, "7", "8"]
    assert joined([]) == []
    assert joined([[], coded(WORDS)]) == WORDS


def test_a_column_that_is_packed_stays_as_it_is() -> None:
    column = packed(WORDS)
    assert column == WORDS
    assert packed(column) is column


def test_numbers_are_read_from_any_column_and_from_cells_that_are_there_alone() -> None:
    cells = ["1.5", "-2", "1.5", "1e3"]
    for column in (cells, coded(cells), Packed.of(cells)):
        assert floats(column).tolist() == [1.5, -2.0, 1.5, 1000.0]
    left = coded([*cells, "much"]).take(np.array([0, 1, 2, 0, 0, 0]))
    assert floats(left).tolist() == [1.5, -2.0, 1.5, 1.5, 1.5, 1.5]
    with pytest.raises(ValueError, match="much"):
        floats(coded(["1", "much", "1"]))
