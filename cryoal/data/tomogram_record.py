"""What a pool remembers of a tomogram, and whether a file is that tomogram."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.commands import command
from cryoal.errors import TomogramError
from cryoal.io.fingerprint import Fingerprint, fingerprint
from cryoal.io.picks.geometry import Geometry
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.open import open_volume

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cryoal.data.density import Density
    from cryoal.io.volumes.base import Volume
    from cryoal.records import Json

__all__ = ["Shown", "TomogramRecord"]


@dataclass(frozen=True)
class Shown:
    """A volume to look at; `center` and `scale` make its voxels fit the window of greys."""

    path: Path
    level: str
    center: float
    scale: float
    file: Fingerprint
    elsewhere: tuple[Path, ...] = field(default=(), compare=False)
    """As of a tomogram. Not in the part."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Shown:
        """From plain values; LookupError, TypeError or ValueError where damaged."""
        return cls(
            Path(value["path"]),
            str(value["level"]),
            float(value["center"]),
            float(value["scale"]),
            Fingerprint(**value["file"]),
        )


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
    empty_share: float = 0.0
    """Share of the volume that was left out of `center` and `scale`; in older pools none was."""
    specimen: str = ""
    """What told: ``scatter``, ``slab 40:160``, ``mask PATH``; empty in older pools."""
    n_beyond: int = 0
    """Voxels of its boxes that are bounded when they are read; not counted in older pools."""
    n_not_finite: int = 0
    """Voxels of its boxes that were NaN or infinite, and were filled up as if outside."""
    level: str = ""
    """Of a file with several, by name; empty for the finest, from which older pools all are."""
    offset_zyx: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Angstrom from the first voxel of the finest level, where positions are 0, to that of its."""
    axes: str = "zyx"
    """As the user told them, empty where the file does; older pools took them for these."""
    looked_at_bytes: bool = False
    """Whether bytes that the file does not mark were looked at, signed or not; in older pools not.
    """
    shown: Shown | None = None
    """The volume that is looked at in place of this one."""
    elsewhere: tuple[Path, ...] = field(default=(), compare=False)
    """Where it may be too, of one that has moved: where it was, for instance. Not in the part."""
    campaign: Path | None = field(default=None, compare=False)
    """The folder around the pool, for what is said. Not in the part."""

    @property
    def places(self) -> tuple[Path, ...]:
        """Every path that it goes by, the one that was told last first."""
        return (self.path, *self.elsewhere)

    def place(self) -> Path:
        """The first of :attr:`places` where there is something; `path` where there is nothing."""
        return next((place for place in self.places if place.exists()), self.path)

    def is_tomogram(self, file: Fingerprint | None, places: Collection[Path]) -> bool:
        """Whether this is the tomogram with that fingerprint, or, where one has none, of a path."""
        if self.file is not None and file is not None:
            return self.file.is_of(file)
        return any(place in places for place in self.places)

    @property
    def mask(self) -> Path | None:
        """The file of the user's that told where specimen is."""
        kind, _, path = self.specimen.partition(" ")
        return Path(path) if kind == "mask" else None

    def open(self) -> Volume:
        """The file that the boxes were cut from, where it still is and is the same tomogram.

        Raises
        ------
        TomogramError
            It has moved, or is another one: boxes would be in the wrong place.
        """
        place = self.place()
        if not place.exists():
            raise TomogramError(
                f"expected the tomogram {self.name} as before, found no file {place}"
                f"{self._remedy()}"
            )
        try:
            volume = self.open_at(place)
        except (TomogramError, OSError) as error:
            raise self.amiss(error) from error
        try:
            is_known = self.file is not None and volume.shape == self.shape
            another = self.difference(
                place, volume.shape, fingerprint(volume) if is_known else None
            )
            if another:
                raise TomogramError(f"{another}{self._remedy()}")
        except BaseException:
            volume.close()
            raise
        return volume

    def open_at(self, path: Path) -> Volume:
        """The file in `path` as it was told when the boxes were cut, whether it is the same or not.

        Raises
        ------
        TomogramError
            As :func:`~cryoal.io.volumes.open.open_volume`.
        """
        told = Told(
            self.voxel_spacing,
            level=self.level,
            axes=self.axes or None,
            looks_at_bytes=self.looked_at_bytes,
        )
        return open_volume(path, told=told)

    def to_look_at(self) -> TomogramRecord:
        """The same, of the volume that is shown, where there is one and it is still there."""
        shown = self.shown
        place = None if shown is None else self.of_shown().place()
        if shown is None or place is None or not place.exists():
            return self
        return replace(
            self,
            path=place,
            elsewhere=(),
            center=shown.center,
            scale=shown.scale,
            file=shown.file,
            level=shown.level,
        )

    def of_shown(self) -> TomogramRecord:
        """The volume to look at as a tomogram of its own; this one where there is none."""
        if self.shown is None:
            return self
        return replace(
            self,
            name=f"{self.name} (to look at)",
            path=self.shown.path,
            elsewhere=self.shown.elsewhere,
            center=self.shown.center,
            scale=self.shown.scale,
            file=self.shown.file,
            level=self.shown.level,
            looked_at_bytes=True,
            shown=None,
        )

    def difference(self, path: Path, shape: tuple[int, ...], file: Fingerprint | None) -> str:
        """What tells the file in `path` from this tomogram, as a line; "" where nothing does.

        A `file` of None was not looked at, and tells nothing.
        """
        if shape != self.shape:
            return (
                f"expected the tomogram {self.name} of {self.shape} voxels (z, y, x), found "
                f"{shape} in {path}"
            )
        if self.file is not None and file is not None and not file.is_of(self.file):
            return (
                f"expected the tomogram {self.name} that the boxes were cut from ({self.file}), "
                f"found another one of the same shape ({file}) in {path}"
            )
        return ""

    def amiss(self, error: Exception) -> TomogramError:
        """What was found wrong with its file, with its name and what to do."""
        return TomogramError(f"{self.name}: {error}{self._remedy()}")

    def _remedy(self) -> str:
        if self.campaign is None:
            return ""
        return f"; if it has moved: {command('relocate', self.campaign, 'FOLDER')}"

    def to_json(self) -> dict[str, Json]:
        """As plain values, the inverse of :meth:`from_json`."""
        known = {**asdict(self), "path": str(self.path)}
        if self.shown is not None:
            known["shown"]["path"] = str(self.shown.path)
            del known["shown"]["elsewhere"]
        del known["elsewhere"], known["campaign"]
        return known

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TomogramRecord:
        """From what :meth:`to_json` gave; LookupError, TypeError or ValueError where damaged."""
        center, scale = float(value["center"]), float(value["scale"])
        if not (math.isfinite(center) and 0 < scale < math.inf):
            raise ValueError(f"a centre of {center} and a scale of {scale} for {value['name']!r}")
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
            "shown": None if value.get("shown") is None else Shown.from_json(value["shown"]),
            "offset_zyx": tuple(float(x) for x in value.get("offset_zyx", (0.0, 0.0, 0.0))),
            "file": None if file is None else Fingerprint(**file),
        }
        return cls(**known)
