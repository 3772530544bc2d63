"""The picture of docs/descriptors.md: ``python -m benchmarks.descriptors.picture OUT.png``.

A row for each class of pick on the real microtubule, the mean over its boxes as a pale line and one
box as a dark one; from left to right what the formulas look at.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import torch

from benchmarks.real.microtubule import BOX, CLASSES, DATA
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.descriptors.base import Seen
from cryoal.descriptors.describe import describe
from cryoal.descriptors.solid_harmonics import moduli
from cryoal.descriptors.zones import FIRST_ZONED, STEP
from cryoal.io.picks.read import read_picks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

COLOURS = {"wall": "tab:blue", "lumen": "tab:orange", "background": "tab:green"}
SCALES = (1.0, 2.0)  # voxels
WAVES = np.arange(FIRST_ZONED, BOX // 2 + 1, STEP)
ZONED = len(WAVES)
SHOWN = {"wall": 40, "lumen": 40, "background": 60}
"""Which box of each class is shown."""


def boxes_by_class() -> dict[str, NDArray[np.float32]]:
    """Normalised boxes ``(n, 16, 16, 16)`` of each class."""
    with (DATA / "13pf_truth.csv").open(newline="") as file:
        truth = {row["particle"]: row["class"] for row in csv.DictReader(file)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pool.zarr"
        picks = read_picks(
            DATA / "13pf_candidates_relion5.star", tomograms=DATA / "13pf_tomograms.star"
        )
        extract(path, [DATA / "13pf_MT.mrc"], picks, box=BOX, density="white")
        pool = Pool.open(path)
        label = np.array([truth[key] for key in pool.keys.tolist()])
        return {name: pool.read_normalised(np.flatnonzero(label == name)) for name in CLASSES}


def slab(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The middle three xy slices, averaged."""
    middle = len(box) // 2
    return np.asarray(box[middle - 1 : middle + 2].mean(axis=0))


def show(axes: Axes, image: NDArray[np.float32], low: float, high: float) -> None:
    """A slice in grey."""
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    axes.set(xticks=[], yticks=[])


def main(out: Path) -> None:
    """Draw it."""
    boxes = boxes_by_class()
    figure, panels = plt.subplots(len(CLASSES), 5, figsize=(11, 6.2), layout="constrained")
    titles = (
        "the box\n(3 slices, x to the right)",
        "density by distance\nfrom the pick",
        "power by fineness of detail\n(along z, y, x)",
        "edges and spots of 1 voxel\n(wavelets, degree 1)",
        "of 2 voxels",
    )
    for axes, title in zip(panels[0], titles, strict=True):
        axes.set_title(title, fontsize=9)
    for row, name in zip(panels, CLASSES, strict=True):
        some = torch.from_numpy(boxes[name])
        one = SHOWN[name]
        row[0].set_ylabel(name, fontsize=11)
        show(row[0], slab(boxes[name][one]), -3, 3)
        told = {block: rows.numpy() for block, rows in describe(some, ["shells", "zones"]).items()}
        shells = BOX // 2
        distance = np.arange(shells)
        weight = np.sqrt(np.bincount(np.rint(_distance(BOX)).astype(int).ravel())[:shells])
        means = told["shells"][:, :shells]
        for rows, style in ((means.mean(axis=0), 0.35), (means[one], 1)):
            row[1].plot(distance, rows / weight, color=COLOURS[name], alpha=style)
        row[1].set(ylim=(-1.5, 2.5))
        row[1].axhline(0, color="0.8", lw=0.8, zorder=0)
        zones = told["zones"].mean(axis=0)[-3 * ZONED :].reshape(ZONED, 3)
        for zone, axis, dash in zip(zones.T, "zyx", ("-", "--", ":"), strict=True):
            row[2].plot(WAVES, zone, dash, color=COLOURS[name], label=axis)
        row[2].set(ylim=(-2, 5))
        row[2].legend(fontsize=7, frameon=False)
        seen = Seen(some[one : one + 1])
        for axes, scale in zip(row[3:], SCALES, strict=True):
            found = moduli(seen.boxes, scale, 1).squares[0].sqrt().view(BOX, BOX, BOX).numpy()
            show(axes, slab(found), 0, 3 * scale)
    panels[-1][1].set_xlabel("voxels", fontsize=8)
    panels[-1][2].set_xlabel("waves in the box", fontsize=8)
    for axes in panels[:, 1:3].ravel():
        axes.tick_params(labelsize=7)
    figure.savefig(out, dpi=110)


def _distance(side: int) -> NDArray[np.float64]:
    axis = np.arange(side) - side // 2
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    return np.asarray(np.sqrt(z * z + y * y + x * x))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
