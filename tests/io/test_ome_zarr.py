from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
import zarr

from cryoal.errors import TomogramError
from cryoal.io.volume import open_volume

if TYPE_CHECKING:
    from pathlib import Path

DATA = np.arange(6 * 8 * 10, dtype=np.int16).reshape(6, 8, 10) + 1


def write_image(
    path: Path,
    version: Literal[2, 3] = 3,
    *,
    unit: str | None = "angstrom",
    scale: tuple[float, ...] = (5.0, 5.0, 5.0),
    whole: list[dict[str, Any]] | None = None,
    names: str = "zyx",
    data: np.ndarray[Any, Any] = DATA,
) -> Path:
    """An image of two levels, the small one listed first."""
    group = zarr.open_group(path, mode="w", zarr_format=version)
    factor = [1.0] * (len(names) - 3)
    axes = [{"name": name, "type": "space"} | ({"unit": unit} if unit else {}) for name in names]
    levels = []
    for level in (1, 0):
        small = data[..., :: level + 1, :: level + 1, :: level + 1]
        array = group.create_array(
            str(level), shape=small.shape, chunks=(1,) * len(factor) + (4, 4, 4), dtype=small.dtype
        )
        array[...] = small
        this = [*factor, *(value * (level + 1) for value in scale)]
        levels.append(
            {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": this}]}
        )
    image: dict[str, Any] = {"axes": axes, "datasets": levels}
    if whole:
        image["coordinateTransformations"] = whole
    group.attrs.update(
        {"ome": {"multiscales": [image]}} if version == 3 else {"multiscales": [image]}
    )
    return path


@pytest.mark.parametrize("version", [2, 3])
def test_the_full_resolution_level_is_read(tmp_path: Path, version: Literal[2, 3]) -> None:
    with open_volume(write_image(tmp_path / "t.zarr", version)) as volume:
        assert (volume.shape, volume.dtype.name) == ((6, 8, 10), "int16")
        assert volume.voxel_spacing == 5.0
        assert volume.notes == ()
        box = volume.read((1, 2, 3), (5, 7, 9))
    np.testing.assert_array_equal(box, DATA[1:5, 2:7, 3:9])
    with pytest.raises(TomogramError, match="closed"):
        volume.read((0, 0, 0), (1, 1, 1))


def test_nanometers_and_the_scale_of_the_whole_image_count(tmp_path: Path) -> None:
    whole = [{"type": "scale", "scale": [2.0, 2.0, 2.0]}]
    path = write_image(tmp_path / "t.zarr", unit="nanometer", scale=(0.5, 0.5, 0.5), whole=whole)
    with open_volume(path) as volume:
        assert volume.voxel_spacing == 10.0  # 0.5 * 2 nanometers


def test_without_a_unit_the_spacing_must_be_given(tmp_path: Path) -> None:
    path = write_image(tmp_path / "t.zarr", unit=None)
    with pytest.raises(TomogramError, match=r"expected a voxel spacing .*--voxel-size"):
        open_volume(path)
    with open_volume(path, voxel_spacing=5.0) as volume:
        assert volume.voxel_spacing == 5.0


def test_unequal_scales_and_translations_are_seen(tmp_path: Path) -> None:
    with pytest.raises(TomogramError, match="x, y, z 5 x 5 x 6 A"):
        open_volume(write_image(tmp_path / "a.zarr", scale=(6.0, 5.0, 5.0)))
    moved = [{"type": "translation", "translation": [0.0, 3.0, 0.0]}]
    with open_volume(write_image(tmp_path / "b.zarr", whole=moved)) as volume:
        assert "translation" in volume.notes[0]


def test_axes_before_z_must_have_length_one(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.zarr", names="czyx", data=DATA[None])
    with open_volume(path) as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), DATA)
    with pytest.raises(TomogramError, match=r"expected one volume, found shape \(2, 6, 8, 10\)"):
        open_volume(write_image(tmp_path / "b.zarr", names="czyx", data=np.stack([DATA, DATA])))
    with pytest.raises(TomogramError, match="expected axes z, y, x, found x, y, z"):
        open_volume(write_image(tmp_path / "c.zarr", names="xyz"))


def test_a_lone_array_needs_its_spacing(tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path / "t.zarr", shape=(6, 8, 10), chunks=(4, 4, 4), dtype=">f4")
    array[...] = DATA.astype(">f4")
    with pytest.raises(TomogramError, match="expected a voxel spacing"):
        open_volume(tmp_path / "t.zarr")
    with open_volume(tmp_path / "t.zarr", voxel_spacing=8.0) as volume:
        assert volume.dtype.isnative
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), DATA)


def test_absent_chunks_are_said(tmp_path: Path) -> None:
    path = write_image(tmp_path / "t.zarr")
    next((path / "0" / "c" / "0").rglob("0")).rename(tmp_path / "lost")
    with open_volume(path) as volume:
        assert "chunks are absent and read as 0" in volume.notes[0]


def test_damaged_chunks_are_refused(tmp_path: Path) -> None:
    path = write_image(tmp_path / "t.zarr")
    for chunk in (path / "0" / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"damage")
    with open_volume(path) as volume, pytest.raises(TomogramError, match="expected whole chunks"):
        volume.read((0, 0, 0), (6, 8, 10))


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(TomogramError, match="found no Zarr"):
        open_volume(tmp_path / "empty")
    zarr.open_group(tmp_path / "g.zarr", mode="w").create_group("inside")
    with pytest.raises(TomogramError, match=r"multiscales\), found a group of inside"):
        open_volume(tmp_path / "g.zarr")
    zarr.create_array(tmp_path / "c.zarr", shape=(4, 4, 4), dtype="complex64")
    with pytest.raises(TomogramError, match="real numbers, found complex64"):
        open_volume(tmp_path / "c.zarr", voxel_spacing=1.0)


@pytest.mark.parametrize("images", [[{"datasets": [{}]}], [{"datasets": 5}], 5, [{"axes": [1]}]])
def test_damaged_metadata_is_refused(tmp_path: Path, images: Any) -> None:
    group = zarr.open_group(tmp_path / "t.zarr", mode="w")
    group.attrs.update({"ome": {"multiscales": images}})
    with pytest.raises(TomogramError, match="OME-Zarr image"):
        open_volume(tmp_path / "t.zarr")
