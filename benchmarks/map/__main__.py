"""``python -m benchmarks.map``: measure, print, append to results/map.csv.

``--python LIBRARY=PATH`` names an environment with umap-learn or pacmap; openTSNE comes with
cryoal. Each map is made twice, in processes of their own with `--threads` and one thread:
`same_bits` says whether both are equal. `cpu_seconds` is of the second, the whole process; `ratio`
is that of openTSNE as it comes over this row's. `kept` is the share of the 15 nearest in all
components that are among the 15 nearest on the map, `same_class` that of the 15 nearest on the map
that are of the box's class, over 2,000 boxes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import rows
from benchmarks.map.material import SETS, components

LIBRARIES = ("opentsne", "cryoal", "opentsne_two_threads", "umap", "pacmap")
NEAREST, ASKED = 15, 2000


def measure(python: str, library: str, file: Path, threads: int, output: Path) -> dict[str, Any]:
    """What the child tells."""
    root = Path(__file__).parents[2]
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    paths = os.pathsep.join([str(root), str(root / "kernels")])
    environment = {**os.environ, "PYTHONPATH": paths, **dict.fromkeys(names, str(threads))}
    command = [python, "-m", "benchmarks.map.child", library, str(file), "0", str(output)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def quality(file: Path, output: Path) -> dict[str, float]:
    """Neighbours and classes that stay together."""
    from sklearn.neighbors import NearestNeighbors

    with np.load(file) as kept:
        numbers, label = kept["rows"], kept["label"]
    asked = np.random.default_rng(1).permutation(len(numbers))[:ASKED]

    def nearest(points: np.ndarray) -> np.ndarray:
        found = NearestNeighbors(n_neighbors=NEAREST + 1).fit(points)
        index = found.kneighbors(points[asked], return_distance=False)
        return np.array([row[row != me][:NEAREST] for row, me in zip(index, asked, strict=True)])

    true, told = nearest(numbers), nearest(np.load(output))
    shared = [len(np.intersect1d(a, b)) / NEAREST for a, b in zip(true, told, strict=True)]
    return {
        "kept": float(np.mean(shared)),
        "same_class": float((label[told] == label[asked][:, None]).mean()),
        "same_class_before": float((label[true] == label[asked][:, None]).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.map", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("../shared/work/map"))
    parser.add_argument("--sets", nargs="*", default=SETS[:3])
    parser.add_argument("--libraries", nargs="*", default=LIBRARIES[:3])
    parser.add_argument("--python", action="append", default=[], metavar="LIBRARY=PATH")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    pythons = dict(word.split("=", 1) for word in arguments.python)
    about = rows.circumstances("numpy", "scikit-learn")
    found: list[dict[str, object]] = []
    for name in arguments.sets:
        file = components(name, arguments.work)
        base = None
        for library in arguments.libraries:
            output = arguments.work / f"{library}-{name}.npy"
            python = pythons.get(library, sys.executable)
            load = f"{os.getloadavg()[0]:.1f}"  # of other work
            more = measure(python, library, file, arguments.threads, output)
            told = measure(python, library, file, 1, output)
            base = base or told["cpu_seconds"]
            row: dict[str, object] = {**about, "load": load, "set": name, "library": library}
            row["version"] = told["version"]
            row |= {key: round(told[key], 1) for key in ("seconds", "cpu_seconds", "megabytes")}
            row["ratio"] = round(base / told["cpu_seconds"], 2)
            row |= {"same_bits": told["bits"] == more["bits"], "bits": told["bits"]}
            row |= {key: round(value, 3) for key, value in quality(file, output).items()}
            print(", ".join(f"{key} {value}" for key, value in list(row.items())[6:]), flush=True)
            found.append(row)
    rows.append("map", found)


if __name__ == "__main__":
    main()
