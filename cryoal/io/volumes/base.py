"""What every format of volumes shares: an opened tomogram, what is told of it, a format's part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from cryoal.errors import TomogramError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["HEAD", "Level", "Told", "Volume", "VolumeFormat", "check_box", "frame_of"]

HEAD = 4096
"""Bytes at the beginning of a file from which its format is told."""

SPACING_TOLERANCE = 1e-3  # three decimals, as pytom-match-pick; the same as for a pool's spacing


@dataclass(frozen=True)
class Level:
    """Which level of a file was read, where it is not the finest, whose frame picks are in."""

    name: str
    offset_zyx: tuple[float, float, float]
    """Angstrom from the centre of the first voxel of the finest level to that of this one's."""
    finest_shape: tuple[int, int, int]
    finest_spacing: float


class Volume(Protocol):
    """A tomogram on disk. Axes are z, y, x; voxels are the file's own numbers."""

    @property
    def path(self) -> Path:
        """The file or directory that was opened."""
        ...

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """What :meth:`read` returns, in native byte order."""
        ...

    @property
    def voxel_spacing(self) -> float:
        """Angstrom, the same along each axis."""
        ...

    @property
    def level(self) -> Level | None:
        """None where the finest level is read, or there is only one."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was odd in the header, one line each, to be said aloud."""
        ...

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels from `start_zyx` up to, not including, `stop_zyx`.

        Raises
        ------
        TomogramError
            The box does not lie inside the volume, or the file has changed under us.
        """
        ...

    def close(self) -> None:
        """Let go of the file; reading afterwards is an error."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


@dataclass(frozen=True)
class Told:
    """What the user says of a volume; None where the file is to say it."""

    voxel_spacing: float | None = None
    """Angstrom; takes the place of the header's."""
    unit: str | None = None
    """Of the scale in the file, as in ``nanometer``."""
    level: str | None = None
    """Of a file with several: its name or number; empty for the finest. None leaves the choice to
    `voxel_spacing` and `fitting`, and else takes the finest."""
    axes: str | None = None
    """Their names in the order of the file, as in ``zyx``, in place of the file's; those that come
    before them are left out."""
    looks_at_bytes: bool = True
    """Whether bytes that nothing marks as signed or not are looked at; older pools did not."""
    fitting: float | None = None
    """Angstrom; a level of this spacing is read if there is one, and nothing else follows."""


def frame_of(volume: Volume) -> tuple[tuple[int, int, int], float]:
    """Shape and voxel spacing of the finest level, which are those that picks are in."""
    if volume.level is None:
        return volume.shape, volume.voxel_spacing
    return volume.level.finest_shape, volume.level.finest_spacing


class VolumeFormat(ABC):
    """One format of volumes: how its files are known, and how they are opened."""

    name: ClassVar[str]
    """As it is called in messages."""
    has_levels: ClassVar[bool] = False
    """Whether a file may hold a volume at several resolutions."""
    suffixes: ClassVar[tuple[str, ...]] = ()
    """That its files go by, in lower case; taken off where a tomogram is named after its file."""

    @staticmethod
    @abstractmethod
    def recognise(path: Path, head: bytes) -> bool:
        """Whether the file that begins with `head` (of a directory: nothing) is of this format.

        `head` holds :data:`HEAD` bytes, or all where there are less, unpacked where `path` is
        packed.
        """

    @staticmethod
    def n_bytes(path: Path, head: bytes) -> int | None:
        """How long a whole file with this beginning is; None where the beginning does not say.

        Without it no packed file of this format is read: it might fill the disk.
        """
        del path, head
        return None

    @staticmethod
    @abstractmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        """The volume in `path`, whose content is `file` (None of a directory).

        The volume closes `file`; where this raises, the caller does.

        Raises
        ------
        TomogramError
            It is damaged, or is no single volume with a voxel spacing.
        """


def check_box(
    path: Path, shape: Sequence[int], start_zyx: Sequence[int], stop_zyx: Sequence[int]
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """`start_zyx` and `stop_zyx` as integers, inside `shape` and in order.

    Raises
    ------
    TomogramError
        The box leaves the volume.
    """
    z0, y0, x0 = (int(i) for i in start_zyx)
    z1, y1, x1 = (int(i) for i in stop_zyx)
    start, stop = (z0, y0, x0), (z1, y1, x1)
    if not all(0 <= a <= b <= n for a, b, n in zip(start, stop, shape, strict=True)):
        raise TomogramError(
            f"expected a box inside {tuple(shape)}, found {start} to {stop} in {path}"
        )
    return start, stop
