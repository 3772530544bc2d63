from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.checks import with_check
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.data.staging import missing_parts
from cryoal.data.tomogram_record import TomogramRecord
from cryoal.errors import (
    DamagedBoxError,
    DuplicateKeyError,
    PoolError,
    TomogramError,
    UnknownKeyError,
)
from tests.data.samples import forbid, grid_picks, noise, tomogram, write_mrc

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", params=["cut", "lazy"])
def kind(request: pytest.FixtureRequest) -> str:
    """Whether boxes are in the pool, or stay in their tomograms: what is promised is the same."""
    return str(request.param)


stored = pytest.mark.parametrize("kind", ["cut"], indirect=True, scope="module")
"""Of tests that are about the files of stored boxes."""


@pytest.fixture(scope="module")
def appended(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool of two imports: TS_01 and TS_02 in int8 and white, then TS_03 in float32 and black."""
    folder = tmp_path_factory.mktemp("pool")
    first = [tomogram(folder, "TS_01", "int8"), tomogram(folder, "TS_02", "int8", seed=1)]
    chosen = grid_picks(folder / "p.csv", ["TS_01", "TS_02"])
    lazy = kind == "lazy"
    extract(folder / "pool.zarr", first, chosen, box=8, density="white", lazy=lazy)
    third = write_mrc(folder / "TS_03.mrc", 1000 * noise((20, 30, 40), seed=2))
    chosen = grid_picks(folder / "q.csv", ["TS_03"], n=10)
    extract(folder / "pool.zarr", [third], chosen, box=8, density="black", lazy=lazy)
    return folder / "pool.zarr"


@pytest.fixture
def copied(appended: Path, tmp_path: Path) -> Path:
    shutil.copytree(appended, tmp_path / "pool.zarr")
    return tmp_path / "pool.zarr"


def test_second_import_continues_the_first(appended: Path) -> None:
    pool = Pool.open(appended)
    assert len(pool) == 34
    assert pool.keys[[0, 11, 12, 24, 33]].tolist() == [
        "TS_01/000000",
        "TS_01/000011",
        "TS_02/000000",
        "TS_03/000000",
        "TS_03/000009",
    ]
    assert pool.tomogram_names == ["TS_01", "TS_02", "TS_03"]
    assert np.bincount(pool.tomogram).tolist() == [12, 12, 10]
    assert [(part.start, part.stop) for part in pool.parts] == [(0, 24), (24, 34)]
    assert (pool.box, pool.voxel_spacing) == (8, 10.0)
    assert pool.position_zyx_angstrom.shape == pool.coordinate_zyx_angstrom.shape == (34, 3)
    assert pool.inside_fraction.dtype == np.float32


def test_dtype_is_the_smallest_that_holds_the_boxes_asked_for(appended: Path) -> None:
    pool = Pool.open(appended)
    assert pool.read(np.array([0, 13])).dtype == np.int8
    assert pool.read(np.array([30])).dtype == np.float32
    mixed = pool.read(np.array([30, 0]))
    assert mixed.dtype == np.float32
    assert np.array_equal(mixed[0], pool.read(np.array([30]))[0])
    assert np.array_equal(mixed[1], pool.read(np.array([0]))[0].astype(np.float32))


def test_any_order_and_repeats_give_the_same_boxes(appended: Path) -> None:
    pool = Pool.open(appended)
    everything = pool.read(np.arange(len(pool)))
    rows = np.array([33, 0, 24, 23, 0, 33, 5, 6, 7])
    assert np.array_equal(pool.read(rows), everything[rows])
    assert pool.read(np.array([], np.int64)).shape == (0, 8, 8, 8)


def test_normalised_boxes_have_background_zero_scatter_one_and_bright_particles(
    appended: Path,
) -> None:
    pool = Pool.open(appended)
    rows = np.array([3, 15, 30])
    raw, found = pool.read(rows), pool.read_normalised(rows)
    assert found.dtype == np.float32
    for i, (record, sign) in enumerate(zip(pool.tomograms, (1, 1, -1), strict=True)):
        expected = sign * (raw[i] - record.center) / record.scale
        assert np.allclose(found[i], expected, atol=1e-4)
    # three tomograms of normal noise: 99.7 % within 3
    everything = pool.read_normalised(np.arange(len(pool)))
    assert abs(everything.mean()) < 0.1
    assert everything.std() == pytest.approx(1, abs=0.1)


def test_keys_are_found_in_the_order_asked(appended: Path) -> None:
    pool = Pool.open(appended)
    assert pool.index(["TS_03/000000", "TS_01/000000"]).tolist() == [24, 0]
    assert pool.index([]).dtype == np.int64
    with pytest.raises(UnknownKeyError, match=r"found 2 of 3 that are not .* first 'TS_9/1'"):
        pool.index(["TS_01/000000", "TS_9/1", "TS_9/2"])


def test_row_outside_the_pool_is_refused(appended: Path) -> None:
    for row in (-1, 34):
        with pytest.raises(PoolError, match=r"expected rows of a pool of 34, found"):
            Pool.open(appended).read(np.array([0, row]))


def test_where_boxes_came_from_is_remembered(appended: Path) -> None:
    pool = Pool.open(appended)
    part, record = pool.parts[1], pool.tomograms[2]
    assert part.source_path == appended.parent / "q.csv"
    assert part.source_format == "csv"
    assert list(part.columns()) == ["tomogram", "x", "y", "z"]
    assert part.columns()["tomogram"] == ["TS_03"] * 10
    assert part.blocks() == {}
    assert record.path == appended.parent / "TS_03.mrc"
    assert record.shape == record.geometry.shape == (20, 30, 40)
    assert (record.density, record.density_guessed) == ("black", False)
    assert record.center == pytest.approx(50_000, rel=0.02)
    assert record.scale == pytest.approx(10_000, rel=0.05)


def test_pool_survives_pickling(appended: Path) -> None:
    pool = Pool.open(appended)
    pool.read(np.array([0]))
    again = pickle.loads(pickle.dumps(pool))
    assert np.array_equal(again.read(np.arange(34)), pool.read(np.arange(34)))


def test_forked_child_reads_boxes(appended: Path) -> None:
    # tensorstore ends a child that was forked after its use; loaders of batches fork
    script = """
import os, sys
from pathlib import Path
import numpy as np
from cryoal.data.pool import Pool
from cryoal.data.tomogram_record import TomogramRecord
pool = Pool.open(Path(sys.argv[1]))
child = os.fork()
if child == 0:
    pool.position_zyx_angstrom.sum()
    os._exit(int(pool.read_normalised(np.arange(34)).shape[0]))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(appended)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "34\n"


def test_pool_that_is_absent_or_empty_is_refused(tmp_path: Path) -> None:
    assert not Pool.exists(tmp_path / "pool.zarr")
    with pytest.raises(PoolError, match=r"expected a pool with boxes, found none in .*pool\.zarr"):
        Pool.open(tmp_path / "pool.zarr")


def about(pool: Path) -> tuple[Path, dict]:
    path = pool / "part_0001" / "zarr.json"
    return path, json.loads(path.read_text())


def change(pool: Path, **facts: object) -> None:
    """Other facts in the second part, with the check that they would have had."""
    path, group = about(pool)
    found = {**group["attributes"]["cryoal_pool_part"], **facts}
    told = {name: value for name, value in found.items() if value is not None}
    group["attributes"]["cryoal_pool_part"] = with_check(told)
    path.write_text(json.dumps(group))


def test_newer_pool_is_refused(copied: Path) -> None:
    change(copied, version=4)
    with pytest.raises(PoolError, match="expected a pool of version 3 or less, found 4"):
        Pool.open(copied)


@pytest.mark.parametrize("field", ["n_boxes", "box", "tomograms"])
def test_part_without_a_fact_is_refused(copied: Path, field: str) -> None:
    change(copied, **{field: None})
    with pytest.raises(PoolError, match=f"expected a part of a pool in .*part_0001.*{field}"):
        Pool.open(copied)


@stored
@pytest.mark.parametrize("field", ["n_boxes", "box"])
def test_part_with_other_boxes_than_it_says_is_refused(copied: Path, field: str) -> None:
    _, group = about(copied)
    change(copied, **{field: group["attributes"]["cryoal_pool_part"][field] + 2})
    with pytest.raises(PoolError, match=r"expected .* boxes of .* voxels, found 10 of 8"):
        Pool.open(copied)


@pytest.mark.parametrize("lost", ["keys", "tomogram", "inside_fraction", "boxes", "zarr.json"])
def test_part_with_something_missing_is_refused(copied: Path, kind: str, lost: str) -> None:
    lost = "checks" if (kind, lost) == ("lazy", "boxes") else lost
    path = copied / "part_0000" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(PoolError, match=r"expected [^\n]*part_0000[^\n]*$"):
        Pool.open(copied)


def test_parts_are_read_in_the_order_of_their_numbers(copied: Path) -> None:
    (copied / "part_0001").rename(copied / "part_9999")
    third = tomogram(copied.parent, "TS_04", seed=4)
    extract(copied, [third], grid_picks(copied.parent / "r.csv", ["TS_04"], n=2), box=8)
    (copied / "part_0000").rename(copied / "part_0002")
    names = ["part_0002", "part_9999", "part_10000"]  # text would put the last one first
    assert [part.path.name for part in Pool.open(copied).parts] == names
    assert missing_parts(copied)[:3] == ["part_0000", "part_0001", "part_0003"]


@pytest.mark.parametrize("stray", ["part_0000.bak", "part_0000 (copy)", "part_7", "part_", "x"])
def test_other_names_in_a_pool_are_passed_over(copied: Path, stray: str) -> None:
    shutil.copytree(copied / "part_0000", copied / stray)
    assert len(Pool.open(copied)) == 34


def test_a_copied_part_is_refused_and_both_are_named(copied: Path) -> None:
    shutil.copytree(copied / "part_0001", copied / "part_0007")
    with pytest.raises(
        DuplicateKeyError,
        match=r"found 10 twice, first 'TS_03/000000' in .*/part_0001 and in .*/part_0007: is one a",
    ):
        Pool.open(copied)


def test_an_empty_part_is_refused_and_says_what_to_do(copied: Path) -> None:
    (copied / "part_0003").mkdir()
    with pytest.raises(PoolError, match=r"an empty folder .*/part_0003: restore it .*, or remove"):
        Pool.open(copied)


def test_a_key_of_a_part_that_is_missing_says_so(copied: Path) -> None:
    shutil.rmtree(copied / "part_0000")
    pool = Pool.open(copied)
    assert len(pool) == 10
    with pytest.raises(UnknownKeyError, match=r"'TS_01/000000' \(part_0000 of the pool is missing"):
        pool.index(["TS_03/000000", "TS_01/000000"])


def test_a_pool_that_may_not_be_read_is_not_empty(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, copied)
    with pytest.raises(PermissionError, match=r"pool\.zarr"):
        Pool.exists(copied)


def test_a_tomogram_is_opened_again_where_it_is_the_same(copied: Path) -> None:
    record = Pool.open(copied).tomograms[0]
    with record.open() as volume:
        assert volume.shape == record.shape


def test_a_tomogram_that_has_moved_or_is_another_is_not_opened(
    copied: Path, tmp_path: Path
) -> None:
    record = Pool.open(copied).tomograms[0]
    gone = replace(record, path=tmp_path / "gone.mrc")
    with pytest.raises(TomogramError, match=r"TS_01 as before, found no file .*gone\.mrc"):
        gone.open()
    other = replace(record, path=write_mrc(tmp_path / "other.mrc", noise((8, 9, 10))))
    with pytest.raises(TomogramError, match=r"TS_01 of \(.*\) voxels .*, found \(8, 9, 10\) in"):
        other.open()


def test_another_tomogram_of_the_same_shape_is_not_opened(copied: Path, tmp_path: Path) -> None:
    record = Pool.open(copied).tomograms[0]
    other = replace(record, path=tomogram(tmp_path, "other", "int8", seed=9))
    with pytest.raises(
        TomogramError,
        match=r"TS_01 that the boxes were cut from \(25024 bytes of .*, digest .{8}\), "
        r"found another one of the same shape \(25024 bytes of .*\) in .*other\.mrc",
    ):
        other.open()


def test_a_copy_of_a_tomogram_with_another_time_is_the_same(copied: Path, tmp_path: Path) -> None:
    record = Pool.open(copied).tomograms[0]
    path = tmp_path / "copy.mrc"
    shutil.copyfile(record.path, path)
    os.utime(path, (1, 1))
    with replace(record, path=path).open() as volume:
        assert volume.shape == record.shape


def test_a_record_without_a_fingerprint_opens_as_it_did(copied: Path, tmp_path: Path) -> None:
    value = Pool.open(copied).tomograms[0].to_json()
    del value["file"]  # as in pools of before
    record = TomogramRecord.from_json(value)
    with replace(record, path=tomogram(tmp_path, "other", "int8", seed=9)).open() as volume:
        assert volume.shape == record.shape


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


@stored
def test_a_changed_box_is_named_with_what_to_do(copied: Path) -> None:
    flip(copied / "part_0000" / "boxes" / "c.0.0.0.0", 13 * (8**3 + 4) + 100)
    pool = Pool.open(copied)
    with pytest.raises(DamagedBoxError) as caught:
        pool.read_normalised(np.arange(len(pool)))
    shard = copied / "part_0000" / "boxes" / "c.0.0.0.0"
    assert str(caught.value) == (
        f"expected the box of 'TS_02/000001' in TS_02 as it was written, found it changed in "
        f"{shard}: restore it from a copy, or move part_0000 out of {copied} and add its picks "
        f"({pool.parts[0].source_path}, of TS_01 and 1 more) again"
    )
    assert pool.read(np.array([12, 14, 33])).shape == (3, 8, 8, 8)


def test_any_flipped_bit_of_what_a_part_says_of_itself_is_noticed(copied: Path) -> None:
    whole = Pool.open(copied)
    unnoticed = []
    for path in sorted((copied / "part_0001").rglob("zarr.json")):
        content = path.read_bytes()
        for at in range(0, len(content), 29):
            flip(path, at)
            try:
                pool = Pool.open(copied)
                if pool.parts != whole.parts:  # spaces between words may change
                    unnoticed.append((path.name, at))
            except PoolError:
                pass
            path.write_bytes(content)
    assert unnoticed == []


def pool_files(part: Path) -> list[Path]:
    return sorted(path for path in part.rglob("*") if path.is_file())


def read_everything(path: Path) -> None:
    pool = Pool.open(path)
    for part in pool.parts:
        part.columns()
        part.blocks()
    pool.read(np.arange(len(pool)))


def test_any_missing_file_of_a_part_is_named(copied: Path) -> None:
    """tensorstore takes a chunk that is missing for zeros: 45 particles at 0, 0, 0."""
    for file in pool_files(copied / "part_0000"):
        content = file.read_bytes()
        file.unlink()
        with pytest.raises(PoolError, match=r"part_0000") as caught:
            read_everything(copied)
        assert (file.parent.name if file.name == "zarr.json" else file.name) in str(caught.value)
        file.write_bytes(content)
    assert len(Pool.open(copied)) == 34


@pytest.mark.parametrize("scale", [0.0, -1.0, float("inf"), float("nan")])
def test_a_record_by_which_nothing_can_be_normalised_is_damaged(
    appended: Path, scale: float
) -> None:
    value = {**Pool.open(appended).tomograms[0].to_json(), "scale": scale}
    with pytest.raises(ValueError, match=f"a scale of {scale} for 'TS_01'"):
        TomogramRecord.from_json(value)


def test_a_record_of_before_says_nothing_of_what_was_not_looked_at(appended: Path) -> None:
    value = Pool.open(appended).tomograms[0].to_json()
    for name in ("file", "empty_share", "specimen", "n_beyond", "n_not_finite"):
        del value[name]
    record = TomogramRecord.from_json(value)
    assert (record.file, record.empty_share, record.specimen) == (None, 0, "")
