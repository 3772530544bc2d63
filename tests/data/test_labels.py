from __future__ import annotations

import json
import resource
import signal
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.data import labels as labels_module
from cryoal.data.labels import LabelStore
from cryoal.errors import CampaignVersionError, LabelError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that moves by a millisecond with each record."""
    ticks = iter(range(10**6))
    monkeypatch.setattr(labels_module, "now", lambda: f"2026-01-01T00:00:00.{next(ticks):03d}Z")


@pytest.fixture
def store(tmp_path: Path, clock: None) -> LabelStore:
    return LabelStore(tmp_path / "labels")


def test_the_latest_answer_of_an_annotator_counts(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall"), ("t/2", "lumen")])
    store.record("ann", [("t/1", "lumen")])
    assert store.standing().labelled == {"t/1": "lumen", "t/2": "lumen"}


def test_an_answer_given_again_is_not_written_again(store: LabelStore) -> None:
    assert store.record("ann", [("t/1", "wall"), ("t/2", None)]) == 2
    assert store.record("ann", [("t/1", "wall"), ("t/2", None)]) == 0
    assert len(store.answers()) == 2


def test_two_who_disagree_make_a_dispute_and_not_a_label(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall"), ("t/2", "wall")])
    store.record("bob", [("t/1", "lumen"), ("t/2", "wall")])
    standing = store.standing()
    assert standing.disputed == {"t/1": {"ann": "wall", "bob": "lumen"}}
    assert standing.labelled == {"t/2": "wall"}


def test_a_dispute_ends_when_one_gives_in(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall")])
    store.record("bob", [("t/1", "lumen")])
    store.record("bob", [("t/1", "wall")])
    assert store.standing().labelled == {"t/1": "wall"}


def test_a_settling_answer_ends_a_dispute_for_good(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall")])
    store.record("bob", [("t/1", "lumen")])
    store.record("chief", [("t/1", "background")], settles=True)
    assert store.standing().labelled == {"t/1": "background"}
    store.record("bob", [("t/1", "wall")])  # came too late
    assert store.standing().labelled == {"t/1": "background"}
    store.record("bob", [("t/1", "wall")], settles=True)
    assert store.standing().labelled == {"t/1": "wall"}


def test_who_abstains_leaves_the_word_to_others(store: LabelStore) -> None:
    store.record("ann", [("t/1", None), ("t/2", None)])
    store.record("bob", [("t/1", "wall")])
    standing = store.standing()
    assert standing.labelled == {"t/1": "wall"}
    assert standing.abstained == {"t/2"}


def test_a_key_stands_in_one_place_only(store: LabelStore) -> None:
    store.record("ann", [("a", "x"), ("b", None), ("c", "x"), ("d", "x")])
    store.record("bob", [("a", "y"), ("b", None), ("c", None), ("d", "x")])
    standing = store.standing()
    places = [set(standing.labelled), set(standing.abstained), set(standing.disputed)]
    assert places == [{"c", "d"}, {"b"}, {"a"}]


def test_a_torn_last_line_is_passed_over_and_cut_off(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall"), ("t/2", "wall")])
    file = store.folder / "ann.jsonl"
    whole = file.read_bytes()
    for length in range(len(whole)):  # killed after any byte
        file.write_bytes(whole[:length])
        breaks = whole[:length].count(b"\n")
        complete = breaks + whole[:length].endswith(b"}")  # which lacks its line break alone
        assert len(store.answers()) == complete
        store.record("ann", [("t/3", "lumen")])
        assert [a.key for a in store.answers()] == [*["t/1", "t/2"][:complete], "t/3"]


def test_a_damaged_line_is_named_and_not_passed_over(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall")])
    file = store.folder / "ann.jsonl"
    file.write_bytes(b'{"key": "t/0"}\n' + file.read_bytes())
    with pytest.raises(LabelError, match=r"ann\.jsonl line 1, found"):
        store.standing()


def test_each_line_says_who_when_and_from_where(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall")], source="query.csv")
    (line,) = (store.folder / "ann.jsonl").read_text().splitlines()
    expected = {"key": "t/1", "label": "wall", "source": "query.csv"}
    assert json.loads(line).items() >= expected.items()
    (answer,) = store.answers()
    assert (answer.annotator, answer.time) == ("ann", "2026-01-01T00:00:00.000Z")


def test_a_settling_answer_given_again_outweighs_what_was_settled_since(store: LabelStore) -> None:
    store.record("zoe", [("t/1", "wall")], settles=True)
    store.record("bob", [("t/1", "lumen")], settles=True)
    assert store.record("zoe", [("t/1", "wall")], settles=True) == 1
    standing = store.standing()
    assert standing.labelled == {"t/1": "wall"}
    assert standing.settled == {"t/1"}


def test_a_disk_that_fills_up_leaves_the_journal_as_it_was(store: LabelStore) -> None:
    store.record("ann", [("t/1", "wall")])
    before = (store.folder / "ann.jsonl").read_bytes()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    many = [(f"t/{i}", "lumen") for i in range(1000)]
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        for annotator in ("ann", "new"):
            with pytest.raises(OSError, match="File too large"):
                store.record(annotator, many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert (store.folder / "ann.jsonl").read_bytes() == before
    assert store.annotators() == ["ann"]


def old_journal(store: LabelStore, name: str, *lines: dict[str, object]) -> None:
    """As it was written before there were checks."""
    store.folder.mkdir(exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (store.folder / f"{name}.jsonl").write_text(text)


def says(label: str, time: str, **more: object) -> dict[str, object]:
    return {"key": "t/1", "label": label, "time": time, **more}


@pytest.mark.parametrize(
    "time", ["2036-01-01T00:00:00.000Z", "x", "", "2026-11-28T09:00:00+09:00", "2999-12-31"]
)
def test_the_order_of_writing_decides_within_a_journal_whatever_the_clock_said(
    store: LabelStore, time: str
) -> None:
    old_journal(store, "ana", says("ring", time))
    assert store.record("ana", [("t/1", "rod")]) == 1
    assert store.standing().labelled == {"t/1": "rod"}
    assert store.record("ana", [("t/1", "rod")]) == 0


def test_of_two_who_settle_the_later_moment_counts_in_whatever_zone_it_is_told(
    store: LabelStore,
) -> None:
    old_journal(store, "ana", says("ring", "2026-11-28T09:00:00+09:00", settles=True))  # 00:00 UTC
    old_journal(store, "ben", says("rod", "2026-11-28T01:00:00Z", settles=True))
    standing = store.standing()
    assert standing.labelled == {"t/1": "rod"}
    assert standing.settled_by == {"t/1": "ben"}
    old_journal(store, "ben", says("rod", "2026-11-27T23:00:00", settles=True))  # UTC
    assert store.standing().labelled == {"t/1": "ring"}


def test_a_settling_answer_without_a_time_gives_way_to_one_with(store: LabelStore) -> None:
    old_journal(store, "zoe", says("ring", "yesterday", settles=True))
    assert store.standing().labelled == {"t/1": "ring"}
    old_journal(store, "ana", says("rod", "2026-01-01T00:00:00Z", settles=True))
    assert store.standing().labelled == {"t/1": "rod"}


def test_the_last_settling_answer_of_a_journal_counts_as_no_earlier_than_those_before(
    store: LabelStore,
) -> None:
    later, early = "2026-01-05T00:00:00Z", "2026-01-02T00:00:00Z"  # a clock was set back
    twice = (says("ring", later, settles=True), says("wall", early, settles=True))
    for one, two in (("ana", "zoe"), ("zoe", "ana")):
        old_journal(store, one, *twice)
        old_journal(store, two, says("rod", "2026-01-03T00:00:00Z", settles=True))
        assert store.standing().labelled == {"t/1": "wall"}
        assert store.standing().settled_by == {"t/1": one}


def test_who_settles_after_a_clock_was_ahead_is_heard_all_the_same(store: LabelStore) -> None:
    old_journal(store, "ana", says("ring", "2036-01-01T00:00:00.000Z", settles=True))
    store.record("ben", [("t/1", "rod")], settles=True)
    assert store.standing().labelled == {"t/1": "rod"}
    (line,) = (store.folder / "ben.jsonl").read_text().splitlines()
    assert json.loads(line)["time"] == "2026-01-01T00:00:00.000Z"  # his own clock's
    assert json.loads(line)["counts_from"] == "2036-01-01T00:00:00.001Z"
    store.record("ana", [("t/1", "wall")], settles=True)
    assert store.standing().labelled == {"t/1": "wall"}


def test_two_who_settle_within_a_millisecond_are_told_apart_by_who_wrote_later(
    store: LabelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_module, "now", lambda: "2026-01-01T00:00:00.000Z")
    for name, label in (("zoe", "wall"), ("bob", "lumen"), ("ann", "wall"), ("bob", "rod")):
        store.record(name, [("t/1", label)], settles=True)
        assert store.standing().labelled == {"t/1": label}


def test_times_in_the_future_are_told_by_annotator(store: LabelStore) -> None:
    ahead = "2026-01-01T00:05:01Z"  # now is midnight
    old_journal(store, "ana", says("ring", ahead), says("ring", "2026-01-01T00:04:00Z"))
    old_journal(store, "ben", says("ring", "2026-01-01T09:03:00+09:00"), says("rod", "x"))
    assert store.ahead() == {"ana": ahead}


def test_a_line_of_a_newer_cryoal_is_not_called_damage(store: LabelStore) -> None:
    store.record("ana", [("t/1", "ring")])
    line: dict[str, Any] = {**says("rod", "2026-01-01T00:00:00Z"), "certainty": 0.9}
    store.journal("ana").append([line])  # with a check, as a newer one would
    with pytest.raises(CampaignVersionError, match=r"ana\.jsonl, found line 2 .*update cryoal"):
        store.standing()
    old_journal(store, "ana", line)  # without: nobody vouches for it
    with pytest.raises(LabelError, match=r"ana\.jsonl line 1, found"):
        store.standing()
