"""``python -m benchmarks.scoring``: measure, print, append to results/scoring.csv.

Teacher and student score the same boxes, a different number at a time, each in a child process of
its own, in turns. `ratio` is the processor time of 128 at a time over that of this row, both the
least of the rounds of this run; `same_bits`, whether the posteriors are those of 128 at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import rows

SIZES = (2, 4, 8, 16, 32, 64, 128)


def measure(preset: str, box: int, at_once: int, n: int, threads: int) -> dict[str, float]:
    """What the child tells."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "kernels")])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "benchmarks.scoring.child", preset]
    command += [str(number) for number in (box, at_once, n)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--preset", default="laptop")
    parser.add_argument("--box", type=int, default=32)
    parser.add_argument("--n", type=int, default=256, help="boxes")
    parser.add_argument("--at-once", type=int, nargs="*", default=SIZES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "torch")
    about["load"] = f"{os.getloadavg()[0]:.1f}"  # of other work, before ours
    for name in ("threads", "preset", "box", "n"):
        about[name] = str(getattr(arguments, name))
    sizes = [0, *arguments.at_once]  # 0: what cryoal chooses
    tries = [
        [
            measure(arguments.preset, arguments.box, size, arguments.n, arguments.threads)
            for size in sizes
        ]
        for _ in range(arguments.rounds)
    ]
    best = [min(same, key=lambda told: told["cpu_seconds"]) for same in zip(*tries, strict=True)]
    old = best[-1]
    found = []
    for size, told in zip(sizes, best, strict=True):
        row: dict[str, object] = {"chosen": "by cryoal" if size == 0 else ""}
        row["at_once"] = told["at_once"]
        row["cpu_milliseconds_a_box"] = f"{told['cpu_seconds'] / arguments.n * 1e3:.3f}"
        row["ratio"] = f"{old['cpu_seconds'] / told['cpu_seconds']:.3f}"
        row["system_share"] = f"{told['system_share']:.3f}"
        row["faults_a_box"] = f"{told['faults_a_box']:.0f}"
        row["peak_gigabytes"] = f"{told['peak_gigabytes']:.2f}"
        row["same_bits"] = told["bits"] == old["bits"]
        found.append(about | row)
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    rows.append("scoring", found)


if __name__ == "__main__":
    main()
