from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
import zarr

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.open import open_volume

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
    with pytest.raises(TomogramError, match=r"found x, y, z 5 x 5 x 5 without a unit: .*--unit"):
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
    with pytest.raises(TomogramError, match="expected axes z, y, x, found t, y, x"):
        open_volume(write_image(tmp_path / "c.zarr", names="tyx"))


def test_a_lone_array_needs_its_spacing(tmp_path: Path) -> None:
    array = zarr.create_array(
        tmp_path / "t.zarr",
        shape=(6, 8, 10),
        chunks=(4, 4, 4),
        dtype=">f4",
        dimension_names=["z", "y", "x"],
    )
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
    zarr.open_group(tmp_path / "g.zarr", mode="w").create_group("inside")
    with pytest.raises(TomogramError, match=r"multiscales\), found a group of inside"):
        open_volume(tmp_path / "g.zarr")
    zarr.create_array(tmp_path / "c.zarr", shape=(4, 4, 4), dtype="complex64")
    with pytest.raises(TomogramError, match="real numbers, found 'complex64'"):
        open_volume(tmp_path / "c.zarr", voxel_spacing=1.0, told=Told(axes="zyx"))


def edit(file: Path, **changes: Any) -> None:
    """Change fields of a JSON file."""
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize(
    ("version", "changes"),
    [
        (2, {"filters": [{"id": "pickle", "protocol": 5}]}),
        (2, {"compressor": {"id": "json2"}}),
        (2, {"compressor": {"id": "somebodys_codec"}}),
        (3, {"codecs": [{"name": "bytes"}, {"name": "somebodys_codec"}]}),
        (3, {"codecs": [{"name": "bytes"}, {"name": "numcodecs.pickle"}]}),
        (
            3,
            {
                "codecs": [
                    {
                        "name": "sharding_indexed",
                        "configuration": {
                            "chunk_shape": [2, 2, 2],
                            "codecs": [{"name": "vlen-utf8"}],
                            "index_codecs": [{"name": "bytes"}],
                        },
                    }
                ]
            },
        ),
    ],
)
def test_a_codec_that_may_run_code_is_refused_by_name_before_it_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: Literal[2, 3],
    changes: dict[str, Any],
) -> None:
    path = write_image(tmp_path / "t.zarr", version)
    edit(path / "0" / (".zarray" if version == 2 else "zarr.json"), **changes)
    monkeypatch.setattr(zarr, "open_array", None)  # nothing of the array is opened
    with pytest.raises(TomogramError, match=r"expected a codec of .*found '[\w.-]+', which is not"):
        open_volume(path)


def test_codecs_in_consolidated_metadata_are_not_used(tmp_path: Path) -> None:
    path = write_image(tmp_path / "t.zarr", 2)
    zarr.consolidate_metadata(str(path), zarr_format=2)
    kept = json.loads((path / ".zmetadata").read_text())
    kept["metadata"]["0/.zarray"]["filters"] = [{"id": "pickle"}]
    (path / ".zmetadata").write_text(json.dumps(kept))
    with open_volume(path) as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), DATA)


@pytest.mark.parametrize("codec", ["blosc", "zlib", "gzip", "zstd", "lz4", "bz2", "lzma"])
def test_the_usual_codecs_of_version_2_are_read(tmp_path: Path, codec: str) -> None:
    import numcodecs

    array = zarr.create_array(
        tmp_path / "t.zarr",
        shape=DATA.shape,
        chunks=(4, 4, 4),
        dtype="int16",
        zarr_format=2,
        compressors=numcodecs.get_codec({"id": codec}),
        filters=[numcodecs.Delta("<i2"), numcodecs.Shuffle(2)],
    )
    array[...] = DATA
    with open_volume(tmp_path / "t.zarr", voxel_spacing=5.0, told=Told(axes="zyx")) as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), DATA)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "|O"}, r"expected a volume of real numbers, found '\|O'"),
        ({"dtype": "<U9"}, "expected a volume of real numbers, found '<U9'"),
        ({"dtype": [["a", "<f4"]]}, r"expected a volume of real numbers, found \[\['a', '<f4'\]\]"),
        ({"shape": [10**18] * 3}, r"found the shape \(1000000000000000000, "),
        (
            {"shape": [6, 8, -10]},
            r"expected a shape of whole numbers above 0 .*found \[6, 8, -10\]",
        ),
        ({"shape": [6, 8, 10.5]}, "expected a shape of whole numbers above 0"),
        ({"shape": "6, 8, 10"}, "expected the metadata of an OME-Zarr image|expected a shape"),
        ({"chunks": [4, 4]}, "expected chunks of whole numbers above 0"),
        ({"chunks": [10**6] * 3}, "expected chunks that fit into memory"),
        ({"chunks": None}, "expected chunks of whole numbers above 0 .*found None"),
        ({"fill_value": {}}, "expected a Zarr array in"),
        ({"order": 5}, "expected a Zarr array in"),
    ],
)
def test_an_array_that_is_no_possible_volume_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = write_image(tmp_path / "t.zarr", 2)
    edit(path / "0" / ".zarray", **changes)
    with pytest.raises(TomogramError, match=message):
        open_volume(path)


@pytest.mark.parametrize("name", ["../t.zarr/0", "/etc", "0/../0", "", 5, "a\0b", "x" * 5_000])
def test_a_level_outside_the_image_is_refused(tmp_path: Path, name: Any) -> None:
    path = write_image(tmp_path / "t.zarr", 2)
    edit(path / ".zattrs", multiscales=[{"datasets": [{"path": name}]}])
    with pytest.raises(TomogramError, match=r"expected (the path of a )?level|OME-Zarr image"):
        open_volume(path)


@pytest.mark.parametrize("scale", [0.0, -5.0])
def test_a_scale_that_is_no_spacing_must_be_given_otherwise(tmp_path: Path, scale: float) -> None:
    path = write_image(tmp_path / "t.zarr", scale=(scale,) * 3)
    with pytest.raises(TomogramError, match=f"expected a voxel spacing .*found x, y, z {scale:g} "):
        open_volume(path)
    with open_volume(path, voxel_spacing=5.0) as volume:
        assert volume.voxel_spacing == 5.0


def test_an_array_without_any_chunk_is_refused(tmp_path: Path) -> None:
    path = write_image(tmp_path / "t.zarr")
    shutil.rmtree(path / "0" / "c")
    with pytest.raises(TomogramError, match="expected 12 chunks of voxels, found none of them"):
        open_volume(path)


@pytest.mark.parametrize("images", [[{"datasets": [{}]}], [{"datasets": 5}], 5, [{"axes": [1]}]])
def test_damaged_metadata_is_refused(tmp_path: Path, images: Any) -> None:
    group = zarr.open_group(tmp_path / "t.zarr", mode="w")
    group.attrs.update({"ome": {"multiscales": images}})
    with pytest.raises(TomogramError, match="OME-Zarr image"):
        open_volume(tmp_path / "t.zarr")
