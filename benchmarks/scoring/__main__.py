"""``python -m benchmarks.scoring``: measure, print, append to results/scoring_builds.csv.

Teacher and student score the same boxes in float32 and bfloat16, and a different number at a time,
each in a child process of its own, in turns; with `--old FOLDER` the build in that folder too
(``make .old-55ae1e8``). `ratio` is the processor time of the last row, the old build where there is
one, over that of this row, both the least of the rounds of this run. `same_bits`: whether the
posteriors are those of the last row; `kl_apart`, by how many nats eq. 3 differs at most;
`rank_correlation`, that of its ranks.

Then, for results/scoring_parts.csv, the parts of the time from a pool on disk to the score, the
share of what the widest convolution of the preset reaches alone, and three other ways with the same
networks in float32: a loop with a DataLoader, one box at a time, and MONAI's evaluator (where
pytorch-ignite is installed). With ``--device cuda`` these alone, in bfloat16.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.stats import spearmanr

from benchmarks import rows
from benchmarks.builds import environment_of
from benchmarks.scoring.parts import measure_parts
from cryoal.feed.device import choose_device, device_name
from cryoal.scoring.precision import has_bfloat16

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = (2, 4, 8, 16, 32, 64, 128)


def measure(
    root: Path, preset: str, precision: str, box: int, at_once: int, n: int, threads: int
) -> dict[str, Any]:
    """What the child tells of the build in `root`."""
    environment = environment_of(root, threads)
    command = [sys.executable, str(Path(__file__).with_name("child.py")), preset, precision]
    command += [str(number) for number in (box, at_once, n)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def kl(posteriors: list[list[list[float]]]) -> NDArray[np.float64]:
    """Eq. 3: of teacher and student, nats, for each box."""
    teacher, student = np.array(posteriors)
    return (np.exp(teacher) * (teacher - student)).sum(axis=1)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description=__doc__)
    parser.add_argument("--preset", default="laptop")
    parser.add_argument("--box", type=int, default=32)
    parser.add_argument("--n", type=int, default=256, help="boxes")
    parser.add_argument("--at-once", type=int, nargs="*", default=SIZES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--old", type=Path, help="another build, measured in the same run")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--only", choices=["builds", "parts"])
    parser.add_argument("--no-rows", action="store_true", help="print, append nothing")
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "torch")
    about["load"] = f"{os.getloadavg()[0]:.1f}"  # of other work, before ours
    for name in ("threads", "preset", "box", "n"):
        about[name] = str(getattr(arguments, name))
    if arguments.only != "parts" and arguments.device == "cpu":
        _builds(arguments, about)
    if arguments.only != "builds":
        _parts(arguments, about)


def _parts(arguments: argparse.Namespace, about: dict[str, str]) -> None:
    torch.set_num_threads(arguments.threads)
    device = choose_device(arguments.device)
    precisions = ["bfloat16"] if device.type == "cuda" else ["float32", "bfloat16"]
    if device.type == "cpu" and not has_bfloat16():
        precisions.remove("bfloat16")
    found: list[dict[str, object]] = []
    for precision in precisions:
        told = measure_parts(
            arguments.preset, arguments.box, arguments.n, arguments.rounds, precision, device
        )
        found += [{**about, "device": device_name(arguments.device), **row} for row in told]
        for row in told:
            print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    if not arguments.no_rows:
        rows.append("scoring_parts", found)


def _builds(arguments: argparse.Namespace, about: dict[str, str]) -> None:
    here = Path(__file__).parents[2]
    cases = [("here", here, "float32", 0), ("here", here, "bfloat16", 0)]
    cases += [("here", here, "float32", size) for size in arguments.at_once]
    if arguments.old is not None:
        cases.append(
            (arguments.old.name.removeprefix(".old-"), arguments.old.resolve(), "float32", 0)
        )
    same = (arguments.box, arguments.n, arguments.threads)
    tries = [
        [
            measure(root, arguments.preset, precision, same[0], size, *same[1:])
            for _, root, precision, size in cases
        ]
        for _ in range(arguments.rounds)
    ]
    best = [min(one, key=lambda told: told["cpu_seconds"]) for one in zip(*tries, strict=True)]
    old = best[-1]
    found = []
    for (build, _, precision, size), told in zip(cases, best, strict=True):
        row: dict[str, object] = {"chosen": "by cryoal" if size == 0 else "", "at_once": size or ""}
        row |= {"build": build, "precision": precision}
        one, other = (kl(each["posteriors"]) for each in (told, old))
        row["kl_apart"] = f"{np.abs(one - other).max():.1e}"
        row["rank_correlation"] = f"{spearmanr(one, other).statistic:.5f}"
        row["cpu_milliseconds_a_box"] = f"{told['cpu_seconds'] / arguments.n * 1e3:.3f}"
        row["ratio"] = f"{old['cpu_seconds'] / told['cpu_seconds']:.3f}"
        row["system_share"] = f"{told['system_share']:.3f}"
        row["faults_a_box"] = f"{told['faults_a_box']:.0f}"
        row["peak_gigabytes"] = f"{told['peak_gigabytes']:.2f}"
        row["same_bits"] = told["bits"] == old["bits"]
        found.append(about | row)
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    if not arguments.no_rows:
        rows.append("scoring_builds", found)


if __name__ == "__main__":
    main()
