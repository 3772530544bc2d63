"""``python -m benchmarks.reliability.flips``: flip single bits of what cryoal wrote, and read on.

A small campaign with every kind of file is made, one bit of one of its files is flipped, and all
that the campaign holds is read as the commands read it: boxes, columns, labels, queries, reports,
weights, predictions. A flip is *refused* (one line names the file), *made anew* (refused, in what
can be made again), *harmless* (everything read is the same) or UNNOTICED. ``campaign.toml`` and
``query.csv`` are the user's to edit and are left out.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cryoal.campaign.campaign import Campaign
from cryoal.campaign.cycle import select
from cryoal.campaign.predictions import are_current, classify, read_predictions
from cryoal.campaign.query import read_query
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.errors import CryoALError
from cryoal.io.picks.read import read_picks
from cryoal.records import read_json
from cryoal.testing.phantoms import write_phantoms
from cryoal.training.checkpoint import load_team

SETTINGS = (
    "pool.box=8",
    "model.width=2",
    "train.epochs=1",
    "train.batch_size=8",
    "augment.shift=0",
)
USERS = ("campaign.toml", "query.csv")


def make(folder: Path) -> Path:
    """A campaign of two imports, two answered cycles, a test set and a classification."""
    files = write_phantoms(folder / "data", n_tomograms=2, shape=(32, 80, 80), per_class=6)
    path = folder / "campaign"
    campaign = Campaign.create(path, make_config(files.classes, "laptop", SETTINGS))
    picks = read_picks(files.picks, tomograms=files.tomograms_star)
    for tomogram in files.tomograms:
        extract(campaign.pool_path, [tomogram], picks, box=8)
    with files.truth.open(newline="") as file:
        truth = {row["key"]: row["label"] for row in csv.DictReader(file)}
    campaign = Campaign.open(path)
    campaign.reserve({str(key): truth[str(key)] for key in campaign.pool.keys[-3:]}, "truth.csv")
    for strategy in ("random", "knowledge-transfer"):
        keys = select(campaign, 8, strategy=strategy).keys()
        campaign.record("ana", [(key, truth[key]) for key in keys])
        campaign.record("ben", [(key, truth[key]) for key in keys[:4]])
    classify(campaign)
    return path


def everything(path: Path) -> dict[str, Any]:
    """All that is read from a campaign, in forms that can be compared."""
    campaign = Campaign.open(path)
    pool = campaign.pool
    teams = [
        (folder, load_team(folder, campaign.config, ["student"]))
        for folder in (campaign.path / "cycle_001", campaign.path / "model")
    ]
    predictions = read_predictions(campaign)
    cycles = campaign.cycles()
    return {
        "pool": [
            pool.keys.tolist(),
            pool.tomogram.tolist(),
            pool.position_zyx_angstrom.tolist(),
            pool.coordinate_zyx_angstrom.tolist(),
            pool.inside_fraction.tolist(),
            [record.to_json() for record in pool.tomograms],
            [[part.columns(), part.blocks()] for part in pool.parts],
            pool.read_normalised(np.arange(len(pool))).tobytes(),
        ],
        "labels": [asdict(campaign.standing()), [asdict(a) for a in campaign.labels.answers()]],
        "test": campaign.test_labels(),
        "queries": [asdict(read_query(folder)) for folder in cycles],
        "records": [
            read_json(file)
            for folder in (*cycles, campaign.path / "model")
            for file in sorted(folder.glob("*.json"))
        ],
        "weights": [
            (folder.name, role, name, tensor.numpy().tobytes())
            for folder, team in teams
            for role, model in team.models().items()
            for name, tensor in model.state_dict().items()
        ],
        "predictions": [
            predictions.keys,
            predictions.label,
            predictions.probability.tolist(),
            None if predictions.disagreement is None else predictions.disagreement.tolist(),
        ],
    }


def outcome(path: Path, file: Path, expected: dict[str, Any]) -> str:
    """What became of a flip in `file`."""
    try:
        found = everything(path)
        is_current = are_current(Campaign.open(path))
    except CryoALError:
        is_cache = file.parent.name == "model" or file.name.startswith("predictions.")
        return "made anew" if is_cache else "refused"
    if found != expected:
        changed = [name for name in expected if found[name] != expected[name]]
        return f"UNNOTICED in {', '.join(changed)}"
    return "harmless" if is_current else "made anew"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="cryoal-flips-") as folder:
        path = make(Path(folder))
        files = [p for p in sorted(path.rglob("*")) if p.is_file() and p.stat().st_size]
        files = [p for p in files if p.name not in USERS and p.parent.name != "pool.zarr"]
        expected = everything(path)
        counts: Counter[tuple[str, str]] = Counter()
        for number in range(arguments.flips):
            file = files[number % len(files)]
            whole = file.read_bytes()
            place, bit = int(rng.integers(len(whole))), int(rng.integers(8))
            flipped = bytearray(whole)
            flipped[place] ^= 1 << bit
            file.write_bytes(flipped)
            came = outcome(path, file, expected)
            file.write_bytes(whole)
            counts[str(file.relative_to(path)), came] += 1
            if came.startswith("UNNOTICED"):
                print(f"{file.relative_to(path)} byte {place} bit {bit}: {came}")
    for (name, came), n in sorted(counts.items()):
        print(f"{n:4} {came:10} {name}")
    total: Counter[str] = Counter()
    for (_, came), n in counts.items():
        total[came.split()[0]] += n
    print(f"{arguments.flips} flips:", ", ".join(f"{n} {came}" for came, n in total.most_common()))


if __name__ == "__main__":
    main()
