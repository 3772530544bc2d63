"""What one import added to a pool: its boxes, and everything known about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.data.arrays import read_array, read_attributes, read_text
from cryoal.data.shards import BoxShards
from cryoal.errors import PoolError, TomogramError
from cryoal.io.fingerprint import Fingerprint, fingerprint
from cryoal.io.picks.base import Geometry
from cryoal.io.volume import open_volume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.data.density import Density
    from cryoal.io.star import StarTable
    from cryoal.io.volume import Volume
    from cryoal.records import Json

__all__ = ["VERSION", "PoolPart", "TomogramRecord"]

VERSION = 1
"""Of the layout on disk; a reader refuses what is newer."""


@dataclass(frozen=True)
class TomogramRecord:
    """What a pool remembers of a tomogram; `name` is that of the picks."""

    name: str
    path: Path
    shape: tuple[int, int, int]
    voxel_spacing: float
    center: float
    scale: float
    density: Density
    density_guessed: bool
    geometry: Geometry
    notes: tuple[str, ...]
    file: Fingerprint | None = None
    """Of the file when the boxes were cut; unknown of older pools."""

    def open(self) -> Volume:
        """The file that the boxes were cut from, where it still is and is the same tomogram.

        Raises
        ------
        TomogramError
            It has moved, or is another one: boxes would be in the wrong place.
        """
        if not self.path.exists():
            raise TomogramError(
                f"expected the tomogram {self.name} as before, found no file {self.path}"
            )
        volume = open_volume(self.path, voxel_spacing=self.voxel_spacing)
        if volume.shape != self.shape:
            found = volume.shape
            volume.close()
            raise TomogramError(
                f"expected the tomogram {self.name} of {self.shape} voxels (z, y, x), found "
                f"{found} in {self.path}"
            )
        try:
            self._require_same(volume)
        except BaseException:
            volume.close()
            raise
        return volume

    def _require_same(self, volume: Volume) -> None:
        if self.file is None:
            return
        found = fingerprint(volume)
        if not found.is_of(self.file):
            raise TomogramError(
                f"expected the tomogram {self.name} that the boxes were cut from ({self.file}), "
                f"found another one of the same shape ({found}) in {self.path}"
            )

    def to_json(self) -> dict[str, Json]:
        """As plain values, the inverse of :meth:`from_json`."""
        return {**asdict(self), "path": str(self.path)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TomogramRecord:
        """From what :meth:`to_json` gave; LookupError or TypeError where it is damaged."""
        geometry = dict(value["geometry"])
        size, file = geometry["unbinned_size_xyz"], value.get("file")
        geometry["shape"] = tuple(geometry["shape"])
        geometry["unbinned_size_xyz"] = None if size is None else tuple(size)
        known = {
            **value,
            "path": Path(value["path"]),
            "shape": tuple(value["shape"]),
            "geometry": Geometry(**geometry),
            "notes": tuple(value["notes"]),
            "file": None if file is None else Fingerprint(**file),
        }
        return cls(**known)


@dataclass(frozen=True)
class PoolPart:
    """One import of a pool: rows `start` to `stop` of it.

    `source_path` and `source_format` are those of the picks. `keys`, positions and the rest are
    in pool order; so are the text columns of the picks, which are read when asked for.
    """

    path: Path
    start: int
    stop: int
    box: int
    voxel_spacing: float
    added: str
    source_path: Path
    source_format: str
    tomograms: tuple[TomogramRecord, ...]

    @classmethod
    def open(cls, path: Path, start: int) -> PoolPart:
        """The part in `path`, whose first row is row `start` of the pool.

        Raises
        ------
        PoolError
            Damaged, or written by a newer cryoal.
        """
        attributes = read_attributes(path)
        try:
            about = attributes["cryoal_pool_part"]
            version = int(about["version"])
            if version > VERSION:
                raise PoolError(
                    f"expected a pool of version {VERSION} or less, found {version} in {path}: "
                    f"written by a newer cryoal"
                )
            return cls(
                path=path,
                start=start,
                stop=start + int(about["n_boxes"]),
                box=int(about["box"]),
                voxel_spacing=float(about["voxel_spacing"]),
                added=str(about["added"]),
                source_path=Path(about["source_path"]),
                source_format=str(about["source_format"]),
                tomograms=tuple(TomogramRecord.from_json(t) for t in about["tomograms"]),
            )
        except (LookupError, TypeError) as error:
            raise PoolError(f"expected a part of a pool in {path}, found {error!r}") from error

    def __len__(self) -> int:
        return self.stop - self.start

    @cached_property
    def boxes(self) -> BoxShards:
        """The boxes; PoolError when they are not all there."""
        boxes = BoxShards(self.path / "boxes")
        if (len(boxes), boxes.box) != (len(self), self.box):
            raise PoolError(
                f"expected {len(self)} boxes of {self.box} voxels, found {len(boxes)} of "
                f"{boxes.box} in {self.path}"
            )
        return boxes

    def array(self, name: str) -> NDArray[Any]:
        """A numeric column, one value or row for each box.

        Raises
        ------
        PoolError
            Absent, damaged, or of another length.
        """
        values = read_array(self.path / name)
        self._check_length(name, len(values))
        return values

    def keys(self) -> list[str]:
        """The keys, in pool order."""
        keys: list[str] = read_text(self.path / "keys")
        self._check_length("keys", len(keys))
        return keys

    def columns(self) -> dict[str, list[str]]:
        """The picks' columns as text, in the order of the file; rows in pool order."""
        columns: dict[str, list[str]] = read_text(self.path / "columns")
        for name, values in columns.items():
            self._check_length(f"column {name}", len(values))
        return columns

    def blocks(self) -> dict[str, StarTable]:
        """The other blocks of the picks' STAR file: optics, general."""
        blocks: dict[str, StarTable] = read_text(self.path / "blocks")
        return blocks

    def _check_length(self, what: str, n: int) -> None:
        if n != len(self):
            raise PoolError(f"expected {len(self)} values, found {n} in {what} of {self.path}")
