"""Boxes from a coarser level of a file: picks stay in the frame of the finest one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr

from cryoal.campaign.check import of_files
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.data.tomogram_record import TomogramRecord
from cryoal.errors import PicksError, PoolError, TomogramError
from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.raw import RawVolume
from tests.data.samples import tomogram, write_mrc
from tests.io.mrc_files import edit_header

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SPACING = 5.0  # of the finest level


def write_pyramid(path: Path, shape: tuple[int, int, int] = (32, 40, 48)) -> NDArray[np.float32]:
    """Two levels by averaging, as ngff-zarr writes them; gives the coarse one."""
    fine = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    z, y, x = (n // 2 for n in shape)
    coarse = fine.reshape(z, 2, y, 2, x, 2).mean(axis=(1, 3, 5))
    group = zarr.open_group(path, mode="w", zarr_format=3)
    levels = []
    for name, data, factor in (("s0", fine, 1), ("s1", coarse, 2)):
        group.create_array(name, shape=data.shape, chunks=(16, 16, 16), dtype="f4")[...] = data
        steps = [
            {"type": "scale", "scale": [SPACING * factor] * 3},
            {"type": "translation", "translation": [SPACING * (factor - 1) / 2] * 3},
        ]
        levels.append({"path": name, "coordinateTransformations": steps})
    axes = [{"name": name, "type": "space", "unit": "angstrom"} for name in "zyx"]
    image = {"axes": axes, "datasets": levels}
    group.attrs.update({"ome": {"version": "0.5", "multiscales": [image]}})
    return coarse


def write_centres(path: Path, voxels_zyx: list[tuple[int, int, int]]) -> Path:
    """Picks at the centres of these voxels of the coarse level, in angstrom of the finest one.

    Coarse voxel i is the mean of fine 2 i and 2 i + 1, whose middle lies at (2 i + 0.5) * 5 A.
    """
    rows = [",".join(f"{(2 * i + 0.5) * SPACING:.2f}" for i in (x, y, z)) for z, y, x in voxels_zyx]
    path.write_text("x_angstrom,y_angstrom,z_angstrom\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def pool_path(tmp_path: Path) -> Path:
    return tmp_path / "c" / "pool.zarr"


def test_boxes_of_a_level_are_cut_where_the_picks_are_in_the_finest(
    tmp_path: Path, pool_path: Path
) -> None:
    path = tmp_path / "TS_1.zarr"
    coarse = write_pyramid(path)
    centres = [(5, 6, 7), (10, 12, 9)]
    chosen = read_picks(write_centres(tmp_path / "p.csv", centres))
    report = extract(pool_path, [path], chosen, box=4, told=Told(level="s1"), density="white")
    assert "TS_1: level s1 of s0, s1 is read, 10 A" in report.notes
    pool = Pool.open(pool_path)
    assert pool.voxel_spacing == 10.0
    for box, (z, y, x) in zip(pool.read(np.arange(2)), centres, strict=True):
        np.testing.assert_array_equal(box, coarse[z - 2 : z + 2, y - 2 : y + 2, x - 2 : x + 2])
    # the frame of the picks, as they come out again at export, is the finest level's
    assert pool.position_zyx_angstrom[0].tolist() == [52.5, 62.5, 72.5]
    record = pool.tomograms[0]
    assert (record.level, record.shape, record.voxel_spacing) == ("s1", (16, 20, 24), 10.0)
    assert (record.geometry.shape, record.geometry.voxel_spacing) == ((32, 40, 48), 5.0)
    assert record.offset_zyx == (2.5, 2.5, 2.5)
    assert pool.parts[0].told["level"] == "s1"
    with record.open() as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), coarse)


def test_voxels_of_picks_are_those_of_the_finest_level(tmp_path: Path, pool_path: Path) -> None:
    path = tmp_path / "TS_1.zarr"
    coarse = write_pyramid(path)
    (tmp_path / "p.csv").write_text("x,y,z\n15,13,11\n")  # 75, 65, 55 A; 72.5 A is coarse voxel 7
    extract(
        pool_path,
        [path],
        read_picks(tmp_path / "p.csv"),
        box=4,
        told=Told(level="s1"),
        density="white",
    )
    (box,) = Pool.open(pool_path).read(np.arange(1))
    np.testing.assert_array_equal(box, coarse[3:7, 4:8, 5:9])


def test_a_pick_outside_is_one_of_the_finest_level(tmp_path: Path, pool_path: Path) -> None:
    path = tmp_path / "TS_1.zarr"
    write_pyramid(path)
    (tmp_path / "p.csv").write_text("x,y,z\n48,13,11\n")
    with pytest.raises(PicksError, match=r"48 x 40 x 32 voxels of 5 A\), found 1 of 1 outside"):
        extract(
            pool_path,
            [path],
            read_picks(tmp_path / "p.csv"),
            box=4,
            told=Told(level="s1"),
            density="white",
        )


def test_a_second_file_is_read_at_the_level_that_the_pool_has(
    tmp_path: Path, pool_path: Path
) -> None:
    first = tomogram(tmp_path, "TS_0")  # MRC of 10 A
    (tmp_path / "a.csv").write_text("tomogram,x,y,z\nTS_0,9,9,9\n")
    extract(pool_path, [first], read_picks(tmp_path / "a.csv"), box=8, density="white")
    path = tmp_path / "TS_1.zarr"
    write_pyramid(path)
    chosen = read_picks(write_centres(tmp_path / "p.csv", [(8, 9, 10)]))
    extract(pool_path, [path], chosen, box=8, density="white")
    record = Pool.open(pool_path).tomograms[1]
    assert (record.level, record.voxel_spacing) == ("s1", 10.0)
    chosen = read_picks(write_centres(tmp_path / "q.csv", [(9, 9, 10)]))
    with pytest.raises(PoolError, match="expected a voxel spacing of 10 A"):
        extract(pool_path, [path], chosen, box=8, told=Told(level=""), density="white")


def test_a_file_without_levels_refuses_one(tmp_path: Path, pool_path: Path) -> None:
    path = tomogram(tmp_path, "TS_0")
    (tmp_path / "a.csv").write_text("x,y,z\n9,9,9\n")
    with pytest.raises(TomogramError, match="expected a file with levels for --level 1, found MRC"):
        extract(pool_path, [path], read_picks(tmp_path / "a.csv"), box=8, told=Told(level="1"))


def test_a_moved_tomogram_is_found_by_the_level_that_was_cut(
    tmp_path: Path, pool_path: Path
) -> None:
    path = tmp_path / "TS_1.zarr"
    write_pyramid(path)
    chosen = read_picks(write_centres(tmp_path / "p.csv", [(5, 6, 7)]))
    extract(pool_path, [path], chosen, box=4, told=Told(level="s1"), density="white")
    record = Pool.open(pool_path).tomograms[0]
    copy = tmp_path / "elsewhere" / "TS_1.zarr"
    shutil.copytree(path, copy)
    with record.open_at(copy) as volume:
        assert volume.shape == (16, 20, 24)


def test_a_record_of_an_older_pool_is_of_the_finest_level_in_z_y_x(
    tmp_path: Path, pool_path: Path
) -> None:
    path = tmp_path / "TS_1.zarr"
    write_pyramid(path)
    chosen = read_picks(write_centres(tmp_path / "p.csv", [(5, 6, 7)]))
    # as 10 A was taken for a correction of the finest level's scale, where it now finds the other
    extract(
        pool_path, [path], chosen, box=4, voxel_spacing=10.0, told=Told(level="s0"), density="white"
    )
    about = Pool.open(pool_path).tomograms[0].to_json()
    for name in ("level", "offset_zyx", "axes"):
        del about[name]
    record = TomogramRecord.from_json(about)
    with record.open() as volume:
        assert (volume.shape, volume.voxel_spacing) == ((32, 40, 48), 10.0)


def test_a_level_is_checked_where_its_picks_are(tmp_path: Path) -> None:
    path = tmp_path / "TS_1.zarr"
    write_pyramid(path)
    chosen = read_picks(write_centres(tmp_path / "p.csv", [(5, 6, 7), (10, 12, 9)]))
    (subject,) = of_files([path], chosen, told=Told(level="s1"))
    with subject.open() as volume:
        np.testing.assert_allclose(subject.voxel(volume), [[5, 6, 7], [10, 12, 9]])


def test_bytes_that_an_older_pool_took_for_signed_stay_signed(
    tmp_path: Path, pool_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned = np.random.default_rng(0).normal(128, 20, (20, 30, 40)).round().astype(np.uint8)
    path = edit_header(write_mrc(tmp_path / "TS_1.mrc", unsigned.view(np.int8)), dmin=0, dmax=0)
    (tmp_path / "a.csv").write_text("tomogram,key,x,y,z\nTS_1,a,9,9,9\n")
    with monkeypatch.context() as older:
        older.setattr(RawVolume, "settle_bytes", lambda self: None)
        older.setattr(TomogramRecord, "looked_at_bytes", False)
        extract(pool_path, [path], read_picks(tmp_path / "a.csv"), box=8, density="white")
    about = Pool.open(pool_path).tomograms[0].to_json()
    del about["looked_at_bytes"]
    record = TomogramRecord.from_json(about)
    with record.open() as volume:
        assert volume.dtype == np.int8
    # what is added to a new pool is read as it is
    fresh = tmp_path / "fresh" / "pool.zarr"
    extract(fresh, [path], read_picks(tmp_path / "a.csv"), box=8, density="white")
    pool = Pool.open(fresh)
    (box,) = pool.read(np.arange(1))
    np.testing.assert_array_equal(box, unsigned[5:13, 5:13, 5:13])
    with pool.tomograms[0].open() as volume:
        assert volume.dtype == np.uint8
