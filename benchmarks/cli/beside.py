"""``python -m benchmarks.cli.beside --old .old-55ae1e8``: small commands beside those of a build.

Commands that a user waits for without a GPU, on 1,008 made-up boxes of 8^3, 100 of them labelled,
for a pair of 5 epochs; each in a process of its own, both builds in turns. The old build makes the
campaign, which both open. Processor time (with that of the system) and peak memory are the least of
the rounds; `ratio` is this build's time over the old one's. Appends to ``results/cli_beside.csv``.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import rows
from benchmarks.builds import environment_of
from cryoal.testing.phantoms import write_phantoms

# VmHWM, not ru_maxrss, which is handed on from the parent through fork and exec
RUN = """
import sys
from cryoal.cli import main
peak = sys.argv.pop(1)
code = main()
told = dict(line.split(":", 1) for line in open("/proc/self/status"))
open(peak, "w").write(told["VmHWM"].split()[0])
raise SystemExit(code)
"""
KEPT = ["--strategy", "knowledge-transfer"]
HERE = Path(__file__).parents[2]


def cost(build: Path, *words: object) -> tuple[float, float]:
    """Processor seconds and peak megabytes of one command of the build in that folder."""
    environment = environment_of(build)
    with tempfile.TemporaryDirectory() as folder:
        peak = Path(folder) / "peak"
        command = [sys.executable, "-c", RUN, str(peak), *map(str, words)]
        # not from a checkout: its folder would come before PYTHONPATH
        child = subprocess.Popen(command, cwd="/", env=environment, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"expected the command to end well, found {status}: {command[4:]}")
        return used.ru_utime + used.ru_stime, int(peak.read_text()) / 1024


def make_campaign(folder: Path, old: Path) -> Path:
    """A campaign of the old build with 100 answers."""
    files = write_phantoms(folder / "data", shape=(96, 256, 256), per_class=112, distance=120)
    here = folder / "campaign"
    small = ["--set", "pool.box=8", "--set", "train.epochs=5"]
    cost(old, "init", here, "--classes", ",".join(files.classes), *small)
    tables = ["--picks", files.picks, "--tomograms", files.tomograms_star]
    cost(old, "add", here, *files.tomograms, *tables)
    with files.truth.open(newline="") as file:
        first = list(csv.reader(file))[:301:3]
    with (folder / "answers.csv").open("w", newline="") as file:
        csv.writer(file).writerows(first)
    return here


def measured(campaign: Path, build: Path, *, is_old: bool) -> dict[str, tuple[float, float]]:
    """By command: what it took, on a copy."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder) / "campaign"
        shutil.copytree(campaign, here)
        if not is_old:  # which knows no other classifier
            with (here / "campaign.toml").open("a") as file:
                file.write('\n[classifier]\nuse = "pair"\n')
        answers = campaign.parent / "answers.csv"
        train = [] if is_old else ["--train"]
        found = {"list strategies": cost(build, "list", "strategies")}
        cold = cost(build, "select", here, "-n", 50, "--strategy", "random")
        found["select --strategy random, no labels"] = cold
        cost(build, "label", here, answers)
        again = ["select", here, "-n", 50, "--again", *KEPT, *train]
        found["select --train --strategy knowledge-transfer"] = cost(build, *again)
        found["classify, pair ready"] = cost(build, "classify", here)
        return found


def main() -> None:
    """Measure and append."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cli.beside", description=__doc__)
    parser.add_argument("--old", type=Path, required=True, help="folder of the other build")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    old = arguments.old.resolve()
    about = rows.circumstances("torch", "monai") | {"load": f"{os.getloadavg()[0]:.1f}"}
    with tempfile.TemporaryDirectory() as folder:
        campaign = make_campaign(Path(folder), old)
        tries: dict[tuple[str, bool], list[tuple[float, float]]] = {}
        for _ in range(arguments.rounds):
            for build, is_old in ((old, True), (HERE, False)):
                for what, took in measured(campaign, build, is_old=is_old).items():
                    tries.setdefault((what, is_old), []).append(took)
    best = {key: tuple(map(min, zip(*took, strict=True))) for key, took in tries.items()}
    found = []
    for what in [what for what, is_old in best if is_old]:
        (before, more), (now, less) = best[what, True], best[what, False]
        row: dict[str, object] = {"what": what, "rounds": arguments.rounds}
        row |= {"old_cpu_seconds": f"{before:.2f}", "cpu_seconds": f"{now:.2f}"}
        row |= {"ratio": f"{now / before:.2f}", "old_mb": f"{more:.0f}", "mb": f"{less:.0f}"}
        found.append(about | row)
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    rows.append("cli_beside", found)


if __name__ == "__main__":
    main()
