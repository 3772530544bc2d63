from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.io.star import read_star
from cryoal.testing.phantoms import PhantomFiles, write_phantoms

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"n_tomograms": 2, "shape": (32, 64, 64), "per_class": 6, "distance": 120.0}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    return write_phantoms(tmp_path_factory.mktemp("phantoms"), **SMALL)  # type: ignore[arg-type]


def _particles(files: PhantomFiles) -> dict[str, list[str]]:
    return read_star(files.picks)["particles"]


def test_every_candidate_has_its_class_and_no_file_but_the_truth_says_so(
    files: PhantomFiles,
) -> None:
    with files.truth.open(newline="") as file:
        truth = {row["key"]: row["label"] for row in csv.DictReader(file)}
    keys = _particles(files)["rlnTomoParticleName"]
    assert list(truth) == keys
    assert len(keys) == 2 * 3 * 6
    assert sorted(set(truth.values())) == ["background", "ring", "rod"]
    assert "ring" not in files.picks.read_text()


def test_tomogram_is_int16_with_its_voxel_spacing(files: PhantomFiles) -> None:
    with mrcfile.open(files.tomograms[1]) as file:
        assert file.data.dtype == np.int16
        assert file.data.shape == (32, 64, 64)
        assert file.is_volume()
        assert file.voxel_size.x == pytest.approx(10.0)


def test_centred_coordinates_lead_to_the_dark_particles(files: PhantomFiles) -> None:
    table = _particles(files)
    with files.truth.open(newline="") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    sizes = read_star(files.tomograms_star)["global"]
    spacing = float(sizes["rlnTomoTiltSeriesPixelSize"][0])  # of the unbinned tomogram
    volume = mrcfile.read(files.tomograms[0]).astype(float)
    mean: dict[str, list[float]] = {}
    for row, label in enumerate(labels):
        if table["rlnTomoName"][row] != "TS_01":
            continue
        place = []
        for axis in "ZYX":
            angstrom = float(table[f"rlnCenteredCoordinate{axis}Angst"][row])
            angstrom += float(sizes[f"rlnTomoSize{axis}"][0]) / 2 * spacing
            place.append(int(np.floor(angstrom / 10 + 0.5)))
        box = volume[tuple(slice(max(i - 3, 0), i + 4) for i in place)]
        mean.setdefault(label, []).append(box.mean())
    assert np.mean(mean["rod"]) < np.mean(mean["background"]) - 100
    assert np.mean(mean["ring"]) < np.mean(mean["background"]) - 100


def test_white_particles_are_the_negative_of_black_ones(
    files: PhantomFiles, tmp_path: Path
) -> None:
    white = write_phantoms(tmp_path, **SMALL, density="white")  # type: ignore[arg-type]
    one, other = mrcfile.read(white.tomograms[0]), mrcfile.read(files.tomograms[0])
    assert np.array_equal(one, -other)
    assert white.picks.read_bytes() == files.picks.read_bytes()


def test_seed_decides_everything(files: PhantomFiles, tmp_path: Path) -> None:
    again = write_phantoms(tmp_path / "again", **SMALL)  # type: ignore[arg-type]
    other = write_phantoms(tmp_path / "other", **SMALL, seed=1)  # type: ignore[arg-type]
    assert again.truth.read_bytes() == files.truth.read_bytes()
    assert np.array_equal(mrcfile.read(again.tomograms[0]), mrcfile.read(files.tomograms[0]))
    assert other.picks.read_bytes() != files.picks.read_bytes()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_other_modes_hold_the_same_tomogram(
    files: PhantomFiles, tmp_path: Path, dtype: str
) -> None:
    floats = write_phantoms(tmp_path, **SMALL, dtype=dtype)  # type: ignore[arg-type]
    volume = mrcfile.read(floats.tomograms[0])
    assert volume.dtype == dtype
    np.testing.assert_allclose(volume * 500, mrcfile.read(files.tomograms[0]), atol=2)
