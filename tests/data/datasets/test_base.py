from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.data.datasets.base import read_arrays
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_arrays_of_an_archive_are_read_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=np.arange(3), two=np.array(["x"]))
    found = read_arrays(tmp_path / "a.npz")
    assert {name: values.tolist() for name, values in found.items()} == {
        "one": [0, 1, 2],
        "two": ["x"],
    }


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 but no more", b"<html>"])
def test_no_archive_is_refused_in_a_line(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(damage)
    with pytest.raises(FileFormatError, match=r"^expected arrays \(\.npz\) in .*a\.npz, found .+"):
        read_arrays(path)


def test_an_array_that_would_be_unpickled_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", names=np.array(["x", None], object))
    with pytest.raises(FileFormatError, match=r"expected arrays .*a\.npz, found Object arrays"):
        read_arrays(tmp_path / "a.npz")
