"""TIFF volumes: stacks of ImageJ, OME-TIFF, and plain ones, whose sections are taken for z."""

from __future__ import annotations

import logging
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from typing_extensions import override

from cryoal.errors import TomogramError, one_line
from cryoal.foreign import foreign
from cryoal.io.volumes.base import Told, Volume, VolumeFormat, check_box
from cryoal.io.volumes.extra import require_extra
from cryoal.io.volumes.raw import LARGEST_AXIS, Header, RawVolume
from cryoal.io.volumes.spacing import angstrom_of, settle_spacing
from cryoal.io.volumes.tiff_spacing import tiff_spacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import FileIO
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray
    from tifffile import TiffFile, TiffPageSeries

    from cryoal.io.volumes.base import Level

__all__ = ["Tiff"]

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SECTIONS = "ZIQ"  # a depth, images one after the other, and what has no name
KEPT = 1 << 28  # bytes of sections that were decoded last


class Tiff(VolumeFormat):
    """TIFF and BigTIFF."""

    name = "TIFF"
    suffixes = (".ome.tif", ".ome.tiff", ".tif", ".tiff", ".btf")

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        return head[:4] in MAGIC

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        assert file is not None
        tifffile = require_extra("tifffile", "TIFF", path)
        stream = path.open("rb")  # TiffFile forgets to close a file that it cannot read
        try:
            with foreign(path, "a TIFF file", TomogramError), _listening(path):
                return _volume(path, file, tifffile.TiffFile(stream), stream, told)
        except BaseException:
            stream.close()
            raise


@contextmanager
def _listening(path: Path) -> Iterator[None]:
    """Raise what tifffile has logged as an error: it goes on with the pages that it has found."""
    logger, said = logging.getLogger("tifffile"), _Said()
    logger.addHandler(said)
    propagates, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = propagates
        logger.removeHandler(said)
    if said.errors:
        raise TomogramError(
            f"expected a whole TIFF file, found {one_line(said.errors[0], 200)} in {path}"
        )


class _Said(logging.Handler):
    """The errors that are logged; warnings, of what does not matter here, go unheard."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.errors.append(record.getMessage())


class TiffVolume:
    """Sections of a TIFF file, decoded one by one; see :class:`cryoal.io.volumes.base.Volume`."""

    level: Level | None = None

    def __init__(
        self,
        path: Path,
        stream: BinaryIO,
        series: TiffPageSeries,
        voxel_spacing: float,
        notes: Sequence[str],
    ) -> None:
        z, y, x = (n for n in series.shape if n != 1)
        self.path = path
        self.shape = (z, y, x)
        self.dtype: np.dtype[Any] = np.dtype(series.dtype).newbyteorder("=")
        self.voxel_spacing = voxel_spacing
        self.notes = tuple(notes)
        self._stream = stream
        self._pages = series.pages
        self._decoded: OrderedDict[int, NDArray[Any]] = OrderedDict()

    def read(self, start_zyx: Sequence[int], stop_zyx: Sequence[int]) -> NDArray[Any]:
        """A copy of the voxels between two corners; see :class:`cryoal.io.volumes.base.Volume`."""
        start, stop = check_box(self.path, self.shape, start_zyx, stop_zyx)
        box = np.empty([b - a for a, b in zip(start, stop, strict=True)], self.dtype)
        for place, section in enumerate(range(start[0], stop[0])):
            box[place] = self._section(section)[start[1] : stop[1], start[2] : stop[2]]
        return box

    def _section(self, number: int) -> NDArray[Any]:
        if self._stream.closed:
            raise TomogramError(f"expected an open tomogram, found {self.path} closed")
        if number not in self._decoded:
            what = f"section {number} of a TIFF file"
            with foreign(self.path, what, TomogramError), _listening(self.path):
                page = self._pages[number]
                if page is None:
                    raise ValueError("no page there")
                section = np.squeeze(page.asarray())
            if section.shape != self.shape[1:]:
                raise TomogramError(
                    f"expected sections of {self.shape[1:]} voxels, found {section.shape} in "
                    f"section {number} of {self.path}"
                )
            self._decoded[number] = section
            while sum(each.nbytes for each in self._decoded.values()) > max(
                KEPT, 2 * section.nbytes
            ):
                self._decoded.popitem(last=False)
        self._decoded.move_to_end(number)
        return self._decoded[number]

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._decoded.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _volume(path: Path, file: FileIO, tif: TiffFile, stream: BinaryIO, told: Told) -> Volume:
    about = tif.pages.first.description
    if "<!DOCTYPE" in about or "<!ENTITY" in about:
        raise TomogramError(f"expected OME-XML without entities, found some in {path}")
    series = tif.series[0]
    notes = []
    if len(tif.series) > 1:
        notes.append(f"the first of {len(tif.series)} series of images in the file is read")
    if series.is_multifile:
        raise TomogramError(f"expected a volume in one file, found several named in {path}")
    axes = (told.axes or series.axes).upper()
    names = "".join(a for a, n in zip(axes, series.shape, strict=False) if n != 1)
    shape = tuple(n for n in series.shape if n != 1)
    if len(axes) != len(series.shape) and len(axes) == len(shape):
        names = axes
    if len(shape) != 3 or names[1:] != "YX" or names[0] not in SECTIONS:
        raise TomogramError(
            f"expected a stack of sections z, y, x, found axes {', '.join(series.axes.lower())} of "
            f"shape {series.shape} in {path}: if they are z, y, x, say so (--axes zyx)"
        )
    if names[0] != "Z":
        notes.append("the images of the file are taken for sections along z")
    dtype = np.dtype(series.dtype)
    if dtype.kind not in "iuf" or max(shape) > LARGEST_AXIS:
        raise TomogramError(f"expected a volume of real numbers, found {dtype} {shape} in {path}")
    found, unit = tiff_spacing(tif)
    if told.unit is not None:
        unit = told.unit
    factor = angstrom_of(unit)
    spacing = tuple(value * (1 if factor is None else factor) for value in found)
    known = "A" if factor is not None or not any(found) else unit
    if series.dataoffset is not None and series.keyframe.dtype == dtype:
        header = Header(
            (shape[0], shape[1], shape[2]),
            (0, 1, 2),
            dtype.newbyteorder(tif.byteorder),
            series.dataoffset,
            (spacing[0], spacing[1], spacing[2]),
            tuple(notes),
        )
        settled, said = settle_spacing(path, spacing, told.voxel_spacing, known)
        volume = RawVolume(path, file, header, voxel_spacing=settled, may_follow=True)
        volume.notes = (*notes, *said)
        stream.close()
        return volume
    file.close()  # tifffile has its own
    settled, said = settle_spacing(path, spacing, told.voxel_spacing, known)
    return TiffVolume(path, stream, series, settled, [*notes, *said])
