"""EM volumes, of TOM, AV3, PyTom and Dynamo.

A header of 512 bytes: machine, three bytes, the sizes x, y, z; a comment of 80 characters; 40
integers, of which the 7th is the pixel size in thousandths of an angstrom (0 in most files); then
the voxels, x fastest. Source: ``tom_emread.m`` of the TOM toolbox (Nickell et al., 2005), whose
machines 0, 3 and 5 are big-endian. A byte is a MATLAB ``char`` there, which is unsigned; others
read and write it signed, so that the voxels are looked at.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import Told, Volume, VolumeFormat
from cryoal.io.volumes.raw import LARGEST_AXIS, Header, RawVolume

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

__all__ = ["Em", "read_em_header"]

HEADER_BYTES = 512
BYTE_ORDERS = {0: ">", 1: "<", 2: "<", 3: ">", 4: ">", 5: ">", 6: "<"}  # by machine
TYPES = {1: "u1", 2: "i2", 4: "i4", 5: "f4", 9: "f8"}
COMPLEX = (8, 10)
PIXEL_SIZE = 16 + 80 + 6 * 4  # the 7th of the integers after the comment


class Em(VolumeFormat):
    """EM files, whose first byte is the machine and whose fourth is the type of the voxels."""

    name = "EM"
    suffixes = (".em", ".vol")

    @override
    @staticmethod
    def recognise(path: Path, head: bytes) -> bool:
        if len(head) < HEADER_BYTES or head[0] not in BYTE_ORDERS:
            return False
        if head[3] not in (*TYPES, *COMPLEX) or head[1] > 1 or head[2] > 1:
            return False
        return all(0 < n < LARGEST_AXIS for n in _sizes(head))

    @override
    @staticmethod
    def n_bytes(path: Path, head: bytes) -> int:
        return read_em_header(path, head).file_size

    @override
    @staticmethod
    def open(path: Path, file: FileIO | None, told: Told) -> Volume:
        assert file is not None
        header = read_em_header(path, os.pread(file.fileno(), HEADER_BYTES, 0))
        volume = RawVolume(path, file, header, voxel_spacing=told.voxel_spacing)
        volume.settle_bytes()
        return volume


def read_em_header(path: Path, head: bytes) -> Header:
    """The header in the first 512 bytes of the EM file `path`.

    Raises
    ------
    TomogramError
        No single volume of real numbers.
    """
    x, y, z = _sizes(head)
    if head[3] in COMPLEX:
        raise TomogramError(f"expected a volume of real numbers, found complex ones in {path}")
    if z == 1:
        raise TomogramError(f"expected a volume, found one image of {(x, y)} in {path}")
    byte_order = BYTE_ORDERS[head[0]]
    dtype = np.dtype(byte_order + TYPES[head[3]])
    thousandths = int(np.frombuffer(head, f"{byte_order}i4", 1, PIXEL_SIZE)[0])
    spacing = max(thousandths, 0) / 1000
    return Header(
        (z, y, x),
        (0, 1, 2),
        dtype,
        HEADER_BYTES,
        (spacing,) * 3,
        (),
        sign_is_said=dtype.itemsize > 1,
    )


def _sizes(head: bytes) -> tuple[int, int, int]:
    x, y, z = np.frombuffer(head, f"{BYTE_ORDERS.get(head[0], '<')}i4", 3, 4).tolist()
    return x, y, z
