from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.open import open_volume

if TYPE_CHECKING:
    from pathlib import Path

tifffile = pytest.importorskip("tifffile")

DATA = (np.arange(5 * 30 * 40) % 251).astype(np.uint16).reshape(5, 30, 40)


def read(path: Path, **options: Any) -> np.ndarray[Any, Any]:
    with open_volume(path, **options) as volume:
        return volume.read((1, 3, 5), (4, 30, 33))


BOX = DATA[1:4, 3:30, 5:33]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"compression": "zlib", "tile": (16, 16)},
        {"rowsperstrip": 7},
        {"contiguous": False},
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
def test_plain_stacks_are_read_however_they_are_stored(
    tmp_path: Path, how: dict[str, Any], dtype: str
) -> None:
    about = {k: v for k, v in how.items() if k in ("bigtiff", "byteorder")}
    options = {k: v for k, v in how.items() if k not in about}
    if "predictor" in how and dtype == "float32":
        pytest.skip("tifffile writes no predictor of floats without imagecodecs")
    with tifffile.TiffWriter(tmp_path / "t.tif", **about) as file:
        for section in DATA.astype(dtype):
            file.write(section, photometric="minisblack", metadata=None, **options)
    with open_volume(tmp_path / "t.tif", voxel_spacing=10.0) as volume:
        assert (volume.shape, volume.dtype.name) == (DATA.shape, dtype)
        assert "the images of the file are taken for sections along z" in volume.notes
        np.testing.assert_array_equal(volume.read((1, 3, 5), (4, 30, 33)), BOX.astype(dtype))
        assert volume.read((0, 0, 0), (1, 1, 1)).dtype.isnative
    with pytest.raises(TomogramError, match="closed"):
        volume.read((0, 0, 0), (1, 1, 1))
    with pytest.raises(TomogramError, match="expected a voxel spacing"):
        open_volume(tmp_path / "t.tif")


@pytest.mark.parametrize(
    ("unit", "size"),
    [("nm", 1.35), ("A", 13.5), ("\\u00C5", 13.5), ("\\u00B5m", 0.00135), ("micron", 0.00135)],
)
def test_imagej_says_spacing_and_unit(tmp_path: Path, unit: str, size: float) -> None:
    tifffile.imwrite(
        tmp_path / "t.tif",
        DATA,
        imagej=True,
        resolution=(1 / size, 1 / size),
        metadata={"spacing": size, "unit": unit, "axes": "ZYX"},
    )
    with open_volume(tmp_path / "t.tif") as volume:
        assert volume.voxel_spacing == pytest.approx(13.5, rel=1e-4)
        assert volume.notes == ()
    np.testing.assert_array_equal(read(tmp_path / "t.tif"), BOX)


def test_imagej_without_a_unit_of_length_is_asked(tmp_path: Path) -> None:
    for number, about in enumerate(({"spacing": 2.0}, {"spacing": 2.0, "unit": "pixel"})):
        path = tmp_path / f"{number}.tif"
        tifffile.imwrite(
            path, DATA, imagej=True, resolution=(0.5, 0.5), metadata=about | {"axes": "ZYX"}
        )
        with pytest.raises(TomogramError, match=r"found x, y, z 2 x 2 x 2 .*--unit"):
            open_volume(path)
        with open_volume(path, told=Told(unit="nm")) as volume:
            assert volume.voxel_spacing == 20.0


def test_sections_at_another_distance_are_refused(tmp_path: Path) -> None:
    about = {"spacing": 3.0, "unit": "nm", "axes": "ZYX"}
    tifffile.imwrite(tmp_path / "t.tif", DATA, imagej=True, resolution=(0.5, 0.5), metadata=about)
    with pytest.raises(TomogramError, match="found x, y, z 20 x 20 x 30 A"):
        open_volume(tmp_path / "t.tif")


def test_ome_tiff_says_sizes_and_units(tmp_path: Path) -> None:
    about: dict[str, Any] = {"axes": "ZYX"}
    for axis, (size, unit) in {"X": (1.35, "nm"), "Y": (1.35, "nm"), "Z": (13.5, "\u00c5")}.items():
        about |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": unit}
    tifffile.imwrite(tmp_path / "t.ome.tif", DATA, metadata=about, compression="zlib")
    with open_volume(tmp_path / "t.ome.tif") as volume:
        assert volume.voxel_spacing == 13.5
    np.testing.assert_array_equal(read(tmp_path / "t.ome.tif"), BOX)
    bare = {"axes": "ZYX"} | {f"PhysicalSize{axis}": 0.00135 for axis in "XYZ"}
    tifffile.imwrite(tmp_path / "u.ome.tif", DATA, metadata=bare)  # micrometre by default
    with open_volume(tmp_path / "u.ome.tif") as volume:
        assert volume.voxel_spacing == 13.5


def test_what_is_no_stack_of_sections_is_refused_or_told(tmp_path: Path) -> None:
    path = tmp_path / "t.tif"
    tifffile.imwrite(path, DATA, imagej=True, metadata={"axes": "TYX"})  # ImageJ's frames
    with pytest.raises(TomogramError, match=r"found axes t, y, x .*--axes zyx"):
        open_volume(path, voxel_spacing=10.0)
    np.testing.assert_array_equal(read(path, voxel_spacing=10.0, told=Told(axes="zyx")), BOX)
    tifffile.imwrite(path, DATA[0])
    with pytest.raises(TomogramError, match="expected a stack of sections"):
        open_volume(path, voxel_spacing=10.0)
    tifffile.imwrite(path, np.zeros((8, 9, 3), np.uint8), photometric="rgb")
    with pytest.raises(TomogramError, match="expected a stack of sections"):
        open_volume(path, voxel_spacing=10.0)


def test_damaged_files_and_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.tif"
    tifffile.imwrite(path, DATA, compression="zlib")
    content = path.read_bytes()
    for length in (8, 60, len(content) // 2):
        path.write_bytes(content[:length])
        with pytest.raises(TomogramError, match=r"t\.tif"):
            read(path, voxel_spacing=10.0)
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><OME>&b;</OME>'
    tifffile.imwrite(path, DATA, description=bomb, metadata=None)
    with pytest.raises(TomogramError, match="without entities"):
        open_volume(path, voxel_spacing=10.0)


def test_a_stack_that_has_lost_its_last_pages_is_not_taken_for_a_thinner_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.tif"
    with tifffile.TiffWriter(path) as file:
        for section in DATA:
            file.write(section, photometric="minisblack", metadata=None, contiguous=False)
    with tifffile.TiffFile(path) as file:
        offset = file.pages[3].offset
    path.write_bytes(path.read_bytes()[: offset - 1])
    with pytest.raises(TomogramError, match="expected a whole TIFF file, found"):
        open_volume(path, voxel_spacing=10.0)
