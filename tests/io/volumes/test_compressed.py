from __future__ import annotations

import bz2
import gzip
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.errors import TomogramError
from cryoal.io.volumes.open import open_volume
from tests.io.mrc_files import edit_header, voxels, write_mrc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("name", "pack"), [("t.mrc.gz", gzip.compress), ("t.rec.bz2", bz2.compress)]
)
def test_packed_tomograms_are_read_and_leave_nothing_behind(
    tmp_path: Path, scratch: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    plain = write_mrc(tmp_path / "t.mrc", voxels("int16"))
    path = tmp_path / name
    path.write_bytes(pack(plain.read_bytes()))
    with open_volume(path, scratch=scratch) as volume:
        assert volume.path == path
        np.testing.assert_array_equal(volume.read((1, 1, 1), (4, 5, 6)), voxels()[1:4, 1:5, 1:6])
        assert (
            list(scratch.iterdir()) == []
        )  # the copy has no name, so a killed process leaves none
    assert list(scratch.iterdir()) == []


def test_packed_files_meet_the_same_guards(tmp_path: Path, scratch: Path) -> None:
    plain = edit_header(write_mrc(tmp_path / "t.mrc", voxels()), cella_z=77.0)
    path = tmp_path / "t.mrc.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(TomogramError, match="expected one voxel spacing"):
        open_volume(path, scratch=scratch)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_truncated_archive_is_refused(
    tmp_path: Path, scratch: Path, pack: Callable[[bytes], bytes]
) -> None:
    noise = np.random.default_rng(0).normal(size=(40, 40, 40)).astype(np.float32)
    plain = write_mrc(tmp_path / "t.mrc", noise)
    path = tmp_path / "t.mrc.gz"
    path.write_bytes(pack(plain.read_bytes())[:-5000])
    with pytest.raises(TomogramError, match="expected a whole"):
        open_volume(path, scratch=scratch)


def test_a_truncated_tomogram_in_a_whole_archive_is_refused(tmp_path: Path, scratch: Path) -> None:
    plain = write_mrc(tmp_path / "t.mrc", voxels())
    path = tmp_path / "t.mrc.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()[:-8]))
    with pytest.raises(TomogramError, match="is truncated"):
        open_volume(path, scratch=scratch)


def test_an_archive_of_something_else_is_refused_before_it_is_unpacked(
    tmp_path: Path, scratch: Path
) -> None:
    path = tmp_path / "t.mrc.gz"
    path.write_bytes(gzip.compress(b"not a tomogram" * 1000))
    with pytest.raises(TomogramError, match=r"expected a tomogram .* found a text"):
        open_volume(path, scratch=scratch)


def test_what_follows_the_last_voxel_does_not_fill_the_disk(tmp_path: Path, scratch: Path) -> None:
    plain = write_mrc(tmp_path / "t.mrc", voxels())
    path = tmp_path / "t.mrc.gz"
    path.write_bytes(gzip.compress(plain.read_bytes() + bytes(64 << 20)))
    with open_volume(path, scratch=scratch) as volume:
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), voxels())
        (note,) = volume.notes
        assert int(note.split()[0]) < 16 << 20  # bytes after the last voxel, of the 64 MB


def test_a_full_disk_is_refused_before_it_is_filled(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = write_mrc(tmp_path / "t.mrc", voxels())
    path = tmp_path / "t.mrc.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10))
    with pytest.raises(TomogramError, match=r"expected 0.0 GB of room in .* to unpack"):
        open_volume(path, scratch=scratch)


def test_real_packed_maps_read_as_mrcfile_reads_them(shared_data: Path, scratch: Path) -> None:
    path = shared_data / "structures" / "maps_10A" / "1s3x.mrc.gz"
    with open_volume(path, scratch=scratch) as volume:
        assert volume.voxel_spacing == 10.0
        np.testing.assert_array_equal(volume.read((0, 0, 0), volume.shape), mrcfile.read(path))
