from __future__ import annotations

from pathlib import Path

import mrcfile
import numpy as np
import pytest
import torch

from cryoal.errors import SimulationError
from cryoal.simulate.imaging import Imaging
from cryoal.simulate.studio import Studio
from cryoal.simulate.tomograms import Scene, make_tomogram
from tests.simulate.material import molecule, small

MOLECULES = (molecule("dot", radius=25.0), molecule("ball", radius=35.0))
FILES = [Path("dot.mrc"), Path("ball.mrc")]


def scene(*settings: str) -> Scene:
    recipe = small("tomograms", FILES, "tomograms.shape=[40,80,80]", *settings)
    return Scene(MOLECULES, recipe, "TS_01")


def test_candidates_are_of_every_class_in_mixed_order() -> None:
    labels = list(scene().labels)
    counts = {"dot": 6, "ball": 6, "gold": 2, "background": 4, "membrane": 3}
    assert {label: labels.count(label) for label in counts} == counts
    assert labels != sorted(labels, key=list(counts).index)


def test_particles_beads_and_empty_places_do_not_overlap() -> None:
    found = scene()
    # empty places are as wide as the mean particle
    radius = {"dot": 25.0, "ball": 35.0, "gold": 30.0, "background": 30.0}
    rows = [i for i, label in enumerate(found.labels) if label in radius]
    for place, i in enumerate(rows):
        for j in rows[:place]:
            apart = np.linalg.norm(found.positions[i] - found.positions[j])
            assert apart >= radius[found.labels[i]] + radius[found.labels[j]] + 10.0 - 1e-9
    center, inner, outer = found.vesicles[0].shell()
    for i in rows:
        distance = np.linalg.norm(found.positions[i] - center)
        r = radius[found.labels[i]]
        assert distance <= inner - r or distance >= outer + r


def test_boxes_of_all_candidates_lie_inside() -> None:
    found = scene()
    assert found.positions.min() >= 80.0  # half a box of 16 voxels of 10 A
    assert (found.positions <= (np.array([40, 80, 80]) - 1) * 10.0 - 80.0).all()


def test_what_is_no_particle_has_no_orientation() -> None:
    found = scene()
    turned = found.angles.any(axis=1)
    assert turned.tolist() == [label in ("dot", "ball") for label in found.labels]


def test_too_many_particles_are_refused() -> None:
    with pytest.raises(SimulationError, match="expected room for 406 particles"):
        scene("tomograms.per_class=200")


@pytest.mark.parametrize("density", ["white", "black"])
def test_particles_and_gold_differ_from_ice_as_the_recipe_says(
    tmp_path: Path, density: str
) -> None:
    recipe = small(
        "tomograms",
        FILES,
        f"density={density}",
        "noise.snr=5",
        "tomograms.pick_error=0",
        "tomograms.shape=[40,80,80]",
    )
    where = make_tomogram("TS_01", Studio(recipe, MOLECULES, tmp_path, torch.device("cpu")))
    volume = mrcfile.read(tmp_path / "TS_01.mrc").astype(float)
    sign = 1 if density == "white" else -1
    mean = {}
    for label in ("dot", "ball", "gold", "background"):
        rows = [i for i, other in enumerate(where.labels) if other == label]
        at = np.rint(where.position_zyx_angstrom[rows] / 10).astype(int)
        mean[label] = sign * volume[tuple(at.T)].mean()
    assert mean["gold"] > mean["dot"] > mean["background"] + 500
    assert mean["ball"] > mean["background"] + 500


def test_signal_to_noise_is_that_of_the_boxes_of_particles(tmp_path: Path) -> None:
    common = ("tomograms.shape=[40,80,80]", "tomograms.gold=0", "dtype=float32")
    volumes = {}
    for noise in ("noise.definition=none", "noise.snr=0.5"):
        recipe = small("tomograms", FILES, *common, noise, "tomograms.pick_error=0")
        where = make_tomogram("TS_01", Studio(recipe, MOLECULES, tmp_path, torch.device("cpu")))
        volumes[noise] = mrcfile.read(tmp_path / "TS_01.mrc").astype(float)
    clean, finished = volumes.values()
    # without noise the mean variance of the boxes is 1; with it the signal is sqrt(snr) times that
    noise_alone = finished - 0.5**0.5 * clean
    assert noise_alone.var() == pytest.approx(1.0, rel=0.05)
    variances = []
    for label, place in zip(where.labels, where.position_zyx_angstrom, strict=True):
        if label in ("dot", "ball"):
            corner = np.floor(place / 10 + 0.5).astype(int) - 8
            variances.append(clean[tuple(slice(a, a + 16) for a in corner)].var())
    assert np.mean(variances) == pytest.approx(1.0, rel=1e-3)


def test_published_signal_to_noise_is_that_of_the_whole_tomogram(tmp_path: Path) -> None:
    common = ("tomograms.shape=[40,80,80]", "tomograms.gold=0", "dtype=float32")
    volumes = []
    for noise in ("noise.definition=none", "noise.definition=published"):
        recipe = small("tomograms", FILES, *common, noise, "noise.snr=0.5")
        make_tomogram("TS_01", Studio(recipe, MOLECULES, tmp_path, torch.device("cpu")))
        volumes.append(mrcfile.read(tmp_path / "TS_01.mrc").astype(float))
    clean, finished = volumes
    power = Imaging(recipe, (40, 80, 80), torch.device("cpu")).power
    assert power is not None
    slope = (clean * finished).mean() / (clean**2).mean()
    signal, noise_alone = slope**2 * clean.var(), finished - slope * clean
    assert signal / noise_alone.var() == pytest.approx(power, rel=0.05)


def test_picks_scatter_about_the_particles(tmp_path: Path) -> None:
    recipe = small("tomograms", FILES, "tomograms.pick_error=6", "tomograms.shape=[40,80,80]")
    studio = Studio(recipe, MOLECULES, tmp_path, torch.device("cpu"))
    error = make_tomogram("TS_01", studio).position_zyx_angstrom
    error = error - Scene(MOLECULES, recipe, "TS_01").positions
    assert 4 < error.std() < 8
