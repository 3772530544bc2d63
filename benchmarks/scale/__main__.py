"""``python -m benchmarks.scale``: measure, print, append to results/scale.csv and scale_memory.csv.

Each step of the life of a campaign (add, describe, query, classify, export ...) runs in a process
of its own, on generated boxes, more and more of them: once with heads on descriptors, once with
the pair alone. With ``--old DIR`` that build of cryoal, which has the pair alone, does the same in
turn. What was measured for a folder ``--work`` is not measured again, so that a run that was
stopped goes on. `exponent`: the slope of the logarithm of processor time between this number of
boxes and the one before; below 1 where starting is part of it. `of_old`: this processor time over
that of the old build, both of this folder.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import rows
from benchmarks.builds import environment_of
from benchmarks.scale.child import SINCE, STEPS
from benchmarks.scale.material import write_material

ROOT = Path(__file__).parents[2]
WAYS = ("heads", "pair")
POINTS = 20  # of a memory curve


class Case(NamedTuple):
    """A campaign."""

    build: str
    way: str
    box: int
    n: int


def measure(step: str, case: Case, work: Path, code: Path, threads: int) -> dict[str, Any]:
    """What the child tells of one step."""
    folder = work / "_".join(map(str, case))
    told = work / f"{folder.name}_{step.replace(' ', '_')}.json"
    if told.exists():
        found: dict[str, Any] = json.loads(told.read_text())
        return found
    if step == "add":
        shutil.rmtree(folder, ignore_errors=True)
    new = told.with_suffix(".tmp")
    words = [step, folder, work / "material", case.n, case.box, case.way, new]
    command = [sys.executable, str(ROOT / "benchmarks" / "scale" / "child.py"), *map(str, words)]
    load = os.getloadavg()[0]  # of other work, before ours
    subprocess.run(command, env=environment_of(code, threads), cwd=work, check=True)
    found = {**json.loads(new.read_text()), "load": load}
    new.write_text(json.dumps(found))
    new.rename(told)
    return {**found, "is_new": True}


def exponent(now: dict[str, Any], n: int, before: dict[str, Any], n_before: int) -> float:
    """Slope of log seconds over log boxes."""
    return math.log(now["cpu_seconds"] / before["cpu_seconds"]) / math.log(n / n_before)


def points(row: dict[str, object], told: dict[str, Any]) -> list[dict[str, object]]:
    """Rows of a step's memory curve: a share of its time, the most megabytes since the one before.

    The first looks of a process, before anything is imported, are part of it.
    """
    parts: list[list[float]] = [[] for _ in range(POINTS)]
    end = max(told["curve"][-1][0], 1e-9)
    for second, megabytes in told["curve"]:
        parts[min(int(POINTS * second / end), POINTS - 1)].append(megabytes)
    shared = {k: row[k] for k in ("date", "commit", "build", "way", "step", "box", "n")}
    return [
        {**shared, "share": f"{(at + 1) / POINTS:.2f}", "megabytes": f"{max(part):.0f}"}
        for at, part in enumerate(parts)
        if part
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="pools of GB; may be there")
    parser.add_argument("--old", type=Path, help="folder of an older cryoal")
    parser.add_argument("--sizes", type=int, nargs="*", default=(10_000, 100_000))
    parser.add_argument("--boxes", type=int, nargs="*", default=(8, 16))
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--steps", nargs="*", default=STEPS, choices=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    about = rows.circumstances("numpy", "torch", "scikit-learn")
    about["threads"] = str(arguments.threads)
    codes = {"new": ROOT}
    if arguments.old is not None:
        codes = {"old": arguments.old.resolve(), "new": ROOT}
    before: dict[tuple[object, ...], tuple[int, dict[str, Any]]] = {}
    lives = list(product(arguments.ways, arguments.boxes))
    for n in sorted(arguments.sizes):
        write_material(work / "material", n)
        for (way, box), step in product(lives, arguments.steps):
            if way == "pair" and step in ("describe", "map"):
                continue
            old = None
            for name, code in codes.items():
                if name == "old" and (way == "heads" or step in SINCE):
                    continue
                told = measure(step, Case(name, way, box, n), work, code, arguments.threads)
                row: dict[str, object] = {**about, "load": f"{told['load']:.1f}"}
                row |= {"build": name, "way": way, "step": step, "box": box, "n": n}
                row["cpu_seconds"] = f"{told['cpu_seconds']:.2f}"
                row["seconds"] = f"{told['seconds']:.1f}"
                row["megabytes"] = f"{told['megabytes']:.0f}"
                row |= {"exponent": "", "of_old": ""}
                if (smaller := before.get((name, way, box, step))) is not None:
                    row["exponent"] = f"{exponent(told, n, smaller[1], smaller[0]):.2f}"
                if old is not None:
                    row["of_old"] = f"{told['cpu_seconds'] / old['cpu_seconds']:.2f}"
                before[name, way, box, step] = n, told
                old = told if name == "old" else None
                if told.get("is_new"):
                    print("  ".join(f"{k} {v}" for k, v in list(row.items())[-10:]), flush=True)
                    rows.append("scale", [row])
                    rows.append("scale_memory", points(row, told))


if __name__ == "__main__":
    main()
