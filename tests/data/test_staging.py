"""An import that is killed, or runs into a full disk, leaves the pool as it was."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.data import staging
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.errors import PoolError
from cryoal.locks import locked
from tests.data.samples import grid_picks, tomogram

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What an import does in a process of its own; {act} comes in between. Small shards, so that
# several are on the disk when it is killed.
IMPORT = """
import os, resource, signal, sys
from pathlib import Path
from cryoal.data import shards, staging
from cryoal.data.extract import extract
from cryoal.errors import PoolError
from cryoal.io.picks.read import read_picks

shards.MAX_PER_SHARD = 4

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Progress:
    def track(self, items, what, total=None, unit=""):
        for n, item in enumerate(items):
            if unit == "boxes" and n == DIE_AT:
                die()
            yield item

DIE_AT = -1
{act}
try:
    extract(
        Path("pool.zarr"), [Path("TS_02.mrc")], read_picks(Path("q.csv")), box=8,
        density="white", progress=Progress(),
    )
except PoolError as error:
    print(error)
    sys.exit(2)
"""

WHILE_CUTTING = "DIE_AT = 30"
BEFORE_THE_RENAME = "staging._flush = lambda folder: die()"
AFTER_THE_RENAME = "staging.flush = lambda path: die() if path.name == 'pool.zarr' else None"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pool of 12 boxes, and what is needed to add 40 more."""
    first = tomogram(tmp_path, "TS_01")
    extract(
        tmp_path / "pool.zarr",
        [first],
        grid_picks(tmp_path / "p.csv", ["TS_01"]),
        box=8,
        density="white",
    )
    tomogram(tmp_path, "TS_02", seed=1)
    grid_picks(tmp_path / "q.csv", ["TS_02"], n=40)
    return tmp_path


def run_import(folder: Path, act: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", IMPORT.format(act=act)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def entries(pool: Path) -> list[str]:
    return sorted(path.name for path in pool.iterdir())


@pytest.mark.parametrize("act", [WHILE_CUTTING, BEFORE_THE_RENAME], ids=["cutting", "renaming"])
def test_killed_import_leaves_the_old_pool_and_the_next_cleans_up(folder: Path, act: str) -> None:
    before = Pool.open(folder / "pool.zarr").read(np.arange(12))
    assert run_import(folder, act).returncode == -signal.SIGKILL
    assert entries(folder / "pool.zarr") == [".staged_0001", "part_0000", "zarr.json"]
    assert len(list((folder / "pool.zarr" / ".staged_0001" / "boxes").glob("c.*"))) >= 6

    pool = Pool.open(folder / "pool.zarr")
    assert len(pool) == 12
    assert np.array_equal(pool.read(np.arange(12)), before)

    done = run_import(folder, "")
    assert done.returncode == 0, done.stderr
    assert entries(folder / "pool.zarr") == ["part_0000", "part_0001", "zarr.json"]
    assert len(Pool.open(folder / "pool.zarr")) == 52


def test_import_killed_after_the_rename_is_whole(folder: Path) -> None:
    assert run_import(folder, AFTER_THE_RENAME).returncode == -signal.SIGKILL
    pool = Pool.open(folder / "pool.zarr")
    assert len(pool) == 52
    assert np.isfinite(pool.read_normalised(np.arange(52))).all()


def test_killed_first_import_is_no_pool_and_the_next_may_choose_another_box(folder: Path) -> None:
    shutil.rmtree(folder / "pool.zarr")
    assert run_import(folder, WHILE_CUTTING).returncode == -signal.SIGKILL
    assert not Pool.exists(folder / "pool.zarr")
    with pytest.raises(PoolError, match="expected a pool with boxes, found none"):
        Pool.open(folder / "pool.zarr")
    first = grid_picks(folder / "p.csv", ["TS_01"])
    extract(folder / "pool.zarr", [folder / "TS_01.mrc"], first, box=12, density="white")
    assert Pool.open(folder / "pool.zarr").box == 12
    assert entries(folder / "pool.zarr") == ["part_0000", "zarr.json"]


def test_disk_that_is_full_midway_is_one_line_and_leaves_the_old_pool(folder: Path) -> None:
    # no file may grow beyond 6 kB: the first shard (4 boxes of 2 kB) fails for want of space
    limit = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))"
    )
    done = run_import(folder, limit)
    assert done.returncode == 2, done.stderr
    assert done.stdout == "expected to write pool.zarr/.staged_0001/boxes, found File too large\n"
    assert entries(folder / "pool.zarr") == ["part_0000", "zarr.json"]


def test_disk_without_room_is_noticed_before_anything_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 20_000))
    second = grid_picks(folder / "q.csv", ["TS_02"], n=40)
    # 40 boxes of 8^3 float32, and 1 kB of tables each
    with pytest.raises(PoolError, match=r"expected 0\.000122 GB free .* found 2e-05 GB"):
        extract(folder / "pool.zarr", [folder / "TS_02.mrc"], second, box=8, density="white")
    assert entries(folder / "pool.zarr") == ["part_0000", "zarr.json"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_any_failure_of_the_disk_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(path: Path) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(staging, "_flush", fail)
    second = grid_picks(folder / "q.csv", ["TS_02"])
    with pytest.raises(PoolError, match=os.strerror(code)):
        extract(folder / "pool.zarr", [folder / "TS_02.mrc"], second, box=8, density="white")
    assert entries(folder / "pool.zarr") == ["part_0000", "zarr.json"]


def interrupt_at(n: int) -> Callable[..., object]:
    class Interrupting:
        def track(self, items, what, total=None, unit=""):
            for i, item in enumerate(items):
                if unit == "boxes" and i == n:
                    raise KeyboardInterrupt
                yield item

        def say(self, line):
            del line

    return Interrupting()


def test_interrupted_import_cleans_up_after_itself(folder: Path) -> None:
    second = grid_picks(folder / "q.csv", ["TS_02"])
    with pytest.raises(KeyboardInterrupt):
        extract(
            folder / "pool.zarr",
            [folder / "TS_02.mrc"],
            second,
            box=8,
            density="white",
            progress=interrupt_at(5),
        )
    assert entries(folder / "pool.zarr") == ["part_0000", "zarr.json"]


def test_two_imports_at_once_are_refused(folder: Path) -> None:
    second = grid_picks(folder / "q.csv", ["TS_02"])
    with staging.staging(folder / "pool.zarr") as staged:
        with pytest.raises(PoolError, match="found another import at work"):
            extract(folder / "pool.zarr", [folder / "TS_02.mrc"], second, box=8, density="white")
        assert staged.is_dir()  # not taken for litter
        shutil.rmtree(staged)  # nothing was put there, let the block fail
        staged.parent.joinpath("part_0000").rename(staged)
    assert entries(folder / "pool.zarr") == ["part_0001", "zarr.json"]


def test_a_failing_import_removes_nothing_but_its_own(folder: Path) -> None:
    """The parts were moved into a folder of the pool; the import that failed took all of it."""
    pool = folder / "pool.zarr"
    (pool / "parked").mkdir()
    (pool / "part_0000").rename(pool / "parked" / "part_0000")
    second = grid_picks(folder / "q.csv", ["TS_02"])
    with pytest.raises(KeyboardInterrupt):
        extract(pool, [folder / "TS_02.mrc"], second, box=8, progress=interrupt_at(5))
    assert entries(pool) == ["parked", "zarr.json"]
    (pool / "parked" / "part_0000").rename(pool / "part_0000")
    assert len(Pool.open(pool)) == 12


@pytest.mark.parametrize("before", [None, "a file of somebody's"])
def test_a_failing_first_import_leaves_the_folder_as_it_was(
    folder: Path, before: str | None
) -> None:
    pool = folder / "new.zarr"
    if before:
        pool.mkdir()
        (pool / before).touch()
    second = grid_picks(folder / "q.csv", ["TS_02"])
    with pytest.raises(KeyboardInterrupt):
        extract(pool, [folder / "TS_02.mrc"], second, box=8, progress=interrupt_at(5))
    assert pool.exists() == bool(before)
    assert not before or entries(pool) == [before]


def test_what_a_killed_import_left_is_cleared_unless_one_is_at_work(folder: Path) -> None:
    pool = folder / "pool.zarr"
    assert run_import(folder, WHILE_CUTTING).returncode == -signal.SIGKILL
    with locked(folder / ".pool.zarr.lock"):
        staging.clear_staged(pool)
    assert entries(pool) == [".staged_0001", "part_0000", "zarr.json"]
    staging.clear_staged(pool)
    assert entries(pool) == ["part_0000", "zarr.json"]
