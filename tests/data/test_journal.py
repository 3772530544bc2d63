from __future__ import annotations

import json
import multiprocessing
from typing import TYPE_CHECKING

import pytest

from cryoal.data import journal as journal_module
from cryoal.data.journal import Journal, Place
from cryoal.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "labels" / "ana.jsonl")


def fields(journal: Journal) -> list[dict[str, object]]:
    return [line.fields for line in journal.read()[0]]


def test_what_is_appended_is_read_in_order_with_the_numbers_of_the_lines(journal: Journal) -> None:
    journal.append([{"a": 1}, {"a": "é\n"}])
    journal.append([{"a": None}])
    lines, _ = journal.read()
    assert [(line.number, line.fields) for line in lines] == [
        (1, {"a": 1}),
        (2, {"a": "é\n"}),
        (3, {"a": None}),
    ]


def test_a_journal_that_is_not_there_yet_is_empty(journal: Journal) -> None:
    assert journal.read() == ([], Place())
    journal.append([])
    assert not journal.path.exists()


def test_reading_goes_on_where_it_stopped(journal: Journal) -> None:
    journal.append([{"a": 1}])
    _, place = journal.read()
    assert journal.read(place) == ([], place)
    journal.append([{"a": 2}])
    lines, later = journal.read(place)
    assert [(line.number, line.fields) for line in lines] == [(2, {"a": 2})]
    assert journal.read(later) == ([], later)


def test_half_a_line_is_not_read_and_the_rest_of_it_is_not_missed(journal: Journal) -> None:
    journal.append([{"a": 1}])
    with journal.path.open("ab") as file:
        file.write(b'{"a": ')  # another process in the middle of writing
    lines, place = journal.read()
    assert [line.fields for line in lines] == [{"a": 1}]
    with journal.path.open("ab") as file:
        file.write(b"2}\n")
    assert [line.fields for line in journal.read(place)[0]] == [{"a": 2}]


@pytest.mark.parametrize("block", [1, 7, 4096])
def test_a_torn_line_longer_than_a_block_is_cut_off(
    journal: Journal, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "BLOCK", block)
    journal.append([{"a": 1}])
    with journal.path.open("ab") as file:
        file.write(b'{"b": "' + b"x" * 50)
    journal.append([{"a": 2}])
    assert fields(journal) == [{"a": 1}, {"a": 2}]
    journal.path.write_bytes(b"x" * 50)  # nothing but a torn line
    journal.append([{"a": 3}])
    assert fields(journal) == [{"a": 3}]


@pytest.mark.parametrize("damaged", [b"{", b"[1]", b"\xff", b"{} {}", b"\xef\xbb\xbf{}"])
def test_a_damaged_line_is_named(journal: Journal, damaged: bytes) -> None:
    journal.append([{"a": 1}])
    with journal.path.open("ab") as file:
        file.write(damaged + b"\n")
    with pytest.raises(LabelError, match=r"ana\.jsonl line 2, found"):
        journal.read()


def _write_many(path: Path, name: str) -> None:
    for i in range(100):
        Journal(path).append([{"who": name, "i": i}, {"who": name, "i": -i}])


def test_two_processes_lose_nothing_of_each_other(journal: Journal) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(journal.path, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    found = fields(journal)
    for name in "ab":
        mine = [line["i"] for line in found if line["who"] == name]
        assert mine == [sign * i for i in range(100) for sign in (1, -1)]
    pairs = [(first["who"], second["who"]) for first, second in zip(found[::2], found[1::2])]  # noqa: B905
    assert all(first == second for first, second in pairs)  # lines of one call stay together


def test_the_line_of_a_journal_is_json_that_people_can_read(journal: Journal) -> None:
    journal.append([{"key": "µ/1"}])
    # CRC-32C of {"key":"\u00b5/1"}, by google_crc32c
    assert journal.path.read_text(encoding="utf-8") == '{"key": "µ/1", "check": "2c539938"}\n'


def test_a_flipped_bit_in_a_journal_is_noticed_or_changes_nothing(
    journal: Journal,
) -> None:
    written: list[dict[str, object]] = [
        {"key": "t/1", "label": "ring", "time": "2026-01-01T00:00:00.000Z"},
        {"key": "t/2", "label": None, "time": "2026-01-01T00:00:01.000Z"},
    ]
    journal.append(written)
    whole = journal.path.read_bytes()
    missed = []
    for bit in range(0, 8 * len(whole), 3):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << (bit % 8)
        journal.path.write_bytes(flipped)
        try:
            found = fields(journal)
        except LabelError as error:
            assert "ana.jsonl line " in str(error)  # noqa: PT017
            continue
        if found != written and not any("check" not in f and len(f) > 3 for f in found):
            missed.append((bit, found))
    assert not missed  # a line whose check has another name has a field that nobody knows


def test_a_line_with_a_wrong_check_is_named_and_says_how_to_go_on(journal: Journal) -> None:
    journal.append([{"a": 1}, {"a": 2}])
    text = journal.path.read_text()
    journal.path.write_text(text.replace('"a": 2', '"a": 3'))
    with pytest.raises(LabelError, match=r"ana\.jsonl line 2 as it was written.*move this one out"):
        journal.read()
    first, second = text.splitlines()
    journal.path.write_text(f"{first}\n")  # moved out
    assert fields(journal) == [{"a": 1}]
    assert json.loads(second)["a"] == 2
    journal.path.write_text(first + '\n{"a": 3}\n')  # changed by hand, its check taken out
    assert fields(journal) == [{"a": 1}, {"a": 3}]


def test_lines_of_before_there_were_checks_are_read_and_told_apart(journal: Journal) -> None:
    journal.path.parent.mkdir()
    journal.path.write_text('{"a": 1}\n')
    journal.append([{"a": 2}])
    assert [(line.fields, line.is_checked) for line in journal.read()[0]] == [
        ({"a": 1}, False),
        ({"a": 2}, True),
    ]


@pytest.mark.parametrize("has_check", [True, False])
def test_a_whole_last_line_that_lacks_its_line_break_is_kept(
    journal: Journal, has_check: bool
) -> None:
    journal.append([{"a": 1}, {"a": {"}": "é"}}])
    text = journal.path.read_bytes()
    if not has_check:
        text = '{"a": 1}\n{"a": {"}": "é"}}\n'.encode()
    for lost in (b"", b"\0\0\0", b" \r"):  # zeros: what some disks hold after a power cut
        journal.path.write_bytes(text[:-1] + lost)
        lines, place = journal.read()
        assert [line.number for line in lines] == [1, 2]
        assert journal.read(place) == ([], place)
        journal.append([{"a": 3}])
        assert fields(journal) == [{"a": 1}, {"a": {"}": "é"}}, {"a": 3}]
        behind, _ = journal.read(place)
        assert [(line.number, line.fields) for line in behind] == [(3, {"a": 3})]


@pytest.mark.parametrize("broken", [b"\x0b", b"\x1a", b"J", b"\x8a", b"{"])
def test_a_whole_last_line_with_something_behind_it_is_damaged_and_not_torn(
    journal: Journal, broken: bytes
) -> None:
    journal.append([{"a": 1}, {"a": 2}])
    damaged = journal.path.read_bytes()[:-1] + broken
    journal.path.write_bytes(damaged)
    for act in (journal.read, lambda: journal.append([{"a": 3}])):
        with pytest.raises(LabelError, match=r"ana\.jsonl line 2, found"):
            act()
    assert journal.path.read_bytes() == damaged


def test_a_last_line_whose_check_is_wrong_gets_no_line_break(journal: Journal) -> None:
    journal.append([{"a": 1}])
    damaged = journal.path.read_bytes()[:-1].replace(b'"a": 1', b'"a": 3')
    journal.path.write_bytes(damaged)
    with pytest.raises(LabelError, match=r"ana\.jsonl line 1 as it was written"):
        journal.append([{"a": 2}])
    assert journal.path.read_bytes() == damaged


@pytest.mark.parametrize(
    "edited",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: b"\xef\xbb\xbf" + text[:-1],
        lambda text: text + b"\n",
        lambda text: text.replace(b"\n", b"\n \n"),
    ],
    ids=["CRLF", "BOM", "BOM, no line break", "an empty line at the end", "lines of spaces"],
)
def test_what_editors_leave_is_passed_over(
    journal: Journal, edited: Callable[[bytes], bytes]
) -> None:
    journal.append([{"a": 1}, {"a": 2}])
    journal.path.write_bytes(edited(journal.path.read_bytes()))
    _, place = journal.read()
    journal.append([{"a": 3}])
    assert fields(journal) == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert [line.fields for line in journal.read(place)[0]] == [{"a": 3}]
