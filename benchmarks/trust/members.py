"""One teacher or the mean of several: ``python -m benchmarks.trust.members run``.

For each draw of labels of the microtubule ten teachers that differ by seed (:mod:`.small`). Means
of 1, 3 and 5 of them, no teacher in two means: how alike are the sets ``wall at p >= 0.9`` that two
such means export of the other half of the axis, how many of them are walls, and how good is a
mean. Overlap: boxes in both sets over boxes in either. Rows of
results/trust_members.csv: one for each pair of means, and its number.
"""

from __future__ import annotations

import argparse
import time
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks import rows
from benchmarks.few_labels.data import folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import interval
from benchmarks.trust.small import SETTINGS, taught
from cryoal.scoring.predict import predict
from cryoal.seeds import stream_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

RESULT = "trust_members"
KEY = ("set", "n_labelled", "seed")
TEACHERS, SIZES, LEAST = 10, (1, 3, 5), 0.9
FIELD = "averaged_log_posterior"


def _cell(given: LabelledBoxes, n: int, seed: int) -> list[dict[str, object]]:
    pool, test = next(iter(folds(given)))
    labelled = at_random(pool, n, seed, 0)
    posterior, seconds = [], []
    for turn in range(TEACHERS):
        began = time.process_time()
        own_seed = stream_seed(seed, "member", turn)
        team, boxes = taught(given, labelled, np.setdiff1d(pool, labelled), own_seed)
        trained = time.process_time()
        found = predict(team, boxes, test, [FIELD])[FIELD]
        posterior.append(np.exp(found.astype(np.float64)))
        seconds.append((trained - began, time.process_time() - trained))
    train, look = np.mean(seconds, axis=0)
    truth = given.label[test]
    wall = given.classes.index("wall")
    out = []
    for size in SIZES:
        groups = [range(start, start + size) for start in range(0, TEACHERS - size + 1, size)]
        means = [np.mean([posterior[i] for i in group], axis=0) for group in groups]
        for pair, (one, other) in enumerate(combinations(means, 2)):
            sets = [_exported(p, wall) for p in (one, other)]
            either = sets[0] | sets[1]
            row: dict[str, object] = {"members": size, "pair": pair}
            row["overlap"] = f"{(sets[0] & sets[1]).sum() / max(1, either.sum()):.4f}"
            row["exported"] = int(sets[0].sum())
            row["right"] = int((truth[sets[0]] == wall).sum())
            row["accuracy"] = f"{(one.argmax(axis=1) == truth).mean():.4f}"
            nll = -np.log(np.maximum(one[np.arange(len(truth)), truth], 1e-6)).mean()
            out.append(row | {"log_loss": f"{nll:.4f}"})
    cost = {"train_seconds": f"{train:.2f}", "look_seconds": f"{look:.2f}"}
    return [row | cost for row in out]


def _exported(posterior: NDArray[np.float64], wall: int) -> NDArray[np.bool_]:
    return np.asarray((posterior.argmax(axis=1) == wall) & (posterior[:, wall] >= LEAST))


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    given = open_set("A", options.work)
    for seed in options.seeds:
        for n in options.labels:
            key = ("A", str(n), str(seed))
            if key not in done:
                about = rows.circumstances("numpy", "torch") | {"settings": SETTINGS}
                about |= dict(zip(KEY, key, strict=True))
                rows.append(RESULT, [about | row for row in _cell(given, n, seed)])
                print(*key, flush=True)


def table() -> str:
    """Means over draws of labels, each the mean of its pairs; 95 % intervals over draws."""
    found: dict[tuple[int, int], dict[str, list[dict[str, str]]]] = {}
    for row in rows.read(RESULT):
        cell = found.setdefault((int(row["n_labelled"]), int(row["members"])), {})
        cell.setdefault(row["seed"], []).append(row)
    lines = [
        "| labels | members | overlap of two exports | least | exported | right | accuracy"
        " | log loss | draws |",
        "|---:|---:|---|---:|---:|---:|---|---:|---:|",
    ]

    def of(draws: dict[str, list[dict[str, str]]], name: str) -> list[float]:
        return [float(np.mean([float(row[name]) for row in each])) for each in draws.values()]

    for (n, members), draws in sorted(found.items()):
        overlap, half = interval(of(draws, "overlap"))
        least = min(float(row["overlap"]) for each in draws.values() for row in each)
        accuracy, error = interval(of(draws, "accuracy"))
        exported, right = np.mean(of(draws, "exported")), np.mean(of(draws, "right"))
        lines.append(
            f"| {n} | {members} | {overlap:.2f} ± {half:.2f} | {least:.2f} | {exported:.0f} |"
            f" {right / max(exported, 1):.3f} | {accuracy:.3f} ± {error:.3f} |"
            f" {np.mean(of(draws, 'log_loss')):.3f} | {len(draws)} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust.members", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 16)))
    parser.add_argument("--labels", nargs="*", type=int, default=[26, 52])
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
