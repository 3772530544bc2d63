from __future__ import annotations

import json
import multiprocessing
from typing import TYPE_CHECKING

import pytest

from cryoal.data import journal as journal_module
from cryoal.data.journal import Journal, Place
from cryoal.errors import LabelError

if TYPE_CHECKING:
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


@pytest.mark.parametrize("damaged", [b"{", b"[1]", b"\xff", b"", b"{} {}"])
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
    assert journal.path.read_text(encoding="utf-8") == '{"key": "µ/1"}\n'
    assert json.loads(journal.path.read_text()) == {"key": "µ/1"}
