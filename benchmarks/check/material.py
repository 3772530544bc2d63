"""Tomograms with true places of particles and of junk: real, phantoms, simulated."""

from __future__ import annotations

import csv
import gzip
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.tomogram import Tomogram
from cryoal.placement.landscape import Landscape, coarse_factor, landscape
from cryoal.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MATERIALS", "Scene", "scene"]

DATA = Path(os.environ.get("CRYOAL_TEST_DATA", "../shared/data"))
MATERIALS = ("microtubule", "phantoms", "simulated", "simulated, faint")
STRUCTURES = ("4v4r", "3j9i", "1bxn")
N_SIMULATED = {"tune": 12, "report": 40}
SNR = {"simulated": 0.2, "simulated, faint": 0.05}


@dataclass(frozen=True)
class Scene:
    """One tomogram, and where in it there is what; positions in voxels, z, y, x."""

    volume: NDArray[np.float32]
    landscape: Landscape
    box: int
    particles: NDArray[np.float64]
    junk: NDArray[np.float64]
    """What a picker finds besides: membranes, beads, the inside of the tubule."""
    margin: int


def scene(material: str, part: str, seed: int, work: Path) -> Scene:
    """The tomogram of trial `seed`; odd ones have bright particles where they were dark."""
    if material == "microtubule":
        return _microtubule(seed % 2)
    if material == "phantoms":
        return _phantom(part, seed)
    return _simulated(material, part, seed % N_SIMULATED[part], seed % 2, work)


def _scene(
    volume: NDArray[np.float32],
    box: int,
    particles: NDArray[np.float64],
    junk: NDArray[np.float64],
    margin: int,
) -> Scene:
    factor = coarse_factor(box)
    kept = [n // factor * factor for n in volume.shape]
    z, y, x = (n // factor for n in kept)
    blocks = volume[: kept[0], : kept[1], : kept[2]].reshape(z, factor, y, factor, x, factor)
    coarse = blocks.mean(axis=(1, 3, 5), dtype=np.float32)
    shape = (volume.shape[0], volume.shape[1], volume.shape[2])
    made = landscape(coarse, box, factor, (0, 0, 0), shape)
    return Scene(volume, made, box, particles, junk, margin)


@cache
def _microtubule(odd: int) -> Scene:
    folder = DATA / "microtubule"
    with (folder / "13pf_truth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    place = np.array([[float(row[f"{axis}_voxel"]) for axis in "zyx"] for row in rows])
    is_wall = np.array([row["class"] == "wall" for row in rows])
    return _scene(
        (-1.0 if odd else 1.0) * _read(folder / "13pf_MT.mrc"),
        16,
        place[is_wall],
        place[~is_wall],
        5,
    )


def _phantom(part: str, seed: int) -> Scene:
    from cryoal.testing.tomograms import make_phantom

    made = make_phantom({"ring": 50, "rod": 50}, stream(seed, "check", part), snr=1.0)
    sign = -1.0 if seed % 2 else 1.0
    nothing = np.zeros((0, 3))
    return _scene(sign * made.volume, 16, made.position_zyx_angstrom / 10.0, nothing, 8)


@cache
def _simulated(material: str, part: str, number: int, odd: int, work: Path) -> Scene:
    folder = _made(material, part, work)
    name = f"TS_{number + 1:02d}"
    volume = (-1.0 if odd else 1.0) * _read(folder / f"{name}.mrc")
    with (folder / "truth.csv").open(newline="") as file:
        truth = {row["key"]: row["label"] for row in csv.DictReader(file)}
    from cryoal.io.star import read_star

    table = read_star(folder / "candidates.star")["particles"]
    rows = [i for i, found in enumerate(table["rlnTomoName"]) if found == name]
    labels = ["rlnCenteredCoordinate" + axis + "Angst" for axis in "ZYX"]
    place = np.array([[float(table[label][i]) for label in labels] for i in rows]) / 10.0
    place += np.array(volume.shape) / 2
    is_junk = np.array(
        [truth[table["rlnTomoParticleName"][i]] in ("membrane", "gold", "background") for i in rows]
    )
    return _scene(volume, 32, place[~is_junk], place[is_junk], 16)


def _made(material: str, part: str, work: Path) -> Path:
    """Simulated once, and kept in `work`."""
    folder = work / f"{material.replace(', ', '-')}-{part}"
    if folder.exists():
        return folder
    from cryoal.simulate.recipe import read_recipe
    from cryoal.simulate.run import simulate

    work.mkdir(parents=True, exist_ok=True)
    maps = []
    for name in STRUCTURES:
        maps.append(work / f"{name}.mrc")
        with gzip.open(DATA / "structures" / "maps_10A" / f"{name}.mrc.gz") as file:
            maps[-1].write_bytes(file.read())
    settings = {
        "tomograms.shape": [96, 256, 256],
        "tomograms.count": N_SIMULATED[part],
        "tomograms.per_class": 40,
        "tomograms.vesicle_radius": 300,
        "tomograms.membrane_picks": 100,
        "tomograms.background_picks": 60,
        "noise.snr": SNR[material],
        "seed": 1 if part == "tune" else 2,
    }
    recipe = read_recipe(None, maps, [f"{key}={value}" for key, value in settings.items()])
    simulate(recipe, folder, processes=1, device="cpu")
    return folder


def _read(path: Path) -> NDArray[np.float32]:
    with Tomogram.open(path) as tomogram:
        return tomogram.volume.read((0, 0, 0), tomogram.volume.shape).astype(np.float32)
