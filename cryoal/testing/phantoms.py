"""Phantom data sets on disk, as a user would bring them: MRC tomograms, STAR picks, the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cryoal import seeds
from cryoal.simulate.files import Candidates, Optics, write_tables, write_tomogram
from cryoal.testing.tomograms import make_phantom

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["PhantomFiles", "write_phantoms"]


@dataclass(frozen=True)
class PhantomFiles:
    """What :func:`write_phantoms` wrote."""

    tomograms: tuple[Path, ...]
    picks: Path
    """RELION 5 STAR: candidates of all tomograms, without their classes."""
    tomograms_star: Path
    truth: Path
    """CSV, ``key,label``: the class of every candidate."""
    classes: tuple[str, ...]


def write_phantoms(
    folder: Path,
    *,
    n_tomograms: int = 3,
    shape: tuple[int, int, int] = (64, 192, 192),
    classes: Sequence[str] = ("ring", "rod", "background"),
    per_class: int | Mapping[str, int] = 50,
    voxel_spacing: float = 10.0,
    margin: int = 8,
    distance: float = 150.0,
    snr: float = 6.0,
    tilt_range: float = 60.0,
    resolution: float = 25.0,
    pick_error: float = 5.0,
    density: Literal["white", "black"] = "black",
    dtype: Literal["int16", "float16", "float32"] = "int16",
    seed: int = 0,
) -> PhantomFiles:
    """Tomograms of idealised particles with candidate picks, and the class of each for the oracle.

    The default is the data set of ``cryoal demo``: three tomograms of 4.7 MB, 450 candidates. For
    tests, ``n_tomograms=2, shape=(32, 64, 64), per_class=6, distance=120`` takes 0.1 s.

    Parameters
    ----------
    folder
        Where ``TS_01.mrc`` ..., ``candidates.star``, ``tomograms.star`` and ``truth.csv`` go.
    classes, per_class
        Names of :data:`~cryoal.testing.shapes.SHAPES` or ``background`` (picks on empty ice), and
        how many of each there are in each tomogram, a number for all or one for each.
    pick_error
        Standard deviation of the picks about the true centres along each axis, angstrom.
    density
        ``black``: particles are darker than ice, as a reconstruction comes from most programs.
    shape, voxel_spacing, margin, distance, snr, tilt_range, resolution
        As in :func:`~cryoal.testing.tomograms.make_phantom`.

    Raises
    ------
    ValueError
        As in :func:`~cryoal.testing.tomograms.make_phantom`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"TS_{number:02d}" for number in range(1, n_tomograms + 1)]
    paths = tuple(folder / f"{name}.mrc" for name in names)
    candidates: list[Candidates] = []
    for name, path in zip(names, paths, strict=True):
        phantom = make_phantom(
            dict.fromkeys(classes, per_class) if isinstance(per_class, int) else per_class,
            seeds.stream(seed, "phantom", name),
            shape=shape,
            voxel_spacing=voxel_spacing,
            margin=margin,
            distance=distance,
            snr=snr,
            tilt_range=tilt_range,
            resolution=resolution,
        )
        sign = 1.0 if density == "white" else -1.0
        write_tomogram(path, sign * phantom.volume, voxel_spacing, dtype)
        error = seeds.stream(seed, "pick error", name).normal(
            scale=pick_error, size=(len(phantom.labels), 3)
        )
        edge = (np.array(shape) - 1.0) * voxel_spacing
        picked = np.clip(phantom.position_zyx_angstrom + error, 0.0, edge)
        candidates.append(Candidates(name, shape, picked, phantom.angles, phantom.labels))
    files = write_tables(folder, candidates, voxel_spacing, Optics())
    return PhantomFiles(paths, files.picks, files.tomograms_star, files.truth, tuple(classes))
