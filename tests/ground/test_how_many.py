"""A number goes with the word for so many."""

from __future__ import annotations

import pytest

from cryoal.how_many import how_many


@pytest.mark.parametrize(
    ("n", "words", "said"),
    [
        (0, ("box",), "0 boxes"),
        (1, ("box",), "1 box"),
        (2, ("class",), "2 classes"),
        (1, ("class",), "1 class"),
        (3, ("tomogram",), "3 tomograms"),
        (2, ("query", "queries"), "2 queries"),
        (1, ("box has", "boxes have"), "1 box has"),
        (-1, ("point",), "-1 points"),
    ],
)
def test_one_is_singular_and_all_else_is_not(n: int, words: tuple[str, ...], said: str) -> None:
    assert how_many(n, *words) == said


def test_large_numbers_take_the_format_that_is_asked_for() -> None:
    assert how_many(10_000, "label") == "10000 labels"
    assert how_many(10_000, "label", spec=",") == "10,000 labels"
