"""What every format of volumes shares: an opened tomogram, a format's part, boxes and spacing."""

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

__all__ = ["HEAD", "Volume", "VolumeFormat", "Wanted", "check_box", "settle_spacing"]

HEAD = 4096
"""Bytes at the beginning of a file from which its format is told."""

SPACING_TOLERANCE = 1e-3  # three decimals, as pytom-match-pick; the same as for a pool's spacing


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
class Wanted:
    """What the user says of a volume; None where the file is to say it."""

    voxel_spacing: float | None = None
    """Angstrom; takes the place of the header's."""


class VolumeFormat(ABC):
    """One format of volumes: how its files are known, and how they are opened."""

    name: ClassVar[str]
    """As it is called in messages."""
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
    def open(path: Path, file: FileIO | None, wanted: Wanted) -> Volume:
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


def settle_spacing(
    path: Path, found_zyx: Sequence[float], asked: float | None
) -> tuple[float, list[str]]:
    """The voxel spacing to use, and what there is to say about it.

    `found_zyx` is the header's, in angstrom, 0 where it has none; `asked` is the user's.

    Raises
    ------
    TomogramError
        Neither has one, or the header's differs between axes and the user named none.
    """
    shown = " x ".join(f"{value:.6g}" for value in reversed(found_zyx))
    is_given = all(0 < value < float("inf") for value in found_zyx)
    is_cubic = is_given and max(found_zyx) - min(found_zyx) <= SPACING_TOLERANCE * max(found_zyx)
    if asked is not None:
        is_news = not is_cubic or abs(found_zyx[-1] - asked) > SPACING_TOLERANCE * asked
        said = f"voxel spacing {asked:.6g} A as given, in place of the header's x, y, z {shown} A"
        return float(asked), [said] if is_news else []
    if not is_given:
        raise TomogramError(
            f"expected a voxel spacing in the header, found x, y, z {shown} A: give it "
            f"(--voxel-size) for {path}"
        )
    if not is_cubic:
        raise TomogramError(
            f"expected one voxel spacing for all axes, found x, y, z {shown} A: resample, or give "
            f"one (--voxel-size) for {path}"
        )
    # The header holds single precision: 6 digits are its own, the rest is noise (10.5200001).
    spacing = float(f"{sum(found_zyx) / 3:.6g}")
    said = "voxel spacing of exactly 1 A: often a default nobody set (--voxel-size corrects it)"
    return spacing, [said] if spacing == 1.0 else []
