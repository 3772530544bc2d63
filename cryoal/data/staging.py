"""One import at a time, whole or not at all: staged beside the parts, flushed, then renamed."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.data.arrays import read_attributes, write_group
from cryoal.errors import LockError, LockHeldError, PoolError
from cryoal.locks import locked
from cryoal.records import entries, flush, is_there, numbered, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["clear_staged", "missing_parts", "part_paths", "require_space", "staging"]

PART = "part_"
STAGED = ".staged_"
COUNT = "cryoal_pool_parts"
MOST = 10_000  # parts that are looked for: a larger number is a damaged one


def part_paths(pool: Path) -> list[Path]:
    """Folders of the parts that have joined `pool`, oldest first; other names are passed over."""
    return list(numbered(pool, PART, 4).values())


def missing_parts(pool: Path) -> list[str]:
    """Names of the parts that `pool` had and has no more, as far as the numbers tell."""
    found = numbered(pool, PART, 4)
    n_parts = max(1 + max(found, default=-1), _n_parts(pool))
    return [f"{PART}{number:04d}" for number in range(n_parts) if number not in found]


def _n_parts(pool: Path) -> int:
    """How many parts have joined, as the last of them told; 0 where nothing tells.

    In older pools nothing does, and a part that was killed right after it joined could not.
    """
    try:
        told = read_attributes(pool)[COUNT]
    except (PoolError, KeyError):
        return 0
    return told if isinstance(told, int) and 0 <= told <= MOST else 0


@contextmanager
def staging(pool: Path) -> Iterator[Path]:
    """A folder for a new part, which joins `pool` when the block ends without an error.

    One that is left empty does not join: there was nothing to add.

    Until then the pool is the old one, whatever happens: what a killed import has left is removed
    when the next one begins. `pool` is made if there is none, and unmade if the block fails. What
    else is in it is nobody's to remove.

    Raises
    ------
    PoolError
        Another import is at work, or the disk is full.
    """
    is_new = not is_there(pool)
    try:
        pool.mkdir(parents=True, exist_ok=True)
        with locked(_lock(pool), 0):
            yield from _stage(pool, is_new=is_new)
    except LockHeldError as error:
        raise PoolError(f"expected to add to {pool} alone, found another import at work") from error
    except LockError:
        raise
    except OSError as error:
        raise PoolError(f"expected to write to {pool}, found {error}") from error


def clear_staged(pool: Path) -> None:
    """Remove what killed imports have left in `pool`, unless one is at work."""
    litter = [pool / name for name in entries(pool) if name.startswith(STAGED)]
    if litter:
        with suppress(OSError), locked(_lock(pool), 0):
            for folder in litter:
                shutil.rmtree(folder, ignore_errors=True)


def _lock(pool: Path) -> Path:
    # Beside the pool, not in it: zarr-python warns of files that it does not know.
    return pool.with_name(f".{pool.name}.lock")


def _stage(pool: Path, *, is_new: bool) -> Iterator[Path]:
    for name in entries(pool):
        if name.startswith(STAGED):
            shutil.rmtree(pool / name)
    sweep(pool)
    number = 1 + max(numbered(pool, PART, 4), default=-1)
    folder, about = pool / f"{STAGED}{number:04d}", pool / "zarr.json"
    is_first = not is_there(about)
    try:
        folder.mkdir()
        if is_first:
            write_group(pool, {})
        yield folder
        if not entries(folder):
            folder.rmdir()
            return
        _flush(folder)
        folder.rename(pool / f"{PART}{number:04d}")
        with suppress(OSError):  # it has joined already
            write_group(pool, {COUNT: number + 1})
        flush(pool)
        flush(pool.parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if is_first:
            about.unlink(missing_ok=True)
        if is_new:
            with suppress(OSError):  # somebody has put something there meanwhile
                pool.rmdir()
        raise


def require_space(folder: Path, n_bytes: int, instead: str = "") -> None:
    """Raise PoolError unless the disk of `folder` has room for `n_bytes`; `instead` ends it."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise PoolError(
            f"expected {n_bytes / 1e9:.3g} GB free for the boxes, found {free / 1e9:.3g} GB at "
            f"{folder}{instead}"
        )


def _flush(folder: Path) -> None:
    for path, _, files in os.walk(folder):
        for file in files:
            flush(Path(path, file))
        flush(Path(path))
