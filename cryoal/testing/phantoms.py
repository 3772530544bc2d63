"""Phantom data sets on disk, as a user would bring them: MRC tomograms, STAR picks, the truth."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import mrcfile
import numpy as np

from cryoal import records, seeds
from cryoal.io.star import StarTable, write_star
from cryoal.testing.tomograms import Phantom, make_phantom

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["PhantomFiles", "write_phantoms"]

BINNING = 4  # of the tomogram against the tilt series, in the STAR files
SCALE = 500.0  # integers per standard deviation of the noise, for int16


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
    per_class: int = 50,
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
        how many of each there are in each tomogram.
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
    particles: StarTable = {}
    truth: list[tuple[str, str]] = []
    for name, path in zip(names, paths, strict=True):
        phantom = make_phantom(
            dict.fromkeys(classes, per_class),
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
        _write_tomogram(path, sign * phantom.volume, voxel_spacing, dtype)
        error = seeds.stream(seed, "pick error", name).normal(
            scale=pick_error, size=(len(phantom.labels), 3)
        )
        edge = (np.array(shape) - 1.0) * voxel_spacing
        picked = np.clip(phantom.position_zyx_angstrom + error, 0.0, edge)
        rows = _rows(name, phantom, picked, shape, voxel_spacing)
        for column, cells in rows.items():
            particles.setdefault(column, []).extend(cells)
        truth += zip(rows["rlnTomoParticleName"], phantom.labels, strict=True)
    picks, table = folder / "candidates.star", folder / "tomograms.star"
    write_star(picks, {"optics": _optics(voxel_spacing), "particles": particles})
    write_star(table, {"global": _tomograms(names, shape, voxel_spacing)})
    with (
        records.replacing(folder / "truth.csv") as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        csv.writer(file, lineterminator="\n").writerows([("key", "label"), *truth])
    return PhantomFiles(paths, picks, table, folder / "truth.csv", tuple(classes))


def _write_tomogram(
    path: Path, volume: NDArray[np.float32], voxel_spacing: float, dtype: str
) -> None:
    stored = np.rint(SCALE * volume) if dtype == "int16" else volume
    with records.replacing(path) as temporary, mrcfile.new(temporary, overwrite=True) as file:
        file.set_data(stored.astype(dtype))
        file.set_volume()
        file.voxel_size = voxel_spacing


def _rows(
    name: str,
    phantom: Phantom,
    picked: NDArray[np.float64],
    shape: tuple[int, int, int],
    voxel_spacing: float,
) -> StarTable:
    """Rows of the particles block; RELION 5 counts angstrom from half the tomogram's size."""
    centered = (picked - np.array(shape) / 2 * voxel_spacing)[:, ::-1]  # (n, xyz)
    table: StarTable = {
        "rlnTomoName": [name] * len(picked),
        "rlnTomoParticleName": [f"{name}/{number}" for number in range(1, len(picked) + 1)],
    }
    for axis, values in zip("XYZ", centered.T, strict=True):
        table[f"rlnCenteredCoordinate{axis}Angst"] = [f"{value:.3f}" for value in values]
    for angle, values in zip(("Rot", "Tilt", "Psi"), phantom.angles.T, strict=True):
        table[f"rlnAngle{angle}"] = [f"{value:.3f}" for value in values]
    table["rlnOpticsGroup"] = ["1"] * len(picked)
    return table


def _optics(voxel_spacing: float) -> StarTable:
    return {
        "rlnOpticsGroup": ["1"],
        "rlnOpticsGroupName": ["opticsGroup1"],
        "rlnVoltage": ["300.000"],
        "rlnSphericalAberration": ["2.700"],
        "rlnAmplitudeContrast": ["0.100"],
        "rlnTomoTiltSeriesPixelSize": [f"{voxel_spacing / BINNING:.6f}"],
    }


def _tomograms(
    names: Sequence[str], shape: tuple[int, int, int], voxel_spacing: float
) -> StarTable:
    table: StarTable = {
        "rlnTomoName": list(names),
        "rlnTomoTiltSeriesPixelSize": [f"{voxel_spacing / BINNING:.6f}"] * len(names),
        "rlnTomoTomogramBinning": [f"{BINNING:.6f}"] * len(names),
    }
    for axis, size in zip("ZYX", shape, strict=True):
        table[f"rlnTomoSize{axis}"] = [str(size * BINNING)] * len(names)
    return table
