"""An opened tomogram file: shape, voxel spacing, and boxes of raw voxels on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from cryoal.errors import TomogramError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "SUFFIXES",
    "ZARR_METADATA",
    "Volume",
    "check_box",
    "is_zarr",
    "open_volume",
    "settle_spacing",
]

SUFFIXES = (".mrc", ".rec", ".map", ".st", ".mrcs", ".ali")
"""Names that MRC files go by."""

ZARR_METADATA = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
"""Files of which a Zarr directory has at least one."""

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


def open_volume(
    path: Path, *, voxel_spacing: float | None = None, scratch: Path | None = None
) -> Volume:
    """The tomogram in `path`: MRC by any of its names, one of them compressed, or OME-Zarr.

    What a file is, is read from its first bytes; a directory is taken for Zarr.

    Parameters
    ----------
    voxel_spacing
        Angstrom; takes the place of what the header says.
    scratch
        Folder for the unpacked copy of a ``.gz`` or ``.bz2`` file, which has no name there and is
        gone once the volume is closed or the process ends. The system's own when None.

    Raises
    ------
    TomogramError
        Absent, of no known format, truncated, without a voxel spacing, or with one that differs
        between axes.
    """
    if voxel_spacing is not None and not 0 < voxel_spacing < float("inf"):
        raise TomogramError(
            f"expected a voxel spacing above 0 angstrom, found {voxel_spacing} for {path}"
        )
    if path.is_dir():
        from cryoal.io.ome_zarr import open_zarr

        return open_zarr(path, voxel_spacing=voxel_spacing)
    if not path.is_file():
        raise TomogramError(f"expected a tomogram, found no file {path}")
    from cryoal.io.compressed import compression, unpack
    from cryoal.io.mrc import MrcVolume

    file = path.open("rb", buffering=0)
    try:
        packed = compression(file.read(4))
    except OSError as error:
        file.close()
        raise TomogramError(f"expected a tomogram, cannot read {path}: {error.strerror}") from error
    file.seek(0)
    if packed:
        with file:
            file = unpack(path, file, packed, scratch)
    try:
        return MrcVolume(path, file, voxel_spacing=voxel_spacing)
    except BaseException:
        file.close()
        raise


def is_zarr(folder: Path) -> bool:
    """Whether a directory is a Zarr group or array, and so a tomogram rather than a folder."""
    return any((folder / name).is_file() for name in ZARR_METADATA)


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
