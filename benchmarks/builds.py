"""Builds beside this one: their code, this environment's packages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["environment_of"]


def environment_of(root: Path, threads: int = 1) -> dict[str, str]:
    """Variables of a process that imports the build in `root` and computes on so many threads."""
    paths = os.pathsep.join([str(root), str(root / "kernels")])
    return {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": str(threads)}
