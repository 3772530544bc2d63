"""``python -m benchmarks.descriptors``: measure, print, append to results/descriptors.csv.

Boxes of noise are told by each block alone and by all together, on one thread of the processor: of
16 and of 32 voxels a side, and of 32 cropped to 16. Each row is the least of the rounds of this
run. `ratio` is the time of the plain formulas (``--plain DIR`` with their files; power spectra,
spherical harmonics and wavelets of both orders in numpy, without shells) over that of all blocks
without shells, on the same boxes; empty, with the reason, where the files are not there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks import rows

PLAIN_FILES = ("formula_features.py", "gscat_part.py")
SIZES = ((16, 16), (32, 32), (32, 16))


def measure(plain: str, n: int, side: int, cropped: int, threads: int) -> dict[str, float]:
    """Milliseconds of processor time a box that the child tells."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "kernels")])
    counts = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    environment = {**os.environ, **counts, "PYTHONPATH": paths}
    command = [sys.executable, "-m", "benchmarks.descriptors.child", plain]
    command += [str(number) for number in (n, side, cropped)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.descriptors", description=__doc__)
    default = Path(os.environ.get("CRYOAL_TEST_DATA", "../shared/data")).parent / "reference"
    parser.add_argument("--plain", type=Path, default=default / "few_labels")
    parser.add_argument("--n", type=int, default=256, help="boxes of 16 voxels a side")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    missing = [name for name in PLAIN_FILES if not (arguments.plain / name).is_file()]
    if missing:
        print(f"no plain formulas: {arguments.plain / missing[0]} is not there", flush=True)
    about = rows.circumstances("numpy", "torch")
    about["device"] = "cpu"
    about["threads"] = str(arguments.threads)
    found = []
    for side, cropped in SIZES:
        plain = str(arguments.plain) if side == SIZES[0][0] and not missing else ""
        n = arguments.n * SIZES[0][0] ** 3 // side**3
        load = f"{os.getloadavg()[0]:.1f}"  # of other work, before ours
        tries = [
            measure(plain, n, side, cropped, arguments.threads) for _ in range(arguments.rounds)
        ]
        best = {what: min(told[what] for told in tries) for what in tries[0]}
        for what, milliseconds in best.items():
            row: dict[str, object] = {"load": load, "side": side, "cropped_to": cropped, "n": n}
            row["what"] = what
            row["cpu_milliseconds_a_box"] = f"{milliseconds:.3f}"
            row["ratio"] = ""
            if plain and what == "all but shells":
                row["ratio"] = f"{best['plain'] / milliseconds:.2f}"
            found.append(about | row)
            print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    rows.append("descriptors", found)


if __name__ == "__main__":
    main()
