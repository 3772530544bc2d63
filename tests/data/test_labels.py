from __future__ import annotations

import json
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from cryoal.data import labels as labels_module
from cryoal.data.labels import LabelStore
from cryoal.errors import LabelError

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
        complete = whole[:length].count(b"\n")
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


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "x" * 65])
def test_a_name_that_is_no_file_name_is_refused(store: LabelStore, name: str) -> None:
    with pytest.raises(LabelError, match="expected an annotator name"):
        store.record(name, [("t/1", "wall")])
    assert not store.folder.exists()


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
