"""What each key does, told as sentences; every sitting is read back from the disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryoal.browser.desk import Desk as Server
from cryoal.campaign import Campaign
from cryoal.campaign.settings_file import add_class
from cryoal.data.events import Answer, Skip
from cryoal.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.review.session import Session
    from tests.review.conftest import Desk

    Press = Callable[..., None]


def said(session: Session) -> list[tuple[str, str | None]]:
    """Status and class of every box."""
    shown = [session.shown(i) for i in range(len(session.queue.items))]
    return [(card.status, card.label) for card in shown]


def lines(campaign: Campaign, annotator: str = "ana") -> list[dict[str, object]]:
    file = campaign.path / "labels" / f"{annotator}.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_digit_gives_the_class_and_goes_on(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "1", "3")
    assert session.position == 2
    assert said(session)[:3] == [("answered", "ring"), ("answered", "background"), ("open", None)]
    keys = [item.key for item in session.queue.items]
    standing = desk.campaign.standing()
    assert standing.labelled == {keys[0]: "ring", keys[1]: "background"}
    assert session.message == f"{keys[1]}: background"


def test_a_line_tells_what_was_in_sight_and_how_long(desk: Desk, press: Press) -> None:
    session = desk.sit()
    desk.clock.time += 2.5
    press(session, "2")
    sitting, answer = lines(desk.campaign)
    assert sitting["campaign"] == desk.campaign.identity
    assert sitting["queue"] == "cycle 0"
    assert sitting["interface"] == "test"
    assert (answer["label"], answer["shown"], answer["seconds"]) == ("rod", "ring", 2.5)
    assert answer["press"] == f"{sitting['sitting']}-1"


def test_enter_accepts_the_suggestion(desk: Desk, press: Press) -> None:
    desk.repeats = 0.0
    session = desk.sit()
    press(session, "Enter", "Enter", "Enter")
    assert [label for _, label in said(session)[:3]] == ["ring", "rod", "background"]


def test_blind_there_is_nothing_to_see_or_to_accept(desk: Desk, press: Press) -> None:
    session = desk.sit(blind=True)
    assert session.shown(0).suggestion is None
    press(session, "Enter")
    assert session.message == "nothing to accept: suggestions are hidden"
    assert not (desk.campaign.path / "labels").exists()
    press(session, "1")
    assert "shown" not in lines(desk.campaign)[1]


def test_answer_first_then_see(desk: Desk, press: Press) -> None:
    desk.repeats = 0.0
    press(desk.sit("ben"), "3")
    session = desk.sit(mode="after")
    assert [session.shown(i).suggestion for i in range(3)] == [None] * 3
    press(session, "Enter")
    assert session.message == "nothing to accept: suggestions come after the answer"
    press(session, "2", "s", "u")
    first, put_off, unsure = (session.shown(i) for i in range(3))
    assert (first.suggestion, first.others) == ("ring", {"ben": "background"})
    assert (put_off.suggestion, put_off.others) == (None, {})  # not answered
    assert unsure.suggestion == "background"
    session.go(0)
    press(session, "Enter")  # on second thoughts
    assert session.shown(0).label == "ring"
    sitting, *answers = [line for line in lines(desk.campaign) if "skip" not in line]
    assert (sitting["blind"], sitting["suggestions"]) == (False, "after")
    assert [a.get("shown") for a in answers] == [None, None, "ring"]


def test_what_was_seen_once_stays_seen(desk: Desk, press: Press) -> None:
    """Who takes an answer back has seen what the classifier thinks; the journal says so."""
    desk.repeats = 0.0
    press(desk.sit(mode="after"), "2", "z")
    again = desk.sit(mode="after")
    assert said(again)[0] == ("open", None)
    assert again.shown(0).suggestion == "ring"
    press(again, "2")
    assert [a.get("shown") for a in lines(desk.campaign) if "label" in a] == [None, "ring"]


def test_boxes_that_come_twice_are_shown_nothing_after_the_answer_either(
    desk: Desk, press: Press
) -> None:
    session = desk.sit(mode="after")
    items = session.queue.items
    press(session, "Ctrl+a", "1")
    twice = {item.key for item in items if item.repeat}
    assert twice
    assert all(session.shown(i).suggestion is None for i, it in enumerate(items) if it.key in twice)


def test_the_campaign_says_when_suggestions_are_shown_unless_a_sitting_does(
    desk: Desk, press: Press
) -> None:
    file = desk.campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace('suggestions = "open"', 'suggestions = "after"'))
    assert desk.sit().mode == "after"
    assert desk.sit(mode="open").mode == "open"
    assert desk.sit(blind=True, mode="open").mode == "blind"


def test_unsure_is_an_answer_and_skip_is_not(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "u", "s", " ")
    keys = [item.key for item in session.queue.items]
    assert [status for status, _ in said(session)[:4]] == ["unsure", "skipped", "skipped", "open"]
    assert desk.campaign.standing().abstained == {keys[0]}
    assert desk.campaign.standing().labelled == {}


def test_what_was_skipped_comes_again_when_nothing_else_is_open(desk: Desk, press: Press) -> None:
    session = desk.sit()
    n = len(session.queue.items)
    press(session, "s", "1", "s", *["2"] * (n - 3))
    assert session.position == 0
    press(session, "1")
    assert session.position == 2
    press(session, "1")
    assert session.progress().n_done == n
    assert "; every box has an answer, none is selected" in session.message


def test_a_sitting_opened_again_stands_at_the_first_open_box(desk: Desk, press: Press) -> None:
    first = desk.sit()
    press(first, "1", "s", "2", "u", "f")
    again = desk.sit()
    assert said(again) == said(first)
    assert again.position == 4
    assert again.shown(4).is_flagged


def test_undo_goes_back_across_restarts_to_the_beginning_and_redo_returns(
    desk: Desk, press: Press
) -> None:
    states = []
    for key in ("1", "u", "s", "f", "3"):
        session = desk.sit()
        states.append(said(session))
        press(session, key)
    end = said(desk.sit())
    for state in reversed(states):
        session = desk.sit()
        press(session, "z")
        assert said(session) == state
    press(session, "z")
    assert session.message == "nothing to undo in cycle 0"
    for state in [*states[1:], end]:
        session = desk.sit()
        press(session, "Shift+z")
        assert said(session) == state
    press(session, "Ctrl+y")
    assert session.message == "nothing to redo in cycle 0"


def test_undo_goes_to_the_box_and_the_answer_before_counts_again(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "1", "ArrowLeft", "2")
    assert session.shown(0).label == "rod"
    press(session, "z")
    assert session.position == 0
    assert session.shown(0).label == "ring"
    key = session.queue.items[0].key
    assert session.message == f"undo: {key}"
    assert desk.campaign.standing().labelled == {key: "ring"}


def test_a_new_press_ends_what_can_be_redone(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "1", "z", "2", "Shift+z")
    assert session.message == "nothing to redo in cycle 0"
    assert session.shown(0).label == "rod"


def test_undo_does_not_reach_into_another_queue(desk: Desk, press: Press) -> None:
    from tests.campaign.report.samples import write_cycle

    press(desk.sit(), "1")
    write_cycle(desk.campaign, 1, [(key, None) for key in desk.campaign.pool.keys[30:33]])
    session = desk.sit()
    press(session, "z")
    assert session.message == "nothing to undo in cycle 1"
    assert len(desk.campaign.standing().labelled) == 1


def test_shift_and_arrows_select_and_one_key_labels_all(desk: Desk, press: Press) -> None:
    session = desk.sit()
    session.cursor.columns = 5
    press(session, "Shift+ArrowDown", "Shift+ArrowRight")
    assert session.selection == range(7)
    press(session, "2")
    assert [label for _, label in said(session)[:8]] == ["rod"] * 7 + [None]
    assert session.selection == range(7, 8)
    assert session.message == "7 boxes: rod"
    press(session, "z")  # one press, one undo
    assert [label for _, label in said(session)[:8]] == [None] * 8


def test_all_boxes_are_selected_by_one_key_and_answered_by_the_next(
    desk: Desk, press: Press
) -> None:
    session = desk.sit()
    n = len(session.queue.items)
    press(session, "1", "ArrowLeft", "Ctrl+a")
    assert session.selection == range(n)
    press(session, "2")
    assert [label for _, label in said(session)] == ["rod"] * n
    press(session, "Ctrl+a", "3", "z")  # from past the end, where nothing is selected
    assert [label for _, label in said(session)] == ["rod"] * n
    press(session, "z")
    assert [label for _, label in said(session)] == ["ring"] + [None] * (n - 1)


def test_a_selection_accepts_box_by_box(desk: Desk, press: Press) -> None:
    desk.repeats = 0.0
    session = desk.sit()
    press(session, "Shift+ArrowRight", "Shift+ArrowRight", "Enter")
    assert [label for _, label in said(session)[:3]] == ["ring", "rod", "background"]


def test_arrows_stop_at_the_ends_and_escape_lets_the_selection_go(desk: Desk, press: Press) -> None:
    session = desk.sit()
    session.cursor.columns, session.cursor.page_size = 5, 20
    press(session, "ArrowLeft", "ArrowUp")
    assert session.position == 0
    press(session, "ArrowDown", "ArrowRight")
    assert session.position == 6
    press(session, "PageDown", "PageDown")
    assert session.position == len(session.queue.items) - 1
    press(session, "Shift+ArrowUp")
    assert len(session.selection) == 6
    press(session, "Escape")
    assert len(session.selection) == 1
    press(session, "Home", "1", "ArrowLeft", "End")
    assert session.position == 1  # the next without an answer


def test_junk_is_the_class_that_is_there_for_it(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "j")
    assert session.shown(0).label == "background"
    assert session.classes == ("ring", "rod", "background")


def test_j_does_not_give_another_class_before_anybody_has_looked(desk: Desk, press: Press) -> None:
    session = desk.sit()
    add_class(desk.campaign.path, "junk")  # by somebody else
    assert session.press("j") == "classes-changed"
    assert session.message.startswith("not recorded: the classes of")
    press(session, "j")
    assert session.shown(0).label == "junk"


def test_junk_makes_its_class_when_it_is_not_there(desk: Desk, press: Press) -> None:
    file = desk.campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace('"background"', '"rope"', 1))
    session = desk.sit()
    press(session, "j", "j")
    assert [label for _, label in said(session)[:2]] == ["junk", "junk"]
    assert session.classes == ("ring", "rod", "rope", "junk")
    assert Campaign.open(desk.campaign.path).config.classes[-1] == "junk"


def test_a_new_class_is_added_given_and_gets_a_key(desk: Desk, press: Press) -> None:
    session = desk.sit()
    assert session.press("n") == "new-class"
    session.add_class(" spiral ")
    assert session.shown(0).label == "spiral"
    assert session.message.endswith("'spiral' is now a class of the campaign")
    assert session.keys["4"] == "spiral"
    press(session, "4")
    labels = Campaign.open(desk.campaign.path).training_labels()
    assert list(labels.values()) == ["spiral", "spiral"]


def test_every_class_has_a_key_or_it_is_said(desk: Desk, press: Press) -> None:
    for number in range(4, 26):
        add_class(desk.campaign.path, f"kind {number}")
    session = desk.sit()
    assert (len(session.keys), session.message) == (25, "")
    session.add_class("kind 26")
    assert session.message.endswith("; no key is left for kind 26: click it")
    add_class(desk.campaign.path, "kind 27")
    session = desk.sit()
    assert session.message == "no key is left for kind 26, kind 27: click them"
    session.answer("kind 27")
    assert session.shown(1).label == "kind 27"


def test_flags_go_up_and_down(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "Shift+ArrowRight", "f")
    assert [session.shown(i).is_flagged for i in range(3)] == [True, True, False]
    press(session, "ArrowRight", "Shift+ArrowLeft", "f")  # one has it, one has not
    assert [session.shown(i).is_flagged for i in range(3)] == [True, True, True]
    press(session, "f")
    assert [session.shown(i).is_flagged for i in range(3)] == [True, False, False]
    press(session, "z", "z")
    assert [session.shown(i).is_flagged for i in range(3)] == [True, True, False]


def test_a_repeat_is_measured_and_is_no_label(desk: Desk, press: Press) -> None:
    session = desk.sit()
    number, again = next((i, item) for i, item in enumerate(session.queue.items) if item.repeat)
    first = next(i for i, item in enumerate(session.queue.items) if item.key == again.key)
    assert session.shown(number).suggestion is None
    session.go(first)
    press(session, "1")
    session.go(number)
    press(session, "2")
    assert desk.campaign.standing().labelled == {again.key: "ring"}
    progress = desk.sit().progress()
    assert (progress.n_repeats, progress.n_repeats_same) == (1, 0)
    session.go(number)
    press(session, "1", *["1"] * (len(session.queue.items) - 2))
    assert "; 2 of 2 repeats the same" in session.progress().line()


def test_nothing_tells_the_second_time_before_the_last_answer(desk: Desk, press: Press) -> None:
    desk.repeats = 0.2
    session = desk.sit()
    items = session.queue.items
    assert sum(item.repeat for item in items) == 6
    for number in range(len(items)):
        progress = session.progress()
        assert (progress.n_done, progress.n_flagged, session.position) == (number,) * 3
        assert session.shown(number).status == "open"
        assert not session.shown(number).is_flagged
        assert "repeats" not in progress.line()
        press(session, "f")
        assert session.message == "1 flagged"
        press(session, "1")
        assert "repeat" not in session.message
    assert "; 6 of 6 repeats the same" in session.progress().line()


def test_a_box_that_was_flagged_either_time_is_to_be_talked_about(desk: Desk, press: Press) -> None:
    session = desk.sit()
    number, again = next((i, item) for i, item in enumerate(session.queue.items) if item.repeat)
    session.go(number)
    press(session, "f")
    flagged = desk.sit("ben", which="flagged")
    assert [item.key for item in flagged.queue.items] == [again.key]
    own = desk.sit("ana", which="flagged")
    assert own.shown(0).is_flagged
    press(own, "f")
    assert not own.shown(0).is_flagged
    assert not desk.sit().shown(number).is_flagged
    press(own, "z")
    assert desk.sit().shown(number).is_flagged


def test_what_others_said_shows_after_one_has_answered_and_where_it_differs(
    desk: Desk, press: Press
) -> None:
    press(desk.sit("ben"), "1", "2", "u", "1")
    session = desk.sit("ana")
    assert session.shown(0).others == {}
    press(session, "3", "2", "1")
    assert [session.shown(i).others for i in range(3)] == [{"ben": "ring"}, {}, {}]
    assert session.progress().n_conflicts == 1
    blind = desk.sit("ana", blind=True)
    assert blind.shown(0).others == {}


def test_what_arrives_from_outside_is_followed_and_moves_nobody(desk: Desk, press: Press) -> None:
    session = desk.sit("ana")
    press(session, "1", "2")
    key = session.queue.items[4].key
    desk.campaign.record("ana", [(key, "rod")])  # a table, meanwhile
    press(desk.sit("ben"), "3")  # who was not there when ana sat down
    session.follow()
    assert (session.position, session.progress().n_done) == (2, 3)
    assert session.shown(0).others == {"ben": "background"}
    press(session, "1", "1")
    assert session.position == 5  # what has an answer is not asked again


def test_disputes_are_settled_for_good_in_the_same_way(desk: Desk, press: Press) -> None:
    press(desk.sit("ana"), "1", "1")
    press(desk.sit("ben"), "2", "3")
    judge = desk.sit("carla", which="disputed")
    keys = [item.key for item in judge.queue.items]
    assert judge.shown(0).others == {"ana": "ring", "ben": "rod"}
    press(judge, "2")
    assert desk.campaign.standing().labelled == {keys[0]: "rod"}
    assert desk.campaign.standing().settled == {keys[0]}
    press(judge, "z")
    assert set(desk.campaign.standing().disputed) == set(keys)
    # a party may settle too; what they said before does not count as settling
    party = desk.sit("ana", which="disputed")
    assert [status for status, _ in said(party)] == ["open", "open"]
    press(party, "2", "2")
    assert desk.campaign.standing().labelled == dict.fromkeys(keys, "rod")


def test_two_faces_of_one_annotator_do_not_undo_in_the_dark(desk: Desk, press: Press) -> None:
    napari, browser = desk.sit(), desk.sit()
    press(napari, "1")
    browser.go(1)
    press(browser, "2")
    press(napari, "z")  # takes back the last press, which the other face made
    assert napari.position == 1
    assert [label for _, label in said(napari)[:2]] == ["ring", None]
    assert said(desk.sit()) == said(napari)


def test_classes_that_were_renamed_meanwhile_stop_the_press(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "1")
    file = desk.campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace('"rod"', '"bar"', 1))
    assert session.press("2") == "classes-changed"
    assert "changed to ring, bar, background; look at their keys" in session.message
    assert len(lines(desk.campaign)) == 2
    assert session.classes == ("ring", "bar", "background")
    press(session, "2")
    assert session.shown(1).label == "bar"


def test_what_was_answered_and_suggested_follows_a_class_to_its_new_name(
    desk: Desk, press: Press
) -> None:
    desk.repeats = 0.0
    session = desk.sit()
    press(session, "2")
    file = desk.campaign.path / "campaign.toml"
    text = file.read_text().replace('"rod"', '"bar"', 1)
    file.write_text(text.replace("renamed = []", 'renamed = ["rod = bar"]'))
    assert session.press("Enter") == "classes-changed"
    assert session.shown(0).label == "bar"
    assert session.shown(1).suggestion == "bar"
    press(session, "Enter")
    assert session.shown(1).label == "bar"


def test_a_class_added_by_another_annotator_shows_and_stops_nothing(
    desk: Desk, press: Press
) -> None:
    session = desk.sit("ana")
    add_class(desk.campaign.path, "spiral")
    press(session, "1")
    assert session.keys["4"] == "spiral"
    assert session.shown(0).label == "ring"


def test_a_disk_that_is_full_loses_no_box_and_says_so(
    desk: Desk, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = desk.sit()
    press(session, "1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("cryoal.data.journal.os.fsync", full)
        assert session.press("2") == "error"
    assert session.message == "not recorded: [Errno 28] No space left on device"
    assert session.position == 1
    assert said(session)[1] == ("open", None)
    press(session, "2")
    assert len(desk.campaign.standing().labelled) == 2


def test_a_key_that_means_nothing_does_nothing(desk: Desk) -> None:
    session = desk.sit()
    assert session.press("9") == ""
    assert not (desk.campaign.path / "labels").exists()


def test_progress_tells_the_time_left_from_the_recent_pace(desk: Desk, press: Press) -> None:
    session = desk.sit()
    n = len(session.queue.items)
    for seconds in (60.0, 2.0, 5.0, 3.0):
        desk.clock.time += seconds
        press(session, "1")
    assert session.progress().line() == f"4 of {n}; ring 4"  # the first ones are no measure
    desk.clock.time += 4.0
    press(session, "1")
    progress = session.progress()
    assert progress.seconds_each == 4.0
    assert progress.seconds_left == 4.0 * (n - 5)
    assert progress.line().startswith(f"5 of {n}, about 2 min left; ring 5")
    assert not progress.is_break_due
    desk.clock.time += 1500
    assert session.progress().is_break_due


def test_labels_of_a_table_and_of_a_sitting_go_together(desk: Desk, press: Press) -> None:
    key = desk.campaign.pool.keys[0]
    desk.campaign.record("ana", [(key, "rod")])
    session = desk.sit()
    assert session.shown(0).label == "rod"
    assert session.position == 1
    session.go(0)
    press(session, "1")
    assert desk.campaign.standing().labelled == {key: "ring"}
    press(session, "z", "z")  # what the table said cannot be undone with a key
    assert desk.campaign.standing().labelled == {key: "rod"}


KEYS = ["1", "2", "3", "u", "s", "f", "z", "Shift+z", "ArrowLeft", "Shift+ArrowRight", "Enter", "j"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(keys=st.lists(st.sampled_from(KEYS), max_size=40), restarts=st.sets(st.integers(0, 39)))
def test_restarts_change_nothing(desk: Desk, keys: list[str], restarts: set[int]) -> None:
    journal = desk.campaign.path / "labels" / "ana.jsonl"
    journal.unlink(missing_ok=True)
    session = desk.sit()
    for i, key in enumerate(keys):
        if i in restarts:
            position, selection = session.position, session.selection
            session = desk.sit()
            session.go(selection.start)
            session.go(position, extend=True)
            if selection.start != position and selection.stop - 1 != position:
                session.go(selection.stop - 1)
        session.press(key)
    assert said(desk.sit()) == said(session)
    in_one_go = [e for e in session.campaign.labels.answers() if not e.repeat]
    by_key = {answer.key: answer.label for answer in in_one_go}
    for item, (_, label) in zip(session.queue.items, said(session), strict=True):
        if not item.repeat:
            assert by_key.get(item.key) == label


def test_events_of_an_opened_journal_are_what_was_pressed(desk: Desk, press: Press) -> None:
    session = desk.sit()
    press(session, "1", "s")
    events, _ = desk.campaign.labels.events("ana")
    assert [type(event) for event in events[1:]] == [Answer, Skip]


def finished(desk: Desk) -> Session:
    """A sitting in which every box has an answer, the last one in order given last."""
    session = desk.sit()
    for _ in session.queue.items:
        session.press("1")
    return session


def test_when_every_box_has_an_answer_none_is_selected_and_what_to_type_is_told(
    desk: Desk,
) -> None:
    session = finished(desk)
    last = len(session.queue.items) - 1
    assert (session.position, list(session.selection)) == (last, [])
    said = f"next: cryoal select {desk.campaign.path} -n 30"  # boxes, not their repeats
    assert session.message.endswith(said)
    journal = desk.campaign.path / "labels" / "ana.jsonl"
    before = journal.read_bytes()
    for key in ("2", "u", "j", "s", "Enter", "n", " "):
        assert session.press(key) == ""
        assert session.message.endswith(said)
    session.answer("rod")
    session.add_class("spiral")
    assert session.message.endswith(said)
    assert journal.read_bytes() == before
    assert "spiral" not in session.classes


def test_a_finished_review_that_is_opened_again_has_nothing_selected(desk: Desk) -> None:
    finished(desk)
    again = desk.sit()
    assert list(again.selection) == []
    assert again.message.startswith("every box has an answer, none is selected")
    assert again.press("2") == ""
    assert set(again.progress().by_class.items()) >= {("ring", len(again.queue.items))}


@pytest.mark.parametrize(
    ("key", "steps_back"),
    [("ArrowLeft", 0), ("ArrowUp", 1), ("Shift+ArrowLeft", 0), ("ArrowRight", 0)],
)
def test_moving_back_selects_again_and_a_correction_ends_where_it_was(
    desk: Desk, key: str, steps_back: int
) -> None:
    session = finished(desk)
    last = len(session.queue.items) - 1
    session.press(key)
    assert list(session.selection) == [last - steps_back]
    session.press("2")
    assert session.shown(last - steps_back).label == "rod"
    assert list(session.selection) == []


def test_undo_flags_and_clicks_work_where_nothing_is_selected(desk: Desk) -> None:
    session = finished(desk)
    last = len(session.queue.items) - 1
    session.press("f")  # of the box in front, which is still there to be seen
    assert session.shown(last).is_flagged
    assert list(session.selection) == []
    session.press("f")
    session.press("z")
    session.press("z")  # both flags
    session.press("z")
    assert (session.shown(last).status, list(session.selection)) == ("open", [last])
    session.press("3")
    assert list(session.selection) == []
    session.go(4)
    assert list(session.selection) == [4]
    session.press("End")  # no box is open
    assert (session.position, list(session.selection)) == (4, [])


def test_a_queue_of_disputes_ends_with_how_things_stand(desk: Desk) -> None:
    key = desk.sit().queue.items[0].key
    desk.campaign.record("ana", [(key, "ring")])
    desk.campaign.record("ben", [(key, "rod")])
    session = desk.sit("zoe", which="disputed")
    session.press("1")
    assert session.message.endswith(f"next: cryoal status {desk.campaign.path}")


def test_every_face_refuses_a_new_class_that_differs_by_capitals(
    desk: Desk,
) -> None:
    session = desk.sit()
    with pytest.raises(ConfigError, match="'Ring', which differs by capitals alone"):
        session.add_class("Ring")
    with pytest.raises(ConfigError, match="'Ring', which differs by capitals alone"):
        Server(desk.campaign.path).add_class("Ring")
    assert "Ring" not in Campaign.open(desk.campaign.path).config.classes


def test_who_settles_in_a_review_after_a_clock_was_ahead_is_heard(desk: Desk) -> None:
    key = desk.sit().queue.items[0].key
    desk.campaign.record("ana", [(key, "ring")])
    desk.campaign.record("ben", [(key, "rod")])
    session = desk.sit("zoe", which="disputed")
    ahead = {"key": key, "label": "rod", "time": "2996-01-01T00:00:00.000Z", "settles": True}
    desk.campaign.labels.journal("ben").append([ahead])  # while the box is in front of zoe
    session.press("3")
    assert desk.campaign.standing().labelled == {key: "background"}
    last = desk.campaign.labels.answers()[-1]
    assert (last.annotator, last.counts_from) == ("zoe", "2996-01-01T00:00:00.001Z")
