from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr

from cryoal.data.arrays import (
    brief,
    read_array,
    read_attributes,
    read_text,
    write_array,
    write_group,
    write_text,
    write_texts,
)
from cryoal.errors import PoolError

if TYPE_CHECKING:
    import os
    from pathlib import Path


@pytest.mark.parametrize(
    "values", [np.arange(6.0).reshape(2, 3), np.array([1, 0], np.int32), np.zeros(3, np.float32)]
)
def test_array_comes_back_and_zarr_python_reads_it(tmp_path: Path, values: np.ndarray) -> None:
    write_array(tmp_path / "a", values)
    found = read_array(tmp_path / "a", values.shape, values.dtype.name)
    assert np.array_equal(found, values)
    assert found.dtype == values.dtype
    assert np.array_equal(zarr.open_array(tmp_path / "a", mode="r")[:], values)


def test_text_comes_back_letter_for_letter(tmp_path: Path) -> None:
    text = {"name": ["007", "", " a b ", "Å\n\t\"'", "1e-3"], "empty": []}
    write_text(tmp_path / "t", text)
    assert read_text(tmp_path / "t") == text


COLUMNS = {"name": ["007", "", " a b ", "Å\n\t\"'", "1e-3"], "x, y": list("12345")}


@pytest.mark.parametrize("columns", [{}, {"a": []}, COLUMNS])
def test_columns_are_written_in_pieces_to_the_same_bytes(
    tmp_path: Path, columns: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryoal.data.arrays.TEXTS_AT_ONCE", 2)
    write_text(tmp_path / "whole", columns)
    write_texts(tmp_path / "pieces", columns.items())
    for name in ("zarr.json", "c/0"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "pieces" / name).read_bytes()


@pytest.mark.parametrize(
    "said",
    [
        "Failed to write to file [source locations='a.cc:1'] [os_error_code='27']",  # 0.1.86
        "Failed to write to file [OS error 27: EFBIG File too large]",  # 0.1.71
    ],
)
def test_a_failing_disk_is_told_in_its_own_words(said: str) -> None:
    assert brief(ValueError(said)) == "File too large"


def test_damage_is_one_line_with_the_place(tmp_path: Path) -> None:
    line = r"expected 100 values of float64 in .*/a, found [^\n]+$"
    with pytest.raises(PoolError, match=line):
        read_array(tmp_path / "a", [100], "float64")
    write_array(tmp_path / "a", np.random.default_rng(0).random(100))
    chunk = tmp_path / "a" / "c" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-9])
    line = r"expected 100 values of float64 in .*/a, found [^\n]+$"
    with pytest.raises(PoolError, match=line):
        read_array(tmp_path / "a", [100], "float64")
    write_array(tmp_path / "b", np.frombuffer(b"{", np.uint8))
    with pytest.raises(PoolError, match=r"expected JSON in .*/b"):
        read_text(tmp_path / "b")


@pytest.mark.parametrize("values", [np.zeros((4, 3)), np.ones(4, np.int32)])
def test_a_chunk_that_is_not_there_is_not_taken_for_zeros(
    tmp_path: Path, values: np.ndarray
) -> None:
    write_array(tmp_path / "a", values)
    (tmp_path / "a" / "c" / "/".join("0" * values.ndim)).unlink()  # of zeros too, there is one
    with pytest.raises(PoolError, match=r"expected .* in .*/a, found no file .*/a/c/0"):
        read_array(tmp_path / "a", values.shape, values.dtype.name)
    found = read_array(tmp_path / "a", values.shape, values.dtype.name, absent_is_zero=True)
    assert np.array_equal(found, np.zeros_like(values))


def test_a_chunk_that_may_not_be_looked_at_is_not_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_array(tmp_path / "a", np.ones(4))
    look = type(tmp_path).stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path.name == "0":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path, **options)

    monkeypatch.setattr(type(tmp_path), "stat", refuse)
    with pytest.raises(PoolError, match=r"found Permission denied: .*/a/c/0"):
        read_array(tmp_path / "a", [4], "float64")


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [3]},
        {"data_type": "float32"},
        {"fill_value": 1.0},
        {"chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}}},
        {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}}},
        {"codecs": [{"name": "bytes", "configuration": {"endian": "big"}}]},
    ],
)
def test_an_array_of_another_layout_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    write_array(tmp_path / "a", np.arange(4.0))
    metadata = json.loads((tmp_path / "a" / "zarr.json").read_text())
    (tmp_path / "a" / "zarr.json").write_text(json.dumps(metadata | change))
    with pytest.raises(PoolError, match=r"expected 4 values of float64 in .*/a, found [^\n]+$"):
        read_array(tmp_path / "a", [4], "float64")


def test_group_keeps_its_attributes(tmp_path: Path) -> None:
    write_group(tmp_path, {"a": {"b": [1, None]}})
    assert read_attributes(tmp_path) == {"a": {"b": [1, None]}}
    assert dict(zarr.open_group(tmp_path, mode="r").attrs) == {"a": {"b": [1, None]}}
    with pytest.raises(PoolError, match="expected a Zarr v3 group"):
        read_attributes(tmp_path / "absent")
