from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cryoal.errors import ConfigError
from cryoal.review.keys import ACTIONS, SHEET, action_of, class_keys


def test_no_key_does_two_things() -> None:
    assert max(Counter(key for binding in SHEET for key in binding.keys).values()) == 1


def test_classes_get_digits_then_letters_that_do_nothing_else() -> None:
    keys = class_keys([f"c{i}" for i in range(40)])
    assert list(keys)[:11] == [*"123456789", "a", "c"]  # b is back
    assert not keys.keys() & ACTIONS.keys()
    assert len(keys) < 40  # there are no more letters


def test_keys_of_the_settings_come_first() -> None:
    keys = class_keys(["wall", "lumen", "background"], ["W", "2"])
    assert keys == {"w": "wall", "2": "lumen", "1": "background"}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [(["z"], "found 'z', which is undo"), (["1", "2", "3"], "at most 2 review.keys")],
)
def test_keys_that_cannot_be_had_are_refused(wanted: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        class_keys(["wall", "lumen"], wanted)


def test_a_key_without_a_meaning_does_nothing() -> None:
    assert action_of("ArrowUp", {}) == ("up", None)
    assert action_of("7", {"1": "wall"}) == ("", None)


def test_the_manual_has_every_line_of_the_sheet() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "review.md").read_text(encoding="utf-8")
    for binding in SHEET:
        assert f"| {binding.shown} | {binding.meaning} |" in manual
