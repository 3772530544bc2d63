"""Files of picks and a volume that never was, for the tests of formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from cryoal.io.star import StarTable, write_star

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass
class Blank:
    """A volume of which only the header is asked."""

    shape: tuple[int, int, int] = (50, 100, 200)  # z, y, x
    voxel_spacing: float = 10.0
    path: Path = Path("TS_01.mrc")
    dtype: np.dtype[Any] = np.dtype(np.float32)  # noqa: RUF009
    notes: tuple[str, ...] = ()
    level: None = None

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        raise NotImplementedError

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...


def columns(text: str) -> StarTable:
    """A table from lines of words, the first of which are labels."""
    header, *rows = (line.split() for line in text.strip().splitlines())
    return {label: list(column) for label, *column in zip(header, *rows, strict=True)}


def particles(path: Path, text: str, **blocks: str) -> Path:
    """A STAR file with data_particles, after the other `blocks`."""
    tables: Mapping[str, StarTable] = {name: columns(block) for name, block in blocks.items()}
    write_star(path, {**tables, "particles": columns(text)})
    return path
