from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cryoal.errors import TomogramError
from cryoal.io.volumes.open import open_volume

if TYPE_CHECKING:
    from pathlib import Path

h5py = pytest.importorskip("h5py")

DATA = np.random.default_rng(0).normal(0, 3, (5, 6, 7)).astype(np.float32)


def write_hdf(path: Path, images: list[np.ndarray[Any, Any]], **attributes: Any) -> Path:
    """As ``HdfIO2::write_data``: a group an image, its attributes under ``EMAN.``."""
    with h5py.File(path, "w") as file:
        for number, image in enumerate(images):
            group = file.create_group(f"MDF/images/{number}")
            group.create_dataset("image", data=image)
            for name, value in attributes.items():
                group.attrs[f"EMAN.{name}"] = value
        file["MDF/images"].attrs["imageid_max"] = len(images) - 1
    return path


APIX = {f"apix_{axis}": np.float32(13.48) for axis in "xyz"}


def test_the_volume_and_its_spacing_are_read(tmp_path: Path) -> None:
    with open_volume(write_hdf(tmp_path / "t.hdf", [DATA], **APIX)) as volume:
        assert (volume.shape, volume.voxel_spacing) == ((5, 6, 7), 13.48)
        np.testing.assert_array_equal(volume.read((1, 2, 3), (5, 6, 7)), DATA[1:, 2:, 3:])
    with pytest.raises(TomogramError, match="closed"):
        volume.read((0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(("bits", "dtype"), [(5, "uint8"), (12, "uint16")])
def test_numbers_that_were_stored_in_few_bits_are_turned_back(
    tmp_path: Path, bits: int, dtype: str
) -> None:
    """``data = stored / (2**bits - 1) * (rendermax - rendermin) + rendermin`` (hdfio2.cpp)."""
    low, high = -9.0, 11.0
    stored = np.round((np.clip(DATA, low, high) - low) / (high - low) * (2**bits - 1))
    attributes = {"stored_rendermin": low, "stored_rendermax": high, "stored_renderbits": bits}
    path = write_hdf(tmp_path / "t.hdf", [stored.astype(dtype)], **APIX, **attributes)
    with open_volume(path) as volume:
        assert volume.dtype == np.float32
        voxels = volume.read((0, 0, 0), volume.shape)
    np.testing.assert_allclose(voxels, DATA, atol=(high - low) / (2**bits - 1) / 2 + 1e-6)


def test_what_is_no_volume_of_eman2_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TomogramError, match="found a stack of 2 images"):
        open_volume(write_hdf(tmp_path / "t.hdf", [DATA[0], DATA[1]], **APIX))
    with pytest.raises(TomogramError, match="expected a voxel spacing"):
        open_volume(write_hdf(tmp_path / "t.hdf", [DATA]))
    with h5py.File(tmp_path / "o.h5", "w") as file:
        file["dataset"] = DATA
    with pytest.raises(TomogramError, match=r"expected EMAN2's /MDF/images .* found dataset"):
        open_volume(tmp_path / "o.h5")
    content = write_hdf(tmp_path / "t.hdf", [DATA], **APIX).read_bytes()
    (tmp_path / "t.hdf").write_bytes(content[:900])
    with pytest.raises(TomogramError, match=r"expected an HDF5 file in .*t\.hdf"):
        open_volume(tmp_path / "t.hdf")


def test_voxels_in_other_files_are_not_followed(tmp_path: Path) -> None:
    write_hdf(tmp_path / "other.hdf", [DATA], **APIX)
    with h5py.File(tmp_path / "t.hdf", "w") as file:
        group = file.create_group("MDF/images/0")
        group["image"] = h5py.ExternalLink(str(tmp_path / "other.hdf"), "/MDF/images/0/image")
    with pytest.raises(TomogramError, match="found them in other files"):
        open_volume(tmp_path / "t.hdf")
