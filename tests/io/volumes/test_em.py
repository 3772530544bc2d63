from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.errors import TomogramError
from cryoal.io.volumes.open import open_volume

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

DATA = (np.arange(5 * 6 * 7, dtype=np.int16) - 100).reshape(5, 6, 7)
TYPES = {"u1": 1, "i1": 1, "i2": 2, "i4": 4, "f4": 5, "c8": 8, "f8": 9}


def write_em(
    path: Path, data: NDArray[Any], *, machine: int = 6, thousandths: int = 13_480
) -> Path:
    """As ``tom_emwrite.m``: the 7th of the integers is the pixel size in angstrom times 1000."""
    order = ">" if machine in (0, 3, 5) else "<"
    head = bytes([machine, 0, 0, TYPES[data.dtype.str[1:]]])
    head += struct.pack(f"{order}3i", *data.shape[::-1]) + b"a comment".ljust(80)
    head += struct.pack(f"{order}40i", *([0] * 6), thousandths, *([0] * 33)) + bytes(256)
    path.write_bytes(head + data.astype(data.dtype.newbyteorder(order)).tobytes())
    return path


@pytest.mark.parametrize("machine", [6, 5, 3, 0])
@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
def test_every_real_type_is_read_in_the_byte_order_of_its_machine(
    tmp_path: Path, machine: int, dtype: str
) -> None:
    path = write_em(tmp_path / "t.em", DATA.astype(dtype), machine=machine)
    with open_volume(path) as volume:
        assert (volume.shape, volume.dtype.name) == ((5, 6, 7), dtype)
        assert volume.voxel_spacing == 13.48
        assert volume.notes == ()
        np.testing.assert_array_equal(volume.read((1, 2, 3), (5, 6, 7)), DATA[1:, 2:, 3:])


def test_most_say_no_pixel_size_and_it_is_asked_for(tmp_path: Path) -> None:
    path = write_em(tmp_path / "t.em", DATA, thousandths=0)
    with pytest.raises(TomogramError, match="expected a voxel spacing"):
        open_volume(path)
    with open_volume(path, voxel_spacing=10.0) as volume:
        assert volume.voxel_spacing == 10.0


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_bytes_are_signed_or_not_as_neighbours_fit(tmp_path: Path, dtype: str) -> None:
    middle = 128 if dtype == "uint8" else 0
    data = np.random.default_rng(0).normal(middle, 20, (5, 30, 30)).round().astype(dtype)
    with open_volume(write_em(tmp_path / "t.em", data)) as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), data)


def test_packed_truncated_and_complex_files_and_images(tmp_path: Path) -> None:
    whole = write_em(tmp_path / "t.em", DATA).read_bytes()
    (tmp_path / "t.em.gz").write_bytes(gzip.compress(whole))
    with open_volume(tmp_path / "t.em.gz") as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), DATA)
    (tmp_path / "t.em").write_bytes(whole[:-2])
    with pytest.raises(TomogramError, match=r"expected 932 bytes .* found 930: .* is truncated"):
        open_volume(tmp_path / "t.em")
    with pytest.raises(TomogramError, match="real numbers, found complex"):
        open_volume(write_em(tmp_path / "c.em", DATA.astype(np.complex64)))
    with pytest.raises(TomogramError, match=r"found one image of \(7, 6\)"):
        open_volume(write_em(tmp_path / "i.em", DATA[:1]))
