from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from cryoal.errors import TomogramError
from cryoal.io.volumes.open import open_volume


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"data_particles\n", "a text that begins with 'data_particles'"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), "a PNG picture"),
        (b"\x80\x04\x95" + bytes(2000), "a Python pickle"),
        (bytes(5000), "nothing but zeros"),
        (bytes(range(256)) * 20, "first bytes of no known format"),
    ],
)
def test_what_is_no_tomogram_is_called_by_what_it_is(
    tmp_path: Path, content: bytes, found: str
) -> None:
    path = tmp_path / "t.mrc"
    for each in (content, gzip.compress(content)):
        path.write_bytes(each)
        with pytest.raises(TomogramError, match=rf"expected a tomogram \(.*MRC.*\), found {found}"):
            open_volume(path)


def test_a_file_that_is_absent_is_said(tmp_path: Path) -> None:
    with pytest.raises(TomogramError, match="found no file"):
        open_volume(tmp_path / "absent.mrc")


@pytest.mark.parametrize("address", ["https://a.org/t.zarr", "s3://bucket/t.mrc"])
def test_an_address_is_called_one(address: str) -> None:
    with pytest.raises(TomogramError, match=r"found the address .* download it first"):
        open_volume(Path(address))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "TS_01.mrc")
    with pytest.raises(TomogramError, match=r"found a pipe or a device at .*: write it to a file"):
        open_volume(tmp_path / "TS_01.mrc")


def test_a_folder_that_is_no_tomogram_is_called_by_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(TomogramError, match="found a folder of nothing"):
        open_volume(tmp_path)
    (tmp_path / "frames").mkdir()
    with pytest.raises(TomogramError, match="found a folder of frames"):
        open_volume(tmp_path)
