"""What tells one tomogram file from another, read in a moment however large the file is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryoal.io.volumes.zarr_metadata import ZARR_METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.io.volumes.base import Volume

__all__ = ["Fingerprint", "fingerprint"]

HEAD = 1 << 16  # bytes: MRC's header of 1024, and the extended one that most programs write
ROWS = 8  # voxels of the middle: headers of two tomograms of one set may be the same to the bit


@dataclass(frozen=True)
class Fingerprint:
    """Of a file, or of the metadata of a directory."""

    size: int
    """Bytes; of a Zarr directory those of its metadata, as its chunks may be a hundred thousand."""
    modified: str
    """When it was written last, UTC. A copy of the same tomogram may have another time."""
    digest: str
    """Of its head (for Zarr: of the metadata) and of some rows in the middle of the volume."""

    def is_of(self, other: Fingerprint) -> bool:
        """Whether both are of the same tomogram, whenever it was copied."""
        return (self.size, self.digest) == (other.size, other.digest)

    def __str__(self) -> str:
        return f"{self.size} bytes of {self.modified}, digest {self.digest[:8]}"


def fingerprint(volume: Volume) -> Fingerprint:
    """The fingerprint of an opened tomogram: a few rows of it are read.

    Raises
    ------
    TomogramError
        The rows cannot be read.
    """
    depth, height, width = volume.shape
    z, y = depth // 2, height // 2
    rows = volume.read((z, y, 0), (z + 1, min(height, y + ROWS), width))
    told = hashlib.sha256(rows.astype(rows.dtype.newbyteorder("<"), copy=False).tobytes())
    size, modified = 0, 0.0
    for path, n_bytes in _heads(volume.path):
        with path.open("rb") as file:
            told.update(file.read(n_bytes))
        about = path.stat()
        size += about.st_size
        modified = max(modified, about.st_mtime)
    time = datetime.fromtimestamp(modified, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Fingerprint(size, time, told.hexdigest()[:32])


def _heads(path: Path) -> Iterator[tuple[Path, int]]:
    """The files that say what the volume is, and how many bytes of each do."""
    if not path.is_dir():
        yield path, HEAD
        return
    for folder in (path, *sorted(entry for entry in path.iterdir() if entry.is_dir())):
        for name in ZARR_METADATA:
            if (folder / name).is_file():
                yield folder / name, -1
