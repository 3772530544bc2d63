"""A campaign of the size one asks for, with a query, made in a folder of its own."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import mrcfile
import numpy as np

from cryoal.campaign import Campaign
from cryoal.campaign.cycle import select
from cryoal.campaign.map_file import STEPS, Kept, write_kept
from cryoal.campaign.predictions_table import columns_of
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from cryoal.seeds import stream

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (128, 512, 512)
SPACING = 10.0


def make_campaign(folder: Path, *, n_boxes: int, box: int, n_asked: int) -> Campaign:
    """Noise of int8, boxes anywhere in it, and `n_asked` of them asked at random."""
    rng = stream(0, "benchmarks-review", n_boxes, box)
    tomogram = folder / "noise.mrc"
    with mrcfile.new(tomogram) as file:
        noise = rng.standard_normal(SHAPE, dtype=np.float32)
        file.set_data(np.clip(np.rint(30 * noise), -127, 127).astype(np.int8))
        file.voxel_size = SPACING
    margin = box // 2
    low, high = np.full(3, margin), np.array(SHAPE) - margin
    zyx = rng.integers(low, high, size=(n_boxes, 3))
    picks = folder / "picks.csv"
    rows = [f"noise/{i},noise,{x},{y},{z}" for i, (z, y, x) in enumerate(zyx.tolist())]
    picks.write_text("\n".join(["particle,tomogram,x_voxel,y_voxel,z_voxel", *rows, ""]))
    # at random: descriptors of 100,000 boxes, which are not measured here, would take long
    settings = [f"pool.box={box}", 'query.first="random"', 'classifier.use="pair"']
    config = make_config(["wall", "lumen", "background"], settings=settings)
    campaign = Campaign.create(folder / "campaign", config)
    extract(campaign.pool_path, [tomogram], read_picks(picks), box=box, density="white")
    select(campaign, n_asked)
    return campaign


def classified(path: Path) -> Campaign:
    """The campaign with a table of random probabilities, and with a map of random places."""
    campaign = Campaign.open(path)
    rng, n = stream(0, "benchmarks-review-pages"), len(campaign.pool)
    classes = campaign.config.classes
    posterior = rng.dirichlet([0.4] * len(classes), n).round(4).tolist()
    with (path / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns_of(classes))
        for key, p in zip(campaign.pool.keys, posterior, strict=True):
            best = classes[max(range(len(classes)), key=p.__getitem__)]
            rows.writerow([key, best, "classifier", "heads", *p, "", "", "0.5", ""])
    places = rng.integers(0, STEPS + 1, (n, 2))
    write_kept(path, Kept("descriptors", 0, n, n, {}, np.arange(n), places))
    return campaign
