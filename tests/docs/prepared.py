"""The files that the how-tos begin with."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.star import read_star
from cryoal.testing.phantoms import write_phantoms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PREPARED"]

SHAPE = (32, 96, 96)
WIDE = (32, 144, 144)
SIZE = {"n_tomograms": 3, "shape": SHAPE, "distance": 130.0}


def phantoms(folder: Path) -> dict[str, str]:
    """Rings, rods and picks on empty ice; the class of each by its key."""
    files = write_phantoms(folder / "data", per_class=10, **SIZE)  # type: ignore[arg-type]
    with files.truth.open(newline="") as file:
        return {row["key"]: row["label"] for row in csv.DictReader(file)}


def half(folder: Path) -> dict[str, str]:
    """The same, in two files of picks: two tomograms, and the one that comes later."""
    truth = phantoms(folder)
    lines = (folder / "data" / "candidates.star").read_text().splitlines(keepends=True)
    for name, others in (("first", ("TS_03",)), ("second", ("TS_01", "TS_02"))):
        text = "".join(line for line in lines if not line.startswith(others))
        (folder / "data" / f"{name}.star").write_text(text)
    return truth


def matches(folder: Path) -> dict[str, str]:
    """What template matching gives: rings among much else, with a score, as CSV."""
    files = write_phantoms(
        folder / "data",
        per_class={"ring": 4, "rod": 25, "background": 45},
        n_tomograms=3,
        shape=WIDE,
        distance=100.0,
    )
    with files.truth.open(newline="") as file:
        kinds = [row["label"] for row in csv.DictReader(file)]
    particles = read_star(files.picks)["particles"]
    places = [
        np.array(particles[f"rlnCenteredCoordinate{axis}Angst"], np.float64) + 10.0 * size / 2
        for axis, size in zip("XYZ", reversed(WIDE), strict=True)
    ]
    rng = np.random.default_rng(0)
    truth: dict[str, str] = {}
    with (folder / "data" / "matches.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["particle", "tomogram", "x_angstrom", "y_angstrom", "z_angstrom", "score"])
        for row, kind in enumerate(kinds):
            key = particles["rlnTomoParticleName"][row]
            x, y, z = (values[row] for values in places)
            score = rng.uniform(0.3, 0.6) if kind == "ring" else rng.uniform(0.05, 0.5)
            place = (f"{x:.2f}", f"{y:.2f}", f"{z:.2f}")
            table.writerow([key, key.split("/")[0], *place, f"{score:.3f}"])
            truth[key] = "ring" if kind == "ring" else "junk"
    return truth


PREPARED: dict[str, Callable[[Path], dict[str, str]]] = {
    "phantoms": phantoms,
    "half": half,
    "matches": matches,
}
"""What stands behind ``tried:`` in a how-to."""
