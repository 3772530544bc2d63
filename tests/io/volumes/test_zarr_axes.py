"""What the axes of a Zarr are called and in which unit they are, wherever that is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.open import open_volume
from tests.io.volumes.test_ome_zarr import DATA, write_image

if TYPE_CHECKING:
    from pathlib import Path

XYZ = DATA.transpose(2, 1, 0)


def write_06(path: Path, names: str, data: np.ndarray[Any, Any], **level: Any) -> Path:
    """Version 0.6 as ngff-zarr 0.50 writes it: axes in coordinateSystems, transforms in a row."""
    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.create_array("s0", shape=data.shape, chunks=(4, 4, 4), dtype=data.dtype)[...] = data
    axes = [{"name": name, "type": "space", "unit": "angstrom"} for name in names]
    transform = {
        "type": "sequence",
        "input": {"path": "s0"},
        "output": {"name": "physical"},
        "transformations": [{"type": "scale", "scale": [10.0, 10.0, 10.0]}],
        **level,
    }
    other = [{"name": name, "type": "space"} for name in "abc"]
    image = {
        "coordinateSystems": [
            {"name": "another", "axes": other},
            {"name": "physical", "axes": axes},
        ],
        "datasets": [{"path": "s0", "coordinateTransformations": [transform]}],
        # leads on to another system, in which positions are not
        "coordinateTransformations": [
            {"type": "scale", "scale": [7, 7, 7], "input": "physical", "output": "another"}
        ],
    }
    group.attrs.update({"ome": {"version": "0.6", "multiscales": [image]}})
    return path


def whole(path: Path, **options: Any) -> np.ndarray[Any, Any]:
    with open_volume(path, **options) as volume:
        return volume.read((0, 0, 0), volume.shape)


def test_axes_of_version_06_are_read_and_turned_to_z_y_x(tmp_path: Path) -> None:
    with open_volume(write_06(tmp_path / "t.zarr", "xyz", XYZ)) as volume:
        assert (volume.shape, volume.voxel_spacing) == ((6, 8, 10), 10.0)
        assert volume.notes == ("axes are x, y, z: transposed to z, y, x",)
        np.testing.assert_array_equal(volume.read((1, 2, 3), (4, 8, 9)), DATA[1:4, 2:8, 3:9])
    np.testing.assert_array_equal(whole(write_06(tmp_path / "u.zarr", "zyx", DATA)), DATA)


def test_a_transform_of_version_06_that_is_no_scale_is_refused(tmp_path: Path) -> None:
    path = write_06(tmp_path / "t.zarr", "zyx", DATA, type="affine", affine=[[1]])
    with pytest.raises(TomogramError, match=r"scaled and moved by numbers .* found 'affine'"):
        open_volume(path, voxel_spacing=10.0)


@pytest.mark.parametrize("names", ["yxz", "xyz", "zxy"])
def test_any_order_that_is_named_is_turned_to_z_y_x(tmp_path: Path, names: str) -> None:
    stored = DATA.transpose(["zyx".index(name) for name in names])
    array = zarr.create_array(
        tmp_path / "t.zarr",
        shape=stored.shape,
        chunks=(3, 3, 3),
        dtype="i2",
        dimension_names=list(names),
    )
    array[...] = stored
    np.testing.assert_array_equal(whole(tmp_path / "t.zarr", voxel_spacing=5.0), DATA)
    path = write_image(tmp_path / "i.zarr", names=names, data=stored)
    np.testing.assert_array_equal(whole(path), DATA)


def test_a_voxel_size_does_not_let_an_unknown_order_through(tmp_path: Path) -> None:
    path = tmp_path / "t.zarr"
    zarr.create_array(path, shape=XYZ.shape, chunks=(4, 4, 4), dtype="i2")[...] = XYZ
    with pytest.raises(TomogramError, match=r"expected the names of 3 axes, .*--axes zyx"):
        open_volume(path, voxel_spacing=5.0)
    np.testing.assert_array_equal(whole(path, voxel_spacing=5.0, told=Told(axes="xyz")), DATA)


def test_arrays_whose_axes_have_names_of_their_own_must_agree_with_the_image(
    tmp_path: Path,
) -> None:
    path = write_image(tmp_path / "t.zarr")
    about = path / "0" / "zarr.json"
    said = json.loads(about.read_text())
    about.write_text(json.dumps(said | {"dimension_names": ["z", "y", "x"]}))
    np.testing.assert_array_equal(whole(path), DATA)
    about.write_text(json.dumps(said | {"dimension_names": ["x", "y", "z"]}))
    with pytest.raises(TomogramError, match="expected axes z, y, x as the image says, found x, y"):
        open_volume(path)


def test_xarrays_names_count_in_version_2(tmp_path: Path) -> None:
    path = tmp_path / "t.zarr"
    array = zarr.create_array(path, shape=XYZ.shape, chunks=(4, 4, 4), dtype="i2", zarr_format=2)
    array[...] = XYZ
    array.attrs["_ARRAY_DIMENSIONS"] = ["x", "y", "z"]
    np.testing.assert_array_equal(whole(path, voxel_spacing=5.0), DATA)


@pytest.mark.parametrize(
    ("unit", "angstrom"),
    [
        ("angstrom", 1.0),
        ("Angstrom", 1.0),
        ("\u00c5", 1.0),
        ("\u212b", 1.0),  # the sign, not the letter
        ("nm", 10.0),
        ("nanometre", 10.0),
        ("\u00b5m", 1e4),
        ("\u03bcm", 1e4),  # Greek mu
        ("pm", 0.01),
    ],
)
def test_units_are_known_however_they_are_spelt(tmp_path: Path, unit: str, angstrom: float) -> None:
    path = write_image(tmp_path / "t.zarr", unit=unit, scale=(5.0,) * 3)
    with open_volume(path) as volume:
        assert volume.voxel_spacing == pytest.approx(5.0 * angstrom)


@pytest.mark.parametrize(
    ("unit", "said"), [(None, "without a unit"), ("pixel", "of the unit 'pixel'")]
)
def test_a_scale_without_a_unit_is_shown_and_asked_for(
    tmp_path: Path, unit: str | None, said: str
) -> None:
    path = write_image(tmp_path / "t.zarr", unit=unit, scale=(1.5,) * 3)
    with pytest.raises(TomogramError, match=rf"found x, y, z 1.5 x 1.5 x 1.5 {said}"):
        open_volume(path)
    with open_volume(path, told=Told(unit="nm")) as volume:
        assert volume.voxel_spacing == 15.0
    with pytest.raises(TomogramError, match="a unit of length"):
        open_volume(path, told=Told(unit="inch"))
