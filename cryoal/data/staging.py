"""One import at a time, whole or not at all: staged beside the parts, flushed, then renamed."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from cryoal.data.arrays import write_group
from cryoal.errors import PoolError
from cryoal.records import flush

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["part_paths", "require_space", "staging"]

STAGED = ".staged_"


def part_paths(pool: Path) -> list[Path]:
    """Folders of the parts that have joined `pool`, oldest first."""
    return sorted(pool.glob("part_[0-9]*"), key=lambda path: int(path.name.removeprefix("part_")))


@contextmanager
def staging(pool: Path) -> Iterator[Path]:
    """A folder for a new part, which joins `pool` when the block ends without an error.

    Until then the pool is the old one, whatever happens: what a killed import has left is removed
    when the next one begins. `pool` is made if there is none, and unmade if the block fails.

    Raises
    ------
    PoolError
        Another import is at work, or the disk is full.
    """
    try:
        pool.mkdir(parents=True, exist_ok=True)
        # Beside the pool, not in it: zarr-python warns of files that it does not know.
        with FileLock(pool.with_name(f".{pool.name}.lock"), timeout=0):
            yield from _stage(pool)
    except Timeout as error:
        raise PoolError(f"expected to add to {pool} alone, found another import at work") from error
    except OSError as error:
        raise PoolError(f"expected to write to {pool}, found {error}") from error


def _stage(pool: Path) -> Iterator[Path]:
    for litter in pool.glob(f"{STAGED}*"):
        shutil.rmtree(litter)
    parts = part_paths(pool)
    number = 1 + int(parts[-1].name.removeprefix("part_")) if parts else 0
    folder = pool / f"{STAGED}{number:04d}"
    try:
        folder.mkdir()
        if not (pool / "zarr.json").exists():
            write_group(pool, {})
        yield folder
        _flush(folder)
        folder.rename(pool / f"part_{number:04d}")
        flush(pool)
        flush(pool.parent)
    except BaseException:
        shutil.rmtree(folder if parts else pool, ignore_errors=True)
        raise


def require_space(folder: Path, n_bytes: int) -> None:
    """Raise PoolError unless the disk of `folder` has room for `n_bytes`."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise PoolError(
            f"expected {n_bytes / 1e9:.3g} GB free for the boxes, found {free / 1e9:.3g} GB at "
            f"{folder}"
        )


def _flush(folder: Path) -> None:
    for path, _, files in os.walk(folder):
        for file in files:
            flush(Path(path, file))
        flush(Path(path))
