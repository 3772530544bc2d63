"""Accuracy against labels on a real tomogram of a microtubule, for each strategy.

Usage: ``python -m benchmarks.real.microtubule run`` (resumes), then ``table`` and ``figure``.

The tomogram (36 x 206 x 94 voxels of 10.52 A) has 1,300 candidates: wall, lumen, background. Those
on one side of the middle of the microtubule's axis (y) are the pool, those on the other side the
test set; candidates within one box of the border are in neither, so that no test box overlaps a
box that could be learned from.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.measure import interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign import Campaign

DATA = Path(os.environ.get("CRYOAL_TEST_DATA", "../shared/data")) / "microtubule"
RESULT = "microtubule"
STRATEGIES = ("knowledge-transfer", "random", "entropy", "margin")
SEEDS = range(5)
CLASSES = ("wall", "lumen", "background")
BOX, CYCLES, PER_CYCLE = 16, 5, 26  # 130 labels in all
MIDDLE = 206 / 2  # voxels along y


@dataclass(frozen=True)
class Split:
    """The files of the campaign: candidates of both sides, and the truth of each side."""

    picks: Path
    pool_truth: Path
    test_truth: Path


def split(folder: Path) -> Split:
    """Write the picks without those near the border, and the truth of both sides, to `folder`."""
    from cryoal.io.star import read_star, write_star

    with (DATA / "13pf_truth.csv").open(newline="") as file:
        truth = {row["particle"]: row for row in csv.DictReader(file)}
    offset = {key: float(row["y_voxel"]) - MIDDLE for key, row in truth.items()}
    sides = {
        "pool": [key for key, y in offset.items() if y < -BOX / 2],
        "test": [key for key, y in offset.items() if y > BOX / 2],
    }
    for name, keys in sides.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["key", "label"])
            writer.writerows([key, truth[key]["class"]] for key in keys)
    blocks = read_star(DATA / "13pf_candidates_relion5.star")
    particles = blocks["particles"]
    wanted = {*sides["pool"], *sides["test"]}
    kept = [i for i, key in enumerate(particles["rlnTomoParticleName"]) if key in wanted]
    blocks["particles"] = {name: [cells[i] for i in kept] for name, cells in particles.items()}
    write_star(folder / "picks.star", blocks)
    return Split(folder / "picks.star", folder / "pool.csv", folder / "test.csv")


def make_campaign(folder: Path, settings: Sequence[str]) -> tuple[Campaign, Split]:
    """A campaign with the candidates of both sides, in `folder`, and the files of :func:`split`."""
    from cryoal.campaign import Campaign
    from cryoal.config import make_config
    from cryoal.data.extract import extract
    from cryoal.io.picks.read import read_picks

    files = split(folder)
    wanted = [f"pool.box={BOX}", *settings]
    campaign = Campaign.create(folder / "campaign", make_config(CLASSES, "laptop", wanted))
    picks = read_picks(files.picks, tomograms=DATA / "13pf_tomograms.star")
    extract(campaign.pool_path, [DATA / "13pf_MT.mrc"], picks, box=BOX, density="white")
    return campaign, files


def run_cell(strategy: str, seed: int, settings: Sequence[str]) -> list[dict[str, object]]:
    """One campaign: a row for each point of its learning curve."""
    import torch

    from cryoal.campaign.loop import simulate

    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp(prefix="microtubule-"))
    try:
        wanted = [f"seed={seed}", f"query.strategy={strategy}", *settings]
        campaign, files = make_campaign(folder, wanted)
        began = time.perf_counter()
        points = simulate(
            campaign,
            files.pool_truth,
            cycles=CYCLES,
            m=PER_CYCLE,
            test_oracle=files.test_truth,
        )
        seconds = time.perf_counter() - began
        n_pool, n_test = len(campaign.pool), len(campaign.test_labels())
    finally:
        shutil.rmtree(folder)
    return [
        {
            "strategy": strategy,
            "seed": seed,
            "settings": " ".join(settings),
            "n_candidates": n_pool - n_test,
            "n_test": n_test,
            "n_labelled": point.n_labelled,
            "accuracy": f"{point.accuracy:.4f}",
            "macro_f1": f"{point.macro_f1:.4f}",
            "campaign_seconds": f"{seconds:.1f}",
        }
        for point in points
    ]


def run(strategies: Sequence[str], seeds: Sequence[int], settings: Sequence[str]) -> None:
    """Every cell that is not in the results yet, two at a time."""
    done = {(r["strategy"], r["seed"], r["settings"]) for r in rows.read(RESULT)}
    said = " ".join(settings)
    cells = [(s, k) for k in seeds for s in strategies if (s, str(k), said) not in done]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        jobs = [workers.submit(run_cell, s, k, settings) for s, k in cells]
        for number, job in enumerate(as_completed(jobs), start=1):
            measured = job.result()
            facts = rows.circumstances("torch", "monai", "numpy")
            rows.append(RESULT, [{**facts, **row} for row in measured])
            last = measured[-1]
            print(
                f"{number}/{len(jobs)} {last['strategy']} seed {last['seed']}: {last['accuracy']}"
            )


def curves(settings: str = "") -> dict[str, dict[int, list[tuple[float, float]]]]:
    """Accuracy and macro-F1 of every seed, by strategy and number of labels."""
    found: dict[str, dict[int, list[tuple[float, float]]]] = {}
    for row in rows.read(RESULT):
        if row["settings"] == settings:
            points = found.setdefault(row["strategy"], {}).setdefault(int(row["n_labelled"]), [])
            points.append((float(row["accuracy"]), float(row["macro_f1"])))
    return {name: found[name] for name in STRATEGIES if name in found}


def table(settings: str = "") -> str:
    """The learning curves as a Markdown table: accuracy / macro-F1, mean and 95 % interval."""
    found = curves(settings)
    labels = sorted({n for points in found.values() for n in points})
    lines = ["| labels | " + " | ".join(found) + " |", "|---:|" + "---|" * len(found)]
    for n in labels:
        cells = []
        for points in found.values():
            (accuracy, a), (f1, f) = (interval(v) for v in zip(*points[n], strict=True))
            cells.append(f"{accuracy:.3f} ± {a:.3f} / {f1:.3f} ± {f:.3f}")
        lines.append(f"| {n} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def figure(path: Path, settings: str = "") -> None:
    """Draw the curves with their intervals to `path`."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(6, 3.8), layout="constrained")
    markers = dict(zip(STRATEGIES, "osD^", strict=True))
    colours = dict(zip(STRATEGIES, ("#0072b2", "#666666", "#d55e00", "#009e73"), strict=True))
    for place, (name, points) in enumerate(curves(settings).items()):
        labels = sorted(points)
        pairs = [interval([accuracy for accuracy, _ in points[n]]) for n in labels]
        means, halves = zip(*pairs, strict=True)
        shifted = np.array(labels) + (place - 1.5) * 0.7  # so that bars do not hide each other
        style = {"marker": markers[name], "color": colours[name], "capsize": 2.5, "lw": 1.4}
        axes.errorbar(shifted, means, halves, label=name, **style)
    axes.set(xlabel="labelled boxes", ylabel="accuracy on the other half of the microtubule")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    fig.savefig(path, dpi=150)


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark's command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real.microtubule")
    parser.add_argument("what", choices=["run", "table", "figure"])
    parser.add_argument("--strategies", nargs="*", default=list(STRATEGIES))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--set", nargs="*", default=[], dest="settings")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images/microtubule.png"))
    chosen = parser.parse_args(arguments)
    if chosen.what == "run":
        run(chosen.strategies, chosen.seeds, chosen.settings)
    elif chosen.what == "table":
        print(table(" ".join(chosen.settings)))
    else:
        chosen.output.parent.mkdir(parents=True, exist_ok=True)
        figure(chosen.output, " ".join(chosen.settings))


if __name__ == "__main__":
    main(sys.argv[1:])
