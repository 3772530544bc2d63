from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pytest

from cryoal.data import catalogue, known_parts
from cryoal.data.arrays import read_attributes, write_group, write_text
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.data.pool_part import ABOUT, sealed
from cryoal.errors import PoolError
from tests.data.samples import grid_picks, tomogram

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_LEAST, N_PARTS = 4, 6


@pytest.fixture(scope="module", autouse=True)
def few_are_taken_in() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_parts, "AT_LEAST", AT_LEAST)
        yield


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pool of a tomogram at a time, written a while ago, that has been opened once."""
    folder = tmp_path_factory.mktemp("pool")
    pool = folder / "pool.zarr"
    picks = grid_picks(folder / "p.csv", ["TS_00"], n=3)
    extract(pool, [tomogram(folder, "TS_00", "int8")], picks, box=8, density="white")
    for number in range(1, N_PARTS):
        copy_part(pool / "part_0000", number)
    written_a_while_ago(pool)
    Pool.open(pool)
    return pool


@pytest.fixture
def copied(many: Path, tmp_path: Path) -> Path:
    shutil.copytree(many, tmp_path / "pool.zarr")
    shutil.copy2(file_of(many), tmp_path)
    return tmp_path / "pool.zarr"


def copy_part(part: Path, number: int) -> None:
    """The same boxes as those of another tomogram."""
    other = part.with_name(f"part_{number:04d}")
    shutil.copytree(part, other)
    about = read_attributes(part)[ABOUT]
    keys = [f"TS_{number:02d}/{row:06d}" for row in range(about["n_boxes"])]
    shutil.rmtree(other / "keys")
    write_text(other / "keys", keys)
    about["tomograms"][0]["name"] = f"TS_{number:02d}"
    write_group(other, {ABOUT: sealed({**about, "added": str(number)}, other)})


def written_a_while_ago(pool: Path) -> None:
    """Each part at another moment, as each is an import of its own."""
    for number, part in enumerate(sorted(pool.glob("part_*"))):
        then = time.time() - 60 - number
        for file in part.rglob("*"):
            os.utime(file, (then, then))


def file_of(pool: Path) -> Path:
    return pool.with_name(f".{pool.name}.catalogue")


def seen(path: Path) -> object:
    """All that opening tells of a pool, or the line that it ends with."""
    try:
        pool = Pool.open(path)
    except PoolError as error:
        return str(error)
    arrays = (pool.position_zyx_angstrom, pool.coordinate_zyx_angstrom, pool.inside_fraction)
    columns = [array.tolist() for array in (pool.keys, pool.tomogram, *arrays)]
    return pool.parts, pool.tomograms, columns


def without_catalogue(path: Path) -> object:
    file_of(path).unlink(missing_ok=True)
    return seen(path)


def refuse(*arguments: object) -> NoReturn:
    raise AssertionError(arguments)


def test_parts_that_nobody_touched_are_not_read_again(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = seen(copied)
    monkeypatch.setattr(known_parts, "_read", refuse)
    assert seen(copied) == before
    assert isinstance(before, tuple)
    assert len(before[0]) == N_PARTS
    pool = Pool.open(copied)
    assert pool.keys[[3, 4]].tolist() == ["TS_01/000000", "TS_01/000001"]
    assert pool.tomogram[[2, 3, 6]].tolist() == [0, 1, 2]
    assert pool.read(np.array([5])).shape == (1, 8, 8, 8)


def changes(part: Path) -> Iterator[tuple[Path, bytes]]:
    for file in sorted(path for path in part.rglob("*") if path.is_file()):
        content = file.read_bytes()
        middle = len(content) // 2
        yield file, b""
        yield file, content[:middle]
        yield file, content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]


def test_what_happens_to_a_file_is_noticed_as_without_the_catalogue(copied: Path) -> None:
    kept = file_of(copied).read_bytes()
    whole = seen(copied)
    n_noticed = 0
    for file, changed in changes(copied / "part_0004"):
        content, about = file.read_bytes(), file.stat()
        file.write_bytes(changed)
        found = seen(copied)
        assert found == without_catalogue(copied), file
        n_noticed += found != whole
        file.write_bytes(content)
        os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
        file_of(copied).write_bytes(kept)
    assert n_noticed > 20
    assert seen(copied) == whole


@pytest.mark.parametrize("lost", ["keys/c/0", "position_zyx_angstrom/c", "boxes/c.0.0.0.0"])
def test_what_is_missing_of_a_part_is_noticed(copied: Path, lost: str) -> None:
    path = copied / "part_0004" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(PoolError, match=r"expected [^\n]*part_0004[^\n]*$"):
        Pool.open(copied)


def test_parts_that_come_and_go_are_seen(copied: Path) -> None:
    (copied / "part_0001").rename(copied.parent / "part_0001")
    copy_part(copied / "part_0000", 60)  # as an older version adds one
    pool = Pool.open(copied)
    names = [part.path.name for part in pool.parts]
    assert (names[:2], names[-1]) == (["part_0000", "part_0002"], "part_0060")
    assert (pool.parts[1].start, pool.parts[-1].stop) == (3, 3 * N_PARTS)
    assert "TS_01/000000" not in set(pool.keys)
    (copied / "part_0003").rename(copied / "part_0001")  # another one under its name
    assert seen(copied) == without_catalogue(copied)


def test_damage_to_the_catalogue_changes_nothing(copied: Path) -> None:
    whole, content = seen(copied), file_of(copied).read_bytes()
    for at in range(0, len(content), 499):
        file_of(copied).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert seen(copied) == whole
        file_of(copied).write_bytes(content[:at])  # a kill while it was written
        assert seen(copied) == whole


def test_a_catalogue_that_was_cut_short_is_made_whole(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = file_of(copied).read_bytes()
    file_of(copied).write_bytes(content[: len(content) // 20])  # less than an entry
    whole = seen(copied)
    monkeypatch.setattr(known_parts, "_read", refuse)
    assert seen(copied) == whole


def test_entries_of_parts_that_are_no_more_are_cleared(copied: Path) -> None:
    size = file_of(copied).stat().st_size
    for _ in range(4):
        for file in copied.rglob("zarr.json"):
            about = file.stat()
            os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns - 10**9))
        Pool.open(copied)
    assert size <= file_of(copied).stat().st_size <= 2 * size


def test_what_was_written_this_moment_is_not_taken_in(copied: Path) -> None:
    file_of(copied).unlink()
    for file in copied.glob("*/zarr.json"):
        file.touch()
    Pool.open(copied)
    assert not file_of(copied).exists()


def test_a_pool_of_a_few_parts_has_no_catalogue(copied: Path) -> None:
    file_of(copied).unlink()
    for number in range(AT_LEAST - 1, N_PARTS):
        shutil.rmtree(copied / f"part_{number:04d}")
    assert len(Pool.open(copied)) == 9
    assert not file_of(copied).exists()


def test_a_pool_where_nothing_can_be_written_opens(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    whole = seen(copied)
    file_of(copied).unlink()
    monkeypatch.setattr(catalogue, "replacing", forbidden)
    assert seen(copied) == whole
    assert not file_of(copied).exists()


def test_a_newer_part_in_the_catalogue_is_refused_all_the_same(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_parts, "VERSION", 1)
    monkeypatch.setattr("cryoal.data.pool_part.VERSION", 1)
    with pytest.raises(PoolError, match="expected a pool of version 1 or less, found 2"):
        Pool.open(copied)
