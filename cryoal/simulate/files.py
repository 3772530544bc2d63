"""Simulated tomograms on disk, as real ones come: MRC, RELION 5 STAR files, and the truth."""

from __future__ import annotations

import csv
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mrcfile
import numpy as np

from cryoal import records
from cryoal.errors import SimulationError
from cryoal.io.star import StarTable, write_star

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "Candidates",
    "Optics",
    "SetFiles",
    "new_folder",
    "write_labels",
    "write_tables",
    "write_tomogram",
    "write_volume",
]

BINNING = 4  # of the tomogram against the tilt series, in the STAR files
SCALE = 500.0  # integers per standard deviation of the noise, for int16


@dataclass(frozen=True)
class Candidates:
    """The picks of one tomogram; row i of each array is pick i."""

    name: str
    """Of the tomogram."""
    shape: tuple[int, int, int]
    position_zyx_angstrom: NDArray[np.float64]
    """Where the picks are, ``(n, 3)``."""
    angles: NDArray[np.float64]
    """``(n, 3)`` RELION's rot, tilt, psi in degrees."""
    labels: tuple[str, ...]

    def keys(self) -> list[str]:
        """What the picks are called: the tomogram and a number from 1."""
        return [f"{self.name}/{number}" for number in range(1, len(self.labels) + 1)]


@dataclass(frozen=True)
class Optics:
    """What the table of optics says."""

    voltage: float = 300.0
    """Kilovolts."""
    spherical_aberration: float = 2.7
    """Millimeters."""
    amplitude_contrast: float = 0.1


@dataclass(frozen=True)
class SetFiles:
    """The tables that go with the tomograms of a set."""

    picks: Path
    """RELION 5 STAR: candidates of all tomograms, without their classes."""
    tomograms_star: Path
    truth: Path
    """CSV, ``key,label``: the class of every candidate."""


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` that becomes `path` when the block ends without an error.

    Raises
    ------
    SimulationError
        There is something at `path` already.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise SimulationError(f"expected a new or an empty directory, found something in {path}")
    path = path.resolve()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_tomogram(
    path: Path, volume: NDArray[np.floating[Any]], voxel_spacing: float, dtype: str
) -> None:
    """Write one MRC volume, in one step and flushed; see :func:`write_volume`."""
    with records.replacing(path) as temporary:
        write_volume(temporary, volume, voxel_spacing, dtype)


def write_volume(
    path: Path, volume: NDArray[np.floating[Any]], voxel_spacing: float, dtype: str
) -> None:
    """Write one MRC volume; int16 holds 500ths of what is given, at most +-65."""
    if dtype == "int16":
        volume = np.clip(np.rint(SCALE * volume), -32768, 32767)
    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(volume.astype(dtype))
        file.set_volume()
        file.voxel_size = voxel_spacing


def write_tables(
    folder: Path,
    candidates: Sequence[Candidates],
    voxel_spacing: float,
    optics: Optics,
) -> SetFiles:
    """Write ``candidates.star``, ``tomograms.star`` and ``truth.csv`` of a set of tomograms."""
    files = SetFiles(folder / "candidates.star", folder / "tomograms.star", folder / "truth.csv")
    particles: dict[str, list[str]] = {}
    for tomogram in candidates:
        for column, cells in _rows(tomogram, voxel_spacing).items():
            particles.setdefault(column, []).extend(cells)
    write_star(
        files.picks, {"optics": _optics(voxel_spacing, optics), "particles": dict(particles)}
    )
    write_star(files.tomograms_star, {"global": _tomograms(candidates, voxel_spacing)})
    write_labels(
        files.truth, [row for c in candidates for row in zip(c.keys(), c.labels, strict=True)]
    )
    return files


def write_labels(path: Path, rows: Sequence[tuple[str, str]]) -> None:
    """Write keys with their classes as CSV, ``key,label``."""
    with (
        records.replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        csv.writer(file, lineterminator="\n").writerows([("key", "label"), *rows])


def _rows(tomogram: Candidates, voxel_spacing: float) -> StarTable:
    """Rows of the particles block; RELION 5 counts angstrom from half the tomogram's size."""
    picked = tomogram.position_zyx_angstrom
    centered = (picked - np.array(tomogram.shape) / 2 * voxel_spacing)[:, ::-1]  # (n, xyz)
    table: StarTable = {
        "rlnTomoName": [tomogram.name] * len(picked),
        "rlnTomoParticleName": tomogram.keys(),
    }
    for axis, values in zip("XYZ", centered.T, strict=True):
        table[f"rlnCenteredCoordinate{axis}Angst"] = [f"{value:.3f}" for value in values]
    for angle, values in zip(("Rot", "Tilt", "Psi"), tomogram.angles.T, strict=True):
        table[f"rlnAngle{angle}"] = [f"{value:.3f}" for value in values]
    table["rlnOpticsGroup"] = ["1"] * len(picked)
    return table


def _optics(voxel_spacing: float, optics: Optics) -> StarTable:
    return {
        "rlnOpticsGroup": ["1"],
        "rlnOpticsGroupName": ["opticsGroup1"],
        "rlnVoltage": [f"{optics.voltage:.3f}"],
        "rlnSphericalAberration": [f"{optics.spherical_aberration:.3f}"],
        "rlnAmplitudeContrast": [f"{optics.amplitude_contrast:.3f}"],
        "rlnTomoTiltSeriesPixelSize": [f"{voxel_spacing / BINNING:.6f}"],
    }


def _tomograms(candidates: Sequence[Candidates], voxel_spacing: float) -> StarTable:
    table: StarTable = {
        "rlnTomoName": [tomogram.name for tomogram in candidates],
        "rlnTomoTiltSeriesPixelSize": [f"{voxel_spacing / BINNING:.6f}"] * len(candidates),
        "rlnTomoTomogramBinning": [f"{BINNING:.6f}"] * len(candidates),
    }
    for place, axis in enumerate("ZYX"):
        sizes = [str(tomogram.shape[place] * BINNING) for tomogram in candidates]
        table[f"rlnTomoSize{axis}"] = sizes
    return table
