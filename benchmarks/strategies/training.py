"""``python -m benchmarks.strategies.training``: what companions add to the time of training.

One fit of 100 boxes of 16^3 by the laptop preset at half its width, for the teacher alone and with
each companion, in turn, three times; medians, in results/companions.csv.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks import rows
from cryoal.companions import COMPANIONS
from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.testing.array_pool import blob_pool
from cryoal.training.fit import fit_team

N, MORE, REPEATS = 100, 400, 3


def seconds(companions: list[str]) -> float:
    """Of one fit."""
    pool, targets = blob_pool(N + MORE, 16, 3)
    config = make_config(["a", "b", "c"], settings=["pool.box=16", "model.width=8"])
    team = build_team(config, companions, seed=0)
    start = time.perf_counter()
    fit_team(
        team,
        pool,
        np.arange(N),
        targets[:N],
        config,
        seed=0,
        unlabelled=np.arange(N, N + MORE),
    )
    return time.perf_counter() - start


def main() -> None:
    found: dict[str, list[float]] = {"none": [], **{name: [] for name in COMPANIONS.builtins}}
    for _ in range(REPEATS):
        for name, times in found.items():
            times.append(seconds([] if name == "none" else [name]))
    alone = statistics.median(found["none"])
    about = rows.circumstances("torch")
    made = [
        about
        | {
            "companion": name,
            "seconds": f"{statistics.median(times):.2f}",
            "times_teacher_alone": f"{statistics.median(times) / alone:.2f}",
        }
        for name, times in found.items()
    ]
    rows.append("companions", made)
    for row in made:
        print(f"{row['companion']:16} {row['seconds']:>7} s  {row['times_teacher_alone']}")


if __name__ == "__main__":
    main()
