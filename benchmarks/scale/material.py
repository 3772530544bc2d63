"""Tomograms of noise with particles on a grid, and as many picks as one asks for.

A tomogram has 10,000 picks. Boxes of 16 voxels overlap those beside them, so that boxes of 8 and
of 16 are cut from the same files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.seeds import stream
from cryoal.simulate.files import Candidates, Optics, SetFiles, write_tables, write_volume

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CLASSES = ("background", "shell", "rod")
SHARES = (0.4, 0.3, 0.3)
SHAPE = (96, 320, 320)
GRID = 8  # voxels between two picks
SPACING = 10.0
PICKS = 10_000  # of a tomogram
STRENGTH = 1.5  # of a particle, in standard deviations of the noise
UNIT = 30.0  # integers per standard deviation


def write_material(folder: Path, n_boxes: int) -> tuple[list[Path], SetFiles]:
    """As many tomograms as `n_boxes` need, and RELION 5 tables with their picks.

    Tomograms that are there already are taken as they are: a larger set has those of a smaller one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths, candidates = [], []
    for number in range(-(-n_boxes // PICKS)):
        name = f"TS_{number:03d}"
        path = folder / f"{name}.mrc"
        places, classes = _particles(number)
        if not path.exists():
            half = path.with_suffix(".tmp")
            write_volume(half, _tomogram(number, places, classes), SPACING, "int8")
            half.rename(path)
        paths.append(path)
        n = min(PICKS, n_boxes - number * PICKS)
        rng = stream(0, "benchmarks-scale-picked", number)
        inside = np.all((places >= GRID) & (places <= np.array(SHAPE) - GRID), axis=1)
        picked = np.sort(rng.permutation(np.flatnonzero(inside))[:PICKS][:n])
        labels = tuple(CLASSES[c] for c in classes[picked].tolist())
        candidates.append(
            Candidates(name, SHAPE, SPACING * places[picked], np.zeros((n, 3)), labels)
        )
    tables = folder / f"{n_boxes}"
    tables.mkdir(exist_ok=True)
    return paths, write_tables(tables, candidates, SPACING, Optics())


def _particles(number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Centers ``(n, 3)`` of the cells of the grid, voxels, and the class of each."""
    cells = np.stack(np.meshgrid(*(np.arange(s // GRID) for s in SHAPE), indexing="ij"), axis=-1)
    places = cells.reshape(-1, 3) * GRID + GRID // 2
    rng = stream(0, "benchmarks-scale-classes", number)
    return places, rng.choice(len(CLASSES), len(places), p=SHARES)


def _tomogram(
    number: int, places: NDArray[np.int64], classes: NDArray[np.int64]
) -> NDArray[np.float32]:
    rng = stream(0, "benchmarks-scale-noise", number)
    volume = rng.standard_normal(SHAPE, dtype=np.float32)
    cells = tuple(s // GRID for s in SHAPE)
    planted = _shapes()[classes].reshape(*cells, GRID, GRID, GRID).transpose(0, 3, 1, 4, 2, 5)
    volume += STRENGTH * planted.reshape(SHAPE)
    return np.asarray(np.clip(np.rint(UNIT * volume), -127, 127))


def _shapes() -> NDArray[np.float32]:
    """Nothing, a hollow sphere and a rod along x, ``(3, 8, 8, 8)``."""
    z, y, x = np.meshgrid(*[np.arange(GRID) - (GRID - 1) / 2] * 3, indexing="ij")
    radius = np.sqrt(z * z + y * y + x * x)
    shell = np.exp(-(((radius - 2.5) / 0.8) ** 2))
    rod = np.exp(-((z * z + y * y) / 1.5)) * (np.abs(x) < 3.5)
    return np.stack([np.zeros_like(shell), shell, rod]).astype(np.float32)
