"""What every volume format of the table keeps; a new one needs a line in `WRITERS`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.errors import TomogramError
from cryoal.io.fingerprint import fingerprint
from cryoal.io.volumes import VOLUMES
from cryoal.io.volumes.open import open_volume
from tests.io.mrc_files import write_mrc
from tests.io.volumes.test_em import write_em
from tests.io.volumes.test_eman2 import write_hdf
from tests.io.volumes.test_ome_zarr import write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

SHAPE = (9, 20, 30)
SPACING = 13.5


def planted() -> NDArray[np.float32]:
    """Noise with a bright voxel at z, y, x = 2, 5, 11 and a dark one at 7, 19, 0."""
    data = np.random.default_rng(0).normal(0, 1, SHAPE).astype(np.float32)
    data[2, 5, 11], data[7, 19, 0] = 100.0, -100.0
    return data


def _mrc(path: Path, data: NDArray[Any]) -> Path:
    return write_mrc(path.with_suffix(".mrc"), data, spacing=SPACING)


def _zarr(path: Path, data: NDArray[Any]) -> Path:
    return write_image(path.with_suffix(".zarr"), scale=(SPACING,) * 3, data=data)


def _zip(path: Path, data: NDArray[Any]) -> Path:
    folder = _zarr(path, data)
    shutil.make_archive(str(folder), "zip", folder)
    shutil.rmtree(folder)
    return path.with_suffix(".zarr.zip")


def _tiff(path: Path, data: NDArray[Any]) -> Path:
    tifffile = pytest.importorskip("tifffile")
    about = {"spacing": SPACING, "unit": "A", "axes": "ZYX"}
    across = (1 / SPACING, 1 / SPACING)
    path = path.with_suffix(".tif")
    tifffile.imwrite(path, data, imagej=True, resolution=across, metadata=about)
    return path


def _eman2(path: Path, data: NDArray[Any]) -> Path:
    about = {f"apix_{axis}": SPACING for axis in "xyz"}
    return write_hdf(path.with_suffix(".hdf"), [data], **about)


def _em(path: Path, data: NDArray[Any]) -> Path:
    return write_em(path.with_suffix(".em"), data, thousandths=round(SPACING * 1000))


WRITERS: dict[str, Callable[[Path, NDArray[Any]], Path]] = {
    "zarr": _zarr,
    "zarr-zip": _zip,
    "tiff": _tiff,
    "eman2": _eman2,
    "mrc": _mrc,
    "em": _em,
}


def test_every_format_of_the_table_has_a_writer_here() -> None:
    assert set(VOLUMES.names()) == set(WRITERS)


@pytest.fixture(params=VOLUMES.names())
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "Größe 日本"
    folder.mkdir()
    return WRITERS[request.param](folder / "TS ü", planted())


def test_planted_voxels_are_where_they_were_put(given: Path) -> None:
    with open_volume(given) as volume:
        assert (volume.path, volume.shape, volume.dtype) == (given, SHAPE, np.float32)
        assert volume.voxel_spacing == pytest.approx(SPACING, rel=1e-5)
        assert volume.level is None
        assert volume.notes == ()
        assert volume.read((2, 5, 11), (3, 6, 12)).item() == 100.0
        assert volume.read((7, 19, 0), (8, 20, 1)).item() == -100.0
        whole = volume.read((0, 0, 0), SHAPE)
        np.testing.assert_array_equal(whole, planted())
        assert whole.flags.c_contiguous
        assert whole.flags.writeable
        assert volume.read((3, 4, 5), (3, 9, 9)).shape == (0, 5, 4)


def test_a_box_that_leaves_it_and_a_closed_volume_are_refused(given: Path) -> None:
    with open_volume(given) as volume, pytest.raises(TomogramError, match="expected a box inside"):
        volume.read((0, 0, 0), (10, 20, 30))
    with pytest.raises(TomogramError, match=r"expected an open tomogram, found .* closed"):
        volume.read((0, 0, 0), (1, 1, 1))


def test_a_told_spacing_takes_the_place_of_the_files_and_is_said(given: Path) -> None:
    with open_volume(given, voxel_spacing=7.0) as volume:
        assert volume.voxel_spacing == 7.0
        assert any("voxel spacing 7 A as given" in note for note in volume.notes)


def test_a_copy_has_the_same_fingerprint_and_another_volume_has_not(
    given: Path, tmp_path: Path
) -> None:
    copy = tmp_path / f"copy{given.suffix}"
    (shutil.copytree if given.is_dir() else shutil.copy)(given, copy)  # type: ignore[operator]
    with open_volume(given) as volume, open_volume(copy) as other:
        assert fingerprint(volume).is_of(fingerprint(other))
    if given.is_file():
        content = bytearray(copy.read_bytes())
        content[len(content) // 2] ^= 0xFF  # a voxel in the middle
        copy.write_bytes(content)
        with open_volume(given) as volume:
            kept = fingerprint(volume)
        try:
            with open_volume(copy) as other:
                assert not kept.is_of(fingerprint(other))
        except TomogramError:  # what checks its content may notice
            pass


def test_half_a_file_is_refused_in_a_line_that_names_it(given: Path) -> None:
    if given.is_dir():
        pytest.skip("a directory has no half")
    content = given.read_bytes()
    given.write_bytes(content[: len(content) // 2])
    with pytest.raises(TomogramError, match="TS ü") as caught, open_volume(given) as volume:
        volume.read((0, 0, 0), SHAPE)
    assert "\n" not in str(caught.value)
