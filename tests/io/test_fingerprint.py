from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.io.fingerprint import Fingerprint, fingerprint
from cryoal.io.volumes.open import open_volume
from tests.data.samples import noise, write_mrc
from tests.io.volumes.test_ome_zarr import DATA, write_image

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (20, 30, 40)


def of(path: Path) -> Fingerprint:
    with open_volume(path) as volume:
        return fingerprint(volume)


def test_it_says_size_and_time_of_the_file(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", noise(SHAPE))
    os.utime(path, (86_400, 86_400))
    found = of(path)
    assert (found.size, found.modified) == (1024 + 4 * 20 * 30 * 40, "1970-01-02T00:00:00Z")
    assert str(found).startswith("97024 bytes of 1970-01-02T00:00:00Z, digest ")


@pytest.mark.parametrize("place", [220, (10 * 30 + 15) * 40 * 4 + 1024], ids=["header", "middle"])
def test_one_byte_of_header_or_middle_makes_another_tomogram(tmp_path: Path, place: int) -> None:
    path = write_mrc(tmp_path / "t.mrc", noise(SHAPE))
    before = of(path)
    assert before.is_of(of(path))
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert not of(path).is_of(before)


def test_a_packed_tomogram_is_told_by_its_packed_file(tmp_path: Path) -> None:
    path = write_mrc(tmp_path / "t.mrc", noise(SHAPE))
    packed = tmp_path / "t.mrc.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    assert of(packed).size == packed.stat().st_size
    assert of(packed).is_of(of(packed))


@pytest.mark.parametrize("version", [2, 3])
def test_other_voxels_in_a_zarr_of_the_same_metadata_make_another(
    tmp_path: Path, version: int
) -> None:
    one = write_image(tmp_path / "a.zarr", version)
    same = write_image(tmp_path / "b.zarr", version)
    other = write_image(tmp_path / "c.zarr", version, data=DATA + np.int16(1))
    assert of(one).is_of(of(same))
    assert of(one).size == of(other).size
    assert not of(one).is_of(of(other))
