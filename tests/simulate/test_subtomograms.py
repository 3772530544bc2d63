from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest
import torch

from cryoal.data.tomogram import Tomogram
from cryoal.records import read_json
from cryoal.simulate.imaging import Imaging
from cryoal.simulate.orientation import particle_rotations
from cryoal.simulate.painting import paint
from cryoal.simulate.studio import Studio
from cryoal.simulate.subtomograms import Item, make_boxes, make_mosaic, plan_mosaics
from cryoal.simulate.transfer import mean_square, transfer
from tests.simulate.material import molecule, small

if TYPE_CHECKING:
    from cryoal.simulate.recipe import Recipe

MOLECULES = (molecule("dot"), molecule("far", (4, -3, 2), radius=50.0))
FILES = [Path("dot.mrc"), Path("far.mrc")]


def studio(folder: Path, *settings: str) -> Studio:
    recipe = small("subtomograms", FILES, *settings)
    return Studio(recipe, MOLECULES, folder, torch.device("cpu"))


def signal_and_noise(settings: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, Recipe]:
    """Clean boxes of variance 1, and the noise of the same boxes, both scaled as in the file."""
    items = [Item("dot", i) for i in range(48)]
    noisy = studio(Path(), *settings)
    clean = make_boxes(items, studio(Path(), *settings, "noise.definition=none")).values
    finished = make_boxes(items, noisy).values
    # each box is s * clean + noise with the noise's variance 1: s by least squares
    centred = clean - clean.mean(axis=(1, 2, 3), keepdims=True)
    slope = (centred * finished).sum(axis=(1, 2, 3)) / (centred**2).sum(axis=(1, 2, 3))
    return slope, finished - slope[:, None, None, None] * clean, noisy.recipe


def test_power_is_what_is_measured_on_the_finished_boxes() -> None:
    slope, noise, _ = signal_and_noise(("noise.definition=power", "noise.snr=0.4"))
    # clean has variance 1, so slope^2 over the noise's variance is the ratio
    assert np.mean(noise.var(axis=(1, 2, 3))) == pytest.approx(1.0, rel=0.08)
    assert np.mean(slope) ** 2 == pytest.approx(0.4, rel=0.1)


def test_published_is_the_formula_of_the_simulator_behind_the_papers_set() -> None:
    settings = ("noise.definition=published", "noise.snr=0.4", "subtomograms.neighbours=0")
    slope, noise, recipe = signal_and_noise(settings)
    functions = transfer((32, 32, 32), 10.0, recipe.imaging, recipe.noise.mtf)
    before, after = (mean_square(f, 32) for f in (functions.signal, functions.detector))
    white = 0.5 / 0.4 / before  # half of sigma^2 corrfac / SNR, before and after the CTF
    ratio = 1 / (white * before + white * after)
    # sigma^2 is the variance of the whole scene of 32^3, of which the box is the inner 16^3
    items = [Item("dot", i) for i in range(48)]
    made = make_boxes(items, studio(Path(), *settings))
    scenes = torch.zeros((48, 32, 32, 32))
    turns = particle_rotations(made.angles)
    paint(scenes, range(48), MOLECULES[0], made.offset_zyx + 16.0, turns, 10.0)
    whole = Imaging(recipe, (32, 32, 32), torch.device("cpu")).signal(scenes)
    box = whole[:, 8:24, 8:24, 8:24]
    gain = box.flatten(1).var(dim=1) / whole.flatten(1).var(dim=1)
    expected = (ratio * gain).sqrt().numpy()
    assert np.mean(noise.var(axis=(1, 2, 3))) == pytest.approx(1.0, rel=0.08)
    assert np.mean(slope) == pytest.approx(expected.mean(), rel=0.06)
    assert ratio < 0.35  # below what was asked, where the box is the whole


def test_targets_are_where_their_offset_says(tmp_path: Path) -> None:
    here = studio(
        tmp_path,
        "noise.definition=none",
        "subtomograms.neighbours=0",
        "imaging.ctf=false",
        "imaging.tilt_range=90",
    )
    items = [Item("dot", i) for i in range(8)]
    boxes = make_boxes(items, here)
    for values, offset in zip(boxes.values, boxes.offset_zyx, strict=True):
        assert np.unravel_index(values.argmax(), values.shape) == tuple(8 + offset)
    assert len(np.unique(boxes.offset_zyx)) > 3
    assert abs(boxes.offset_zyx).max() <= 3


def test_neighbours_are_there_and_leave_the_target_alone() -> None:
    common = ("noise.definition=none", "imaging.ctf=false", "imaging.tilt_range=90")
    items = [Item("dot", i) for i in range(4)]
    alone = make_boxes(items, studio(Path(), *common, "subtomograms.neighbours=0"))
    crowded = make_boxes(items, studio(Path(), *common, "subtomograms.neighbours=6"))
    np.testing.assert_array_equal(alone.offset_zyx, crowded.offset_zyx)
    for one, other in zip(alone.values, crowded.values, strict=True):
        # each has variance 1; the crowd spreads it over more voxels
        assert (other > 0.3 * other.max()).sum() > (one > 0.3 * one.max()).sum()


def test_every_box_is_planned_once_in_mixed_order_and_files_are_even() -> None:
    recipe = small("subtomograms", FILES, "subtomograms.per_class=50")
    mosaics = plan_mosaics(recipe)
    items = [item for mosaic in mosaics for item in mosaic.items]
    assert sorted((i.label, i.number) for i in items) == [
        (label, n) for label in ("dot", "far") for n in range(50)
    ]
    sizes = [len(mosaic.items) for mosaic in mosaics]
    assert max(sizes) <= 6
    assert max(sizes) - min(sizes) <= 1
    first = [item.label for item in items[:20]]
    assert 2 < first.count("dot") < 18
    assert [m.name for m in mosaics] == [f"SET_{i:02d}" for i in range(1, 18)]


@pytest.mark.parametrize("per_file", [3, 20])
def test_boxes_cut_at_the_picks_are_the_boxes(tmp_path: Path, per_file: int) -> None:
    settings = ("subtomograms.per_class=9", f"subtomograms.per_file={per_file}", "dtype=float32")
    here = studio(tmp_path, *settings)
    mosaic = plan_mosaics(here.recipe)[0]
    where = make_mosaic(mosaic, here)
    expected = -make_boxes(mosaic.items, here).values  # dark particles
    with Tomogram.open(tmp_path / f"{mosaic.name}.mrc") as tomogram:
        assert tomogram.volume.shape == where.shape
        boxes, inside = tomogram.cut(where.position_zyx_angstrom, 16, 0.0)
    assert (inside == 1).all()
    np.testing.assert_array_equal(boxes, expected)
    assert where.labels == tuple(item.label for item in mosaic.items)


def test_a_mosaic_has_no_flat_regions(tmp_path: Path) -> None:
    here = studio(tmp_path, "subtomograms.per_file=5")
    mosaic = plan_mosaics(here.recipe)[0]
    make_mosaic(mosaic, here)
    volume = mrcfile.read(tmp_path / f"{mosaic.name}.mrc").astype(float)
    assert volume.shape == (16, 16, 128)  # a layer of eight places, for four boxes
    deviation = [volume[..., x : x + 16].std() for x in range(0, 128, 16)]
    assert min(deviation) > 300


def test_files_of_their_own_lie_in_a_folder_for_each_class(tmp_path: Path) -> None:
    here = studio(tmp_path, "subtomograms.files=true", "density=white", "dtype=float32")
    mosaic = plan_mosaics(here.recipe)[0]
    make_mosaic(mosaic, here)
    boxes = make_boxes(mosaic.items, here)
    for i, item in enumerate(mosaic.items):
        folder = tmp_path / "classes" / item.label
        about = read_json(folder / "json_label" / f"target{item.number}.json")
        assert about["name"] == item.label
        assert about["loc"] == boxes.offset_zyx[i, ::-1].tolist()
        np.testing.assert_allclose(about["rotate"], np.radians(boxes.angles[i]))
        path = folder / "subtomogram_mrc" / f"tomotarget{item.number}.mrc"
        np.testing.assert_array_equal(mrcfile.read(path), boxes.values[i])
