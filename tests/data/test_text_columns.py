"""The picks' columns of a part, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.data.arrays import write_text
from cryoal.data.text_columns import read_text_columns
from cryoal.errors import PoolError

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.records import Json


@pytest.mark.parametrize("at_once", [0, 3, 1 << 20])
@pytest.mark.parametrize(
    "columns",
    [
        {"a": ["1", "2"], "b": ["x", ""]},
        {"a": ['"],', '],"'], "b": ['"],"', "\\"]},  # what stands between two columns
        {"a": ["],", "]"], "b": ["],[", '{"']},
        {'odd "],"': ["é", "☃"], "": ["\n", "\u2028"]},
        {"only": ["1", "1"]},
        {"a": [",", ","], "b:[": [":[", "é"]},  # what stands between two cells
        {"a": [", ", "],["], "b": ["", ""]},
        {},
    ],
)
def test_columns_come_back_as_they_were_written(
    tmp_path: Path, columns: dict[str, list[str]], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryoal.data.text_columns.AT_ONCE", at_once)
    write_text(tmp_path / "columns", columns)
    found = read_text_columns(tmp_path / "columns", 2)
    assert {name: list(column) for name, column in found.items()} == columns
    assert list(found) == list(columns)


def test_columns_without_rows_come_back(tmp_path: Path) -> None:
    write_text(tmp_path / "columns", {"a": [], "b": []})
    assert list(read_text_columns(tmp_path / "columns", 0)) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (["a"], "expected a table in .*columns, found list"),
        ({"a": ["1", 2]}, "expected texts in column a of .*columns"),
        ({"a": ["1", "2"], "b": "12"}, "expected texts in column b of .*columns"),
        ({"a": ["1", "2"], "b": ["1"]}, "expected 2 values, found 1 in column b of .*columns"),
        ("", "expected a table in .*columns, found str"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, content: Json, said: str) -> None:
    write_text(tmp_path / "columns", content)
    with pytest.raises(PoolError, match=said):
        read_text_columns(tmp_path / "columns", 2)


def test_long_columns_come_back_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cryoal.data.text_columns.AT_ONCE", 4096)
    columns = {
        "name": [f"TS_{n // 1000}" for n in range(5000)],
        "x": [f"{n / 7:.6f}" for n in range(5000)],
        "mixed": ["", *("," * (n % 5) for n in range(4999))],
    }
    write_text(tmp_path / "columns", columns)
    found = read_text_columns(tmp_path / "columns", 5000)
    assert {name: list(column) for name, column in found.items()} == columns
    monkeypatch.setattr("cryoal.data.text_columns.parse_json", None)  # the slow way
    del columns["mixed"]
    write_text(tmp_path / "others", columns)
    found = read_text_columns(tmp_path / "others", 5000)
    assert {name: list(column) for name, column in found.items()} == columns
