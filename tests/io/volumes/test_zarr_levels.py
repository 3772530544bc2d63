"""Which level of an OME-Zarr image is read, and where its voxels lie."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from cryoal.errors import TomogramError
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.open import open_volume
from tests.io.volumes.test_ome_zarr import write_image

FINE = np.arange(8 * 8 * 8, dtype=np.float32).reshape(8, 8, 8)
COARSE = FINE.reshape(4, 2, 4, 2, 4, 2).mean(axis=(1, 3, 5))  # its voxel 0 lies at fine 0.5


def write_levels(
    path: Path,
    *,
    spacing: float = 5.0,
    unit: str | None = "angstrom",
    shift: float = 0.0,
    ratio: float = 2.0,
) -> Path:
    """Levels s0 and s1, with the translation of half a voxel that averaging makes."""
    group = zarr.open_group(path, mode="w", zarr_format=3)
    levels = []
    for name, data, scale, moved in (
        ("s0", FINE, spacing, 0.0),
        ("s1", COARSE, ratio * spacing, (ratio - 1) / 2 * spacing),
    ):
        group.create_array(name, shape=data.shape, chunks=(4, 4, 4), dtype="f4")[...] = data
        steps: list[dict[str, Any]] = [
            {"type": "scale", "scale": [scale] * 3},
            {"type": "translation", "translation": [shift + moved] * 3},
        ]
        levels.append({"path": name, "coordinateTransformations": steps})
    axes = [{"name": n, "type": "space"} | ({"unit": unit} if unit else {}) for n in "zyx"]
    image = {"axes": axes, "datasets": levels}
    group.attrs.update({"ome": {"version": "0.5", "multiscales": [image]}})
    return path


@pytest.mark.parametrize(
    "options",
    [
        {"told": Told(level="s1")},
        {"told": Told(level="1")},
        {"told": Told(fitting=10.0)},
        {"voxel_spacing": 10.0},
    ],
)
def test_a_level_is_read_by_name_by_number_or_by_the_spacing_that_fits(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    with open_volume(write_levels(tmp_path / "t.zarr"), **options) as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), (4, 4, 4)), COARSE)
        assert volume.voxel_spacing == 10.0
        assert volume.notes == ("level s1 of s0, s1 is read, 10 A",)
        assert volume.level is not None
        assert (volume.level.name, volume.level.finest_spacing) == ("s1", 5.0)
        assert volume.level.finest_shape == (8, 8, 8)
        # voxel 0 is the mean of fine voxels 0 and 1, whose centre lies at 0.5 * 5 A
        assert volume.level.offset_zyx == (2.5, 2.5, 2.5)


def test_the_finest_level_is_read_where_nothing_else_is_said(tmp_path: Path) -> None:
    path = write_levels(tmp_path / "t.zarr", shift=100.0)
    for options in ({}, {"told": Told(level="")}, {"voxel_spacing": 6.0}, {"voxel_spacing": 5.0}):
        with open_volume(path, **options) as volume:  # type: ignore[arg-type]
            assert volume.level is None
            assert "a translation of the whole image is not applied" in volume.notes[-1]
            np.testing.assert_array_equal(volume.read((0, 0, 0), (8, 8, 8)), FINE)


def test_a_translation_of_all_levels_does_not_move_one_against_the_other(tmp_path: Path) -> None:
    path = write_levels(tmp_path / "t.zarr", shift=100.0, unit="nm", spacing=0.5)
    with open_volume(path, told=Told(level="s1")) as volume:
        assert volume.level is not None
        assert volume.level.offset_zyx == (2.5, 2.5, 2.5)


def test_a_spacing_that_is_told_for_a_level_holds_for_its_frame_too(tmp_path: Path) -> None:
    path = write_levels(tmp_path / "t.zarr", unit=None, spacing=1.0)
    with open_volume(path, voxel_spacing=20.0, told=Told(level="s1")) as volume:
        assert volume.level is not None
        assert volume.voxel_spacing == 20.0
        assert volume.level.finest_spacing == 10.0
        assert volume.level.offset_zyx == (5.0, 5.0, 5.0)


def test_a_spacing_that_may_mean_two_things_asks_for_the_level(tmp_path: Path) -> None:
    """1 A is what is written where nobody knows: then 2 A may correct it, or mean the level."""
    path = write_levels(tmp_path / "t.zarr", spacing=1.0)
    with pytest.raises(TomogramError, match=r"which level has 2 A, .*--level s1, or --level s0 "):
        open_volume(path, voxel_spacing=2.0)
    with open_volume(path, voxel_spacing=2.0, told=Told(level="s0")) as volume:
        assert (volume.level, volume.voxel_spacing) == (None, 2.0)


def test_a_level_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = write_levels(tmp_path / "t.zarr")
    with pytest.raises(TomogramError, match=r"s0 \(8, 8, 8\), s1 \(4, 4, 4\), found '7'"):
        open_volume(path, told=Told(level="7"))


def test_the_one_image_of_bioformats2raw_is_found(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "t.zarr", mode="w", zarr_format=2)
    group.attrs["bioformats2raw.layout"] = 3
    write_levels(tmp_path / "t.zarr" / "0")
    with open_volume(tmp_path / "t.zarr") as volume:
        assert volume.shape == (8, 8, 8)
        assert "image 0 of bioformats2raw is read" in volume.notes
    about = zarr.open_group(tmp_path / "t.zarr" / "OME", mode="w", zarr_format=2)
    about.attrs["series"] = ["0", "1"]
    with pytest.raises(TomogramError, match=r"expected one image of bioformats2raw, found 0, 1"):
        open_volume(tmp_path / "t.zarr")
    about.attrs["series"] = ["../t.zarr/0"]
    with pytest.raises(TomogramError, match="expected the path of a level inside"):
        open_volume(tmp_path / "t.zarr")


@pytest.mark.parametrize("version", [2, 3])
def test_chunks_that_are_called_otherwise_are_not_zeros(tmp_path: Path, version: int) -> None:
    path = write_image(tmp_path / "t.zarr", version)  # type: ignore[arg-type]
    about = path / "0" / (".zarray" if version == 2 else "zarr.json")
    metadata = json.loads(about.read_text())
    if version == 2:  # written with "/", read with "."
        metadata["dimension_separator"] = "."
        for chunk in [p for p in (path / "0").iterdir() if p.name[0].isdigit()]:
            where = path / "0" / chunk.name.replace(".", "/")
            moved = chunk.rename(tmp_path / "moved")
            where.parent.mkdir(parents=True, exist_ok=True)
            moved.rename(where)
        said = 'expected chunks called as 0.0.0, .*"dimension_separator": "/"'
    else:
        metadata["chunk_key_encoding"] = {"name": "default", "configuration": {"separator": "."}}
        said = r"expected chunks called as c\.0\.0\.0, .*to \"/\""
    about.write_text(json.dumps(metadata))
    with pytest.raises(TomogramError, match=said):
        open_volume(path)
    if version == 2:
        about.write_text(json.dumps(metadata | {"dimension_separator": "/"}))
        with open_volume(path) as volume:
            assert volume.read((0, 0, 0), (1, 1, 1)).item() == 1


@pytest.mark.parametrize("at", ["", "t.zarr/"])
def test_a_zipped_image_is_read_as_it_is(tmp_path: Path, at: str) -> None:
    folder = write_levels(tmp_path / "t.zarr")
    packed = shutil.make_archive(
        str(tmp_path / "p"), "zip", tmp_path if at else folder, at.rstrip("/") or None
    )
    path = Path(packed).rename(tmp_path / "t.zarr.zip")
    for level, data in (("", FINE), ("s1", COARSE)):
        with open_volume(path, told=Told(level=level)) as volume:
            assert volume.path == path
            np.testing.assert_array_equal(volume.read((1, 0, 2), (3, 4, 4)), data[1:3, :4, 2:4])
        with pytest.raises(TomogramError, match="closed"):
            volume.read((0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["../zarr.json"], "expected members inside the archive"),
        (["/etc/zarr.json"], "expected members inside the archive"),
        (["a/zarr.json", "b/zarr.json"], "expected one OME-Zarr image in the archive, found a, b"),
        (["picks.star"], "expected OME-Zarr in the zip archive, found picks.star: unpack"),
        ([], "found nothing: unpack"),
    ],
)
def test_an_archive_of_something_else_or_that_leaves_its_folder_is_refused(
    tmp_path: Path, names: list[str], message: str
) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b'{"zarr_format": 3, "node_type": "group"}')
    with pytest.raises(TomogramError, match=message):
        open_volume(tmp_path / "t.zip")
