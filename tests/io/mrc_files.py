"""MRC files with one thing about their header changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mrcfile
import numpy as np
from mrcfile.dtypes import HEADER_DTYPE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (5, 6, 7)


def voxels(dtype: str = "float32") -> NDArray[Any]:
    """Each voxel another number, along z, y, x."""
    return np.arange(np.prod(SHAPE)).reshape(SHAPE).astype(dtype)


def write_mrc(path: Path, data: NDArray[Any], spacing: float = 10.0) -> Path:
    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(data)
        file.voxel_size = spacing
        file.set_volume()
    return path


def edit_header(path: Path, **fields: object) -> Path:
    """Change fields of the header in place, by mrcfile's names; ``cella_x`` is inside cella."""
    content = bytearray(path.read_bytes())
    header = np.frombuffer(content, HEADER_DTYPE, count=1)
    for name, value in fields.items():
        outer, _, inner = name.partition("_")
        if inner:
            header[outer][inner] = value
        else:
            header[name] = value
    path.write_bytes(content)
    return path


def put(path: Path, position: int, value: bytes) -> Path:
    content = bytearray(path.read_bytes())
    content[position : position + len(value)] = value
    path.write_bytes(content)
    return path
