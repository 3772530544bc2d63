"""Small structures and recipes, so that no test needs a file of somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mrcfile
import numpy as np

from cryoal.simulate.recipe import Recipe, read_recipe
from cryoal.simulate.structures import Molecule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# An L in x and y, so that no rotation or mirror image of it is itself. Angstrom, x, y, z.
ATOMS = [(0, 0, 0), (20, 0, 0), (40, 0, 0), (60, 0, 0), (0, 25, 0), (0, 0, 15)]


def write_pdb(path: Path, atoms: Sequence[tuple[float, float, float]] = tuple(ATOMS)) -> Path:
    lines = [
        f"ATOM  {i:5d}  C   ALA A{i:4d}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00 99.00           C"
        for i, (x, y, z) in enumerate(atoms, start=1)
    ]
    path.write_text("\n".join([*lines, "END", ""]))
    return path


def write_map(path: Path, values: np.ndarray, spacing: float = 10.0) -> Path:
    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(values.astype(np.float32))
        file.set_volume()
        file.voxel_size = spacing
    return path


def blob(
    shape: tuple[int, int, int], center: tuple[float, float, float], sigma: float = 1.5
) -> np.ndarray:
    """A Gaussian, in voxels."""
    axes = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    square = sum((axis - c) ** 2 for axis, c in zip(axes, center, strict=True))
    return np.asarray(np.exp(-square / (2 * sigma**2)))


def molecule(
    name: str = "dot", place: tuple[float, float, float] = (0, 0, 0), radius: float = 40.0
) -> Molecule:
    """A Gaussian at `place` samples (z, y, x) from the middle of a cube of samples of 5 A."""
    edge = 25
    center = tuple(edge // 2 + p for p in place)
    values = blob((edge,) * 3, center, 2.0)  # type: ignore[arg-type]
    return Molecule(name, values.astype(np.float32), 5.0, radius)


def small(kind: str, files: Sequence[Path], *settings: str) -> Recipe:
    """A recipe of small boxes."""
    common = ("box=16", "subtomograms.offset=3", "subtomograms.test_per_class=1")
    sizes = (
        "subtomograms.per_class=4",
        "subtomograms.per_file=6",
        "tomograms.shape=[32,64,64]",
        "tomograms.per_class=6",
        "tomograms.vesicles=1",
        "tomograms.vesicle_radius=80",
        "tomograms.membrane_picks=3",
        "tomograms.gold=2",
        "tomograms.gold_diameter=60",
        "tomograms.background_picks=4",
    )
    return read_recipe(None, files, (f"kind={kind}", *common, *sizes, *settings))
