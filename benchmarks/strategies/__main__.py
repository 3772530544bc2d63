"""``python -m benchmarks.strategies``: measure, print, append to results/strategies.csv.

Each query runs in a child process: seconds of score and selection together, and the peak of its
memory above what the evidence takes. With ``--scikit-activeml FOLDER`` (``pip install --target
FOLDER scikit-activeml==1.0.1``) its core-set, BADGE and TypiClust run too, after ours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import rows
from benchmarks.strategies.child import OTHERS
from cryoal.strategies import STRATEGIES
from cryoal.strategies.base import make_strategy

ONE_NUMBER = {
    *("gradient_norm", "predicted_loss", "vaal_labelled", "sraal_unlabelled"),
    *("feature_attention", "feature_mse", "feature_l1"),
}
COLUMNS = ("strategy", "provider", "seconds", "peak_megabytes", "outcome")


def measured() -> list[str]:
    """Strategies that compute something: a score that is a field of the evidence costs a sort."""
    return [name for name in STRATEGIES.names() if not make_strategy(name).needs & ONE_NUMBER]


def measure(
    folder: Path, provider: str, name: str, arguments: argparse.Namespace
) -> dict[str, object]:
    """One row; what was stopped says why in `outcome`."""
    root = str(Path(__file__).parents[2])
    paths = [root, str(Path(root) / "kernels")]
    if provider != "cryoal":
        paths.append(str(arguments.scikit_activeml))
    threads = str(arguments.threads)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads),
    }
    command = [sys.executable, "-m", "benchmarks.strategies.child", str(folder), provider, name]
    command += [str(arguments.m), str(arguments.gigabytes)]
    found: dict[str, object] = dict.fromkeys(COLUMNS, "")
    found |= {"strategy": name, "provider": provider}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=arguments.limit
        )
    except subprocess.TimeoutExpired:
        return found | {"outcome": f"> {arguments.limit:g} s"}
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or [f"signal {-done.returncode}"]
        return found | {"outcome": f"failed: {why[0]}"}
    told = json.loads(done.stdout.splitlines()[-1])
    told |= {k: f"{told[k]:.3g}" for k in ("seconds", "peak_megabytes") if k in told}
    return found | told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strategies", description=__doc__)
    parser.add_argument("--n", type=int, default=100_000, help="candidates")
    parser.add_argument("--m", type=int, default=1000, help="to select")
    parser.add_argument("--features", type=int, default=512)
    parser.add_argument("--classes", type=int, default=50)
    parser.add_argument("--labelled", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=600, help="seconds a query may take")
    parser.add_argument("--gigabytes", type=float, default=16, help="of address space, likewise")
    parser.add_argument("--only", nargs="*", help="these strategies")
    parser.add_argument("--scikit-activeml", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "torch")
    about["load"] = f"{os.getloadavg()[0]:.1f}"  # of other work, before ours
    for name in ("threads", "n", "features", "classes", "labelled", "m"):
        about[name] = str(getattr(arguments, name))
    names = arguments.only or measured()
    cases = [("cryoal", name) for name in names]
    if arguments.scikit_activeml:
        found = sorted(arguments.scikit_activeml.glob("scikit_activeml-*.dist-info"))
        if not found:
            parser.error(f"expected scikit-activeml in {arguments.scikit_activeml}, found none")
        version = found[0].name.split("-")[1].removesuffix(".dist")
        cases += [(f"scikit-activeml {version}", name) for name in OTHERS if name in names]
    with tempfile.TemporaryDirectory(prefix="cryoal-strategies-") as folder:
        # in a child: what a process had at most, its children begin with
        make = "import sys; from pathlib import Path; from benchmarks.strategies.material import *;"
        make += "write_evidence(Path(sys.argv[1]), *map(int, sys.argv[2:]))"
        sizes = (arguments.n, arguments.features, arguments.classes, arguments.labelled)
        subprocess.run([sys.executable, "-c", make, folder, *map(str, sizes)], check=True)
        for provider, name in cases:
            row = measure(Path(folder), provider, name, arguments)
            rows.append("strategies", [about | row])
            print("  ".join(f"{row[column]!s:>28}" for column in COLUMNS), flush=True)


if __name__ == "__main__":
    main()
