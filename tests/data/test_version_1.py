"""Pools of version 1, which had no checks and stored no zeros, are read as ever."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.errors import PoolError
from cryoal.io.picks.read import read_picks
from tests.data.samples import tomogram
from tests.data.test_pool import read_everything

# Made by cryoal at 55ae1e8: two imports of one tomogram each, 9 boxes of 8^3 in each.
CAMPAIGN = Path(__file__).parent / "campaign_of_version_1.tar.xz"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with tarfile.open(CAMPAIGN) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "campaign" / "pool.zarr"


def test_everything_in_it_is_read(old: Path) -> None:
    pool = Pool.open(old)
    assert len(pool) == 18
    assert pool.keys[[0, 17]].tolist() == ["TS_01/1", "TS_02/9"]
    assert pool.tomogram.tolist() == [0] * 9 + [1] * 9  # no chunk was stored for these zeros
    assert pool.read(np.arange(18)).dtype == np.int16
    assert np.isfinite(pool.read_normalised(np.arange(18))).all()
    assert pool.position_zyx_angstrom.min() > 0
    assert {part.version for part in pool.parts} == {1}
    assert all(len(part.columns()) > 3 and part.blocks() for part in pool.parts)


def test_it_can_be_added_to(old: Path) -> None:
    extra = tomogram(old.parent, "TS_09")
    (old.parent / "p.csv").write_text("tomogram,x,y,z\nTS_09,12,12,12\n")
    before = Pool.open(old).read(np.arange(18))
    extract(old, [extra], read_picks(old.parent / "p.csv"), box=8)
    pool = Pool.open(old)
    assert [part.version for part in pool.parts] == [1, 1, 2]
    assert np.array_equal(pool.read(np.arange(19))[:18], before)


@pytest.mark.parametrize(
    "lost",
    [
        "position_zyx_angstrom/c/0/0",
        "coordinate_zyx_angstrom/c/0/0",
        "inside_fraction/c/0",
        "keys/c/0",
        "columns/c/0",
        "blocks/c/0",
    ],
)
def test_a_chunk_that_is_missing_is_named(old: Path, lost: str) -> None:
    (old / "part_0000" / lost).unlink()
    with pytest.raises(PoolError, match=rf"found no file .*part_0000/{lost}"):
        read_everything(old)


def test_of_several_tomograms_a_missing_chunk_is_not_the_first_of_them(old: Path) -> None:
    about = old / "part_0000" / "zarr.json"
    group = json.loads(about.read_text())
    group["attributes"]["cryoal_pool_part"]["tomograms"] *= 2
    about.write_text(json.dumps(group))
    with pytest.raises(PoolError, match=r"found no file .*part_0000/tomogram/c/0"):
        Pool.open(old)
