from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr

from cryoal.data.arrays import (
    read_array,
    read_attributes,
    read_text,
    write_array,
    write_group,
    write_text,
)
from cryoal.errors import PoolError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "values", [np.arange(6.0).reshape(2, 3), np.array([1, 0], np.int32), np.zeros(3, np.float32)]
)
def test_array_comes_back_and_zarr_python_reads_it(tmp_path: Path, values: np.ndarray) -> None:
    write_array(tmp_path / "a", values)
    assert np.array_equal(read_array(tmp_path / "a"), values)
    assert read_array(tmp_path / "a").dtype == values.dtype
    assert np.array_equal(zarr.open_array(tmp_path / "a", mode="r")[:], values)


def test_text_comes_back_letter_for_letter(tmp_path: Path) -> None:
    text = {"name": ["007", "", " a b ", "Å\n\t\"'", "1e-3"], "empty": []}
    write_text(tmp_path / "t", text)
    assert read_text(tmp_path / "t") == text


def test_damage_is_one_line_with_the_place(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=r"expected an array in .*/a, found [^\n]+$"):
        read_array(tmp_path / "a")
    write_array(tmp_path / "a", np.random.default_rng(0).random(100))
    chunk = tmp_path / "a" / "c" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-9])
    with pytest.raises(PoolError, match=r"expected an array in .*/a, found [^\n]+$"):
        read_array(tmp_path / "a")
    write_array(tmp_path / "b", np.frombuffer(b"{", np.uint8))
    with pytest.raises(PoolError, match=r"expected JSON in the bytes of .*/b"):
        read_text(tmp_path / "b")


def test_group_keeps_its_attributes(tmp_path: Path) -> None:
    write_group(tmp_path, {"a": {"b": [1, None]}})
    assert read_attributes(tmp_path) == {"a": {"b": [1, None]}}
    assert dict(zarr.open_group(tmp_path, mode="r").attrs) == {"a": {"b": [1, None]}}
    with pytest.raises(PoolError, match="expected a Zarr v3 group"):
        read_attributes(tmp_path / "absent")
