from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryoal.data.events import (
    Answer,
    Flag,
    Recall,
    Sitting,
    Skip,
    from_fields,
    in_force,
    to_fields,
)

if TYPE_CHECKING:
    from cryoal.data.events import Event

TIME = "2026-01-01T00:00:00.000Z"
EVENTS: list[Event] = [
    Answer("t/1", "wall", "ana", TIME),
    Answer("t/1", None, "ana", TIME, True, "x.csv", "s-1", True, "lumen", 0.0),
    Answer("t/1", "", "ana", TIME, seconds=3),
    Skip("t/1", "ana", TIME, "s-1"),
    Skip("t/1", "ana", TIME, "s-1", repeat=True),
    Flag("t/1", True, "ana", TIME, "s-1"),
    Flag("t/1", False, "ana", TIME, "s-1"),
    Recall("s-1", False, "ana", TIME),
    Recall("s-1", True, "ana", TIME),
    Sitting("s", "ana", TIME, None, "napari", "0.1.0", "cycle 0", "score", False),
    Sitting("s", "ana", TIME, "ab12", "browser", "0.1.0", "disputed", "cluster", True),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_an_event_comes_back_from_its_line(event: Event) -> None:
    assert from_fields(to_fields(event), "ana") == event


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"key": "t/0"},
        {"key": 1, "label": "x", "time": TIME},
        {"key": "t/0", "label": ["x"], "time": TIME},
        {"key": "t/0", "label": "x", "time": TIME, "seconds": True},
        {"key": "t/0", "label": "x", "time": TIME, "seconds": float("nan")},
        {"key": "t/0", "label": "x", "time": TIME, "colour": "red"},
        {"skip": "t/0", "time": TIME},
        {"flag": "t/0", "raised": 1, "time": TIME, "press": "s-1"},
        {"undo": None, "time": TIME},
        {"sitting": "s", "time": TIME},
    ],
)
def test_a_line_that_tells_no_event_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_fields(fields, "ana")


def test_a_press_taken_back_counts_again_where_it_stood() -> None:
    first = Answer("t/1", "wall", "ana", TIME, press="s-1")
    second = Answer("t/1", "lumen", "ana", TIME, press="s-2")
    undo, redo = Recall("s-1", False, "ana", TIME), Recall("s-1", True, "ana", TIME)
    assert in_force([first, second]) == [first, second]
    assert in_force([first, second, undo]) == [second]
    assert in_force([first, second, undo, redo]) == [first, second]


def test_answers_without_a_press_cannot_be_taken_back() -> None:
    of_a_file = Answer("t/1", "wall", "ana", TIME)
    assert in_force([of_a_file, Recall("", False, "ana", TIME)]) == [of_a_file]


@given(st.lists(st.tuples(st.sampled_from(["do", "undo", "redo"]), st.integers(0, 3))))
def test_the_last_word_about_a_press_counts(steps: list[tuple[str, int]]) -> None:
    events: list[Event] = []
    last: dict[str, str] = {}
    for what, number in steps:
        press = f"s-{number}"
        if what == "do":
            events.append(Skip("t/1", "ana", TIME, press))
        else:
            events.append(Recall(press, what == "redo", "ana", TIME))
            last[press] = what
    kept = [event for event in events if isinstance(event, Skip)]
    assert in_force(events) == [e for e in kept if last.get(e.press) != "undo"]
