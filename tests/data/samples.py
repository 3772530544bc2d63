"""Small tomograms and files of picks, for the tests of this floor."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import mrcfile
import numpy as np

from cryoal.io.picks.read import read_picks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest
    from numpy.typing import NDArray

    from cryoal.io.picks.picks import Picks

SPACING = 10.0


def write_mrc(path: Path, voxels: NDArray[Any], spacing: float = SPACING) -> Path:
    with mrcfile.new(path, data=voxels) as file:
        file.voxel_size = spacing
    return path


def noise(shape: tuple[int, int, int], dtype: str = "float32", seed: int = 0) -> NDArray[Any]:
    """Normal noise of mean 50 and standard deviation 10, no two tomograms the same."""
    return np.random.default_rng(seed).normal(50, 10, shape).astype(dtype)


def tomogram(folder: Path, name: str, dtype: str = "float32", seed: int = 0) -> Path:
    return write_mrc(folder / f"{name}.mrc", noise((20, 30, 40), dtype, seed))


def picks(path: Path, rows: Sequence[tuple[Any, ...]], header: str = "tomogram,x,y,z") -> Picks:
    """A CSV of picks, coordinates in voxels, read by the real reader."""
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join([header, *lines]) + "\n")
    return read_picks(path)


def grid_picks(path: Path, names: Sequence[str], n: int = 12) -> Picks:
    """`n` picks in each tomogram of :func:`tomogram`, all of them well inside."""
    rng = np.random.default_rng(1)
    rows = [
        (name, *rng.integers((8, 8, 8), (32, 22, 12)).tolist()) for _ in range(n) for name in names
    ]
    return picks(path, rows)


def forbid(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From now on `folder` may not be listed; tests may run as root, who may do everything."""
    listed = os.scandir

    def refuse(path: Any = ".") -> Any:
        if os.fspath(path) == str(folder):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
