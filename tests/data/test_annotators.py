from __future__ import annotations

import itertools
import os
import unicodedata
from typing import TYPE_CHECKING

import pytest

from cryoal.data.annotators import journal_files, journal_name, name_in
from cryoal.data.labels import LabelStore
from cryoal.errors import LabelError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [
    *("ana", "Ana", "ANA", "ana.b", "ana_b", "ana-b", "x" * 64),  # as ever
    *("rené", "renê", "ren", "René", unicodedata.normalize("NFD", "rené"), "nobody"),
    *("张", "李", "Ольга", "ürün", "नेहा", "علی\u200cرضا", "🧊", "张" * 27),
    *("a b", "a  b", "a%20b", "a/b", "../x", ".hidden", "-x", "~", "DOMAIN\\user", "o'brien"),
    *("con", "CON", "nul.x", "ſ", "s", "K", "\u212a", "ss", "ß"),
]


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    return LabelStore(tmp_path / "labels")


def test_any_name_has_a_journal_of_its_own_that_tells_it(store: LabelStore) -> None:
    for number, name in enumerate(NAMES):
        store.record(name, [(f"t/{number}", "ring")])
    assert store.annotators() == sorted(NAMES)
    for number, name in enumerate(NAMES):
        (answer,) = [a for a in store.answers() if a.annotator == name]
        assert answer.key == f"t/{number}"


def test_no_two_files_are_one_on_a_disk_that_knows_no_capitals_or_composes_letters(
    store: LabelStore,
) -> None:
    for name in NAMES:
        store.record(name, [("t/1", "ring")])
    files = [path.name for path in store.folder.glob("*.jsonl")]
    assert len(files) == len(NAMES)
    for form in ("NFC", "NFD"):
        seen = {unicodedata.normalize(form, file).casefold() for file in files}
        assert len(seen) == len(files)
    for path in store.folder.iterdir():
        assert len(path.name.encode()) <= 255
        assert path.name.isascii()
        assert path.name.split(".")[0].casefold() not in {"con", "nul"}  # Windows' own


def test_usual_names_are_those_of_their_files_and_others_can_be_worked_out() -> None:
    assert journal_name("Ana.B-1_x", ()) == "Ana.B-1_x.jsonl"
    assert journal_name("Ana", ("ana.jsonl",)) == "%41na.jsonl"
    assert journal_name("rené", ()) == "ren%C3%A9.jsonl"  # U+00E9 is C3 A9 in UTF-8
    assert journal_name("a%b", ()) == "a%25b.jsonl"
    assert name_in("ren%C3%A9") == "rené"
    assert name_in("%41na") == "Ana"


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", " a", "a ", "a\u00a0", "a\nb", "a\tb", "\0"),
        *("a\u202eb", "a\u200b", "\ud800", "\ufeffa"),
    ],
)
def test_a_name_that_cannot_be_seen_as_it_is_is_refused(store: LabelStore, name: str) -> None:
    with pytest.raises(LabelError, match="expected an annotator name of visible characters"):
        store.record(name, [("t/1", "wall")])
    assert not store.folder.exists()


@pytest.mark.parametrize("name", ["x" * 244, "é" * 41, "张" * 28])
def test_a_name_too_long_for_a_file_is_refused(store: LabelStore, name: str) -> None:
    with pytest.raises(LabelError, match="expected an annotator name of at most 243"):
        store.record(name, [("t/1", "wall")])
    store.record(name[:-1], [("t/1", "wall")])
    assert store.annotators() == [name[:-1]]


@pytest.mark.parametrize(
    "stray", ["ana (copy).jsonl", "ana - Copy.jsonl", "rené.jsonl", "a%zz.jsonl", "%FF.jsonl"]
)
def test_a_file_that_cryoal_did_not_name_is_named(store: LabelStore, stray: str) -> None:
    store.record("ana", [("t/1", "ring")])
    (store.folder / stray).write_bytes((store.folder / "ana.jsonl").read_bytes())
    for act in (store.standing, store.annotators, lambda: store.record("ana", [("t/2", "rod")])):
        with pytest.raises(LabelError) as caught:
            act()
        assert stray in str(caught.value)
        assert "move it out of the folder" in str(caught.value)


def test_a_folder_called_like_a_journal_and_two_journals_of_one_are_named(
    store: LabelStore,
) -> None:
    store.record("Ana", [("t/1", "ring")])
    (store.folder / "x.jsonl").mkdir()
    with pytest.raises(LabelError, match=r"x\.jsonl"):
        store.standing()
    (store.folder / "x.jsonl").rmdir()
    (store.folder / "%41na.jsonl").touch()
    with pytest.raises(LabelError, match=r"one journal of 'Ana' .*%41na\.jsonl and Ana\.jsonl"):
        store.standing()


def test_an_empty_journal_and_hidden_files_are_nothing(store: LabelStore) -> None:
    store.record("ana", [("t/1", "ring")])
    (store.folder / "ben.jsonl").touch()
    (store.folder / "._ana.jsonl").write_bytes(b"\0\5\x16\7")  # of macOS
    assert store.annotators() == ["ana", "ben"]
    assert store.standing().labelled == {"t/1": "ring"}


def test_a_folder_that_may_not_be_read_is_not_empty(
    store: LabelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record("ana", [("t/1", "ring")])

    def refused(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", refused)
    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError):
        store.standing()
    with pytest.raises(PermissionError):
        journal_files(store.folder)


def test_whoever_comes_first_each_name_keeps_its_journal(tmp_path: Path) -> None:
    for number, order in enumerate(itertools.permutations(["ana", "Ana", "ANA"])):
        store = LabelStore(tmp_path / str(number))
        for name in order:
            store.record(name, [(name, "ring")])
        again = LabelStore(tmp_path / str(number))
        for name in reversed(order):
            again.record(name, [(f"{name} again", "ring")])
        said = {(a.annotator, a.key) for a in again.answers()}
        assert said == {(n, k) for n in order for k in (n, f"{n} again")}
