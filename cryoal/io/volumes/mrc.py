"""MRC volumes, as their header and the guards of :mod:`cryoal.io.volumes.mrc_header` say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.io.volumes.base import Told, Volume, VolumeFormat
from cryoal.io.volumes.mrc_header import HEADER_BYTES, is_header, read_header
from cryoal.io.volumes.raw import RawVolume

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

__all__ = ["Mrc", "MrcVolume"]


class Mrc(VolumeFormat):
    """MRC, CCP4 and IMOD's variants, also old ones without ``MAP`` in the header."""

    name = "MRC"
    suffixes = (".mrc", ".rec", ".map", ".st", ".mrcs", ".ali")

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        return is_header(head)

    @override
    @staticmethod
    def n_bytes(path: Path, head: bytes) -> int:
        return read_header(path, head).file_size

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        assert file is not None
        volume = MrcVolume(path, file, voxel_spacing=told.voxel_spacing)
        if told.looks_at_bytes:
            volume.settle_bytes()
        return volume


class MrcVolume(RawVolume):
    """A volume in an MRC file; see :class:`cryoal.io.volumes.base.Volume`."""

    def __init__(self, path: Path, file: FileIO, *, voxel_spacing: float | None = None) -> None:
        header = read_header(path, os.pread(file.fileno(), HEADER_BYTES, 0))
        super().__init__(path, file, header, voxel_spacing=voxel_spacing)
