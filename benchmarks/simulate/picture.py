"""The picture of docs/simulate.md: ``python -m benchmarks.simulate.picture OUT.png``.

Above slices of the tomogram of ``benchmarks/paper/tomograms.toml``; below boxes of the 50c-like
set, one class a column: without noise, with some, and as they are, but for offsets of up to 3
voxels instead of 8.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import mrcfile
import numpy as np
from PIL import Image

from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.open import open_volume
from cryoal.simulate.recipe import read_recipe
from cryoal.simulate.run import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cryoal.simulate.run import Simulated

PAPER = Path(__file__).parents[1] / "paper"
CLASSES = ("4v4r", "3j9i", "6pxm", "2uv8", "1bxn", "4zxb", "7tmr", "1s3x")
SLICE = 118  # with a bead in it
NOISES = {
    "no noise": ["noise.definition=none"],
    "plain SNR 0.5": ["noise.definition=power", "noise.snr=0.5"],
    "published SNR 0.05": ["noise.definition=published", "noise.snr=0.05"],
}


def show(axes: Axes, image: NDArray[np.float32], title: str = "", side: str = "") -> None:
    """A slice in grey, its extreme half per cent cut off."""
    low, high = np.percentile(image, [0.5, 99.5])
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest", aspect="equal")
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=8)
    axes.set_ylabel(side, fontsize=8)


def boxes_of(made: Simulated) -> dict[str, NDArray[np.float32]]:
    """The first box of each class, cut at its pick."""
    with made.truth.open(newline="") as file:
        label = {row["key"]: row["label"] for row in csv.DictReader(file)}
    picks = read_picks(made.picks, tomograms=made.tomograms_star)
    found: dict[str, NDArray[np.float32]] = {}
    for path in made.tomograms:
        with open_volume(path) as volume:
            places = picks.locate(path.stem, picks.geometry(path.stem, volume))
            corners = np.rint(places.position_zyx_angstrom / volume.voxel_spacing).astype(int) - 16
            for key, corner in zip(picks.keys(path.stem), corners, strict=True):
                if label[key] not in found:
                    box = volume.read(corner.tolist(), (corner + 32).tolist())
                    found[label[key]] = box.astype(np.float32)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    figure = plt.figure(figsize=(8.5, 9.6), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.45, 1))
    with tempfile.TemporaryDirectory() as folder:
        recipe = read_recipe(PAPER / "tomograms.toml", settings=["tomograms.count=1"])
        made = simulate(recipe, Path(folder) / "tomograms")
        volume = mrcfile.read(made.tomograms[0]).astype(np.float32)
        grid = above.add_gridspec(2, 1, height_ratios=(280, 110))
        show(above.add_subplot(grid[0]), volume[SLICE, 200:480], "a tomogram, xy: one slice")
        # three slices together, so that the wedge shows
        show(above.add_subplot(grid[1]), volume[45:155, 239:242].mean(axis=1), "xz: three slices")
        axes = below.subplots(len(NOISES), len(CLASSES))
        for number, (name, settings) in enumerate(NOISES.items()):
            few = ["subtomograms.per_class=2", "subtomograms.test_per_class=0"]
            offset = ["subtomograms.offset=3"]
            recipe = read_recipe(PAPER / "50c-like.toml", settings=[*few, *offset, *settings])
            boxes = boxes_of(simulate(recipe, Path(folder) / name))
            for place, (panel, label) in enumerate(zip(axes[number], CLASSES, strict=True)):
                title = label if number == 0 else ""
                show(panel, boxes[label][16], title, name if place == 0 else "")
    figure.savefig(out, dpi=100)
    # noise compresses badly: 24 shades of grey keep the page light
    Image.open(out).convert("L").quantize(24).save(out, optimize=True)


if __name__ == "__main__":
    main()
