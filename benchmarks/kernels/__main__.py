"""``python -m benchmarks.kernels``: test, measure, print, append to benchmarks/results/kernels.csv.

Speeds of an operator are printed only if its tests pass. With ``--bytes`` nothing is measured: the
bytes that each case cannot avoid, and what they would take at a given bandwidth (arithmetic).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks import rows
from benchmarks.kernels.cases import TESTS, Case, cases
from benchmarks.kernels.timing import copy_bandwidth, quantiles, times

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ROOT = Path(__file__).parents[2]
COLUMNS = (
    "provider mode median_ms q20_ms q80_ms megabytes gb_per_s share_of_copy times_eager peak_mb"
)


def passes(op: str, device: torch.device) -> bool:
    """Whether the tests of `op` are green here."""
    files = [f"tests/kernels/{TESTS[op.split()[0]]}"]
    if device.type == "cuda":
        files.append("tests/kernels/test_cuda.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", *files], cwd=ROOT, check=False
    )
    return done.returncode == 0


def measure(case: Case, device: torch.device, bandwidth: float) -> list[dict[str, object]]:
    """One row for each provider and mode."""
    backward = case.bytes_backward > 0
    size = case.bytes_forward
    inputs = [case.make(device) for _ in range(3 if size < 2e9 else 1)]  # taking turns
    repeats = max(5, min(30, int(2e9 / size)))
    providers: dict[str, Callable[..., Any]] = {"eager": case.eager}
    if device.type == "cuda":
        providers["torch.compile"] = torch.compile(case.eager)
    providers["triton" if device.type == "cuda" else "ours-cpu"] = case.ours
    found = {
        name: times(f, inputs, backward=backward, repeats=repeats) for name, f in providers.items()
    }
    counted = {
        "forward": case.bytes_forward,
        "backward": case.bytes_backward,
        "both": case.bytes_forward + case.bytes_backward,
    }
    slow = {mode: quantiles(seconds)[0] for mode, seconds in found["eager"][0].items()}
    made: list[dict[str, object]] = []
    for provider, (modes, peak) in found.items():
        for mode, seconds in modes.items():
            middle, low, high = quantiles(seconds)
            rate = counted[mode] / middle
            values = (
                *(provider, mode),
                *(f"{1e3 * x:.4g}" for x in (middle, low, high)),
                *(f"{counted[mode] / 1e6:.4g}", f"{rate / 1e9:.3g}", f"{rate / bandwidth:.2f}"),
                *(f"{slow[mode] / middle:.2f}", f"{peak / 1e6:.0f}" if peak else ""),
            )
            made.append(dict(zip(COLUMNS.split(), values, strict=True)))
    return made


def print_bytes(gigabytes_per_second: float) -> None:
    """The lower bounds: arithmetic."""
    print(f"Lower bounds at {gigabytes_per_second:g} GB/s. Arithmetic, not measured.")
    for case in cases(on_gpu=True):
        counted = case.bytes_forward + case.bytes_backward
        microseconds = counted / gigabytes_per_second / 1e3
        dtype = str(case.dtype)[6:]
        print(
            f"{case.op:24} {case.shape:24} {dtype:9} {counted / 1e6:9.1f} MB {microseconds:9.1f} us"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("--op", default="", help="only operators whose name starts so")
    parser.add_argument("--bytes", type=float, metavar="GB_PER_S", help="only count")
    arguments = parser.parse_args()
    if arguments.bytes:
        print_bytes(arguments.bytes)
        return
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    about = {
        **rows.circumstances("torch"),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "load": f"{os.getloadavg()[0]:.1f}",  # of other work, before ours
    }
    bandwidth = copy_bandwidth(device)
    about["copy_gb_per_s"] = f"{bandwidth / 1e9:.1f}"
    green: dict[str, bool] = {}
    for case in cases(device.type == "cuda"):
        if not case.op.startswith(arguments.op):
            continue
        if case.op not in green:
            green[case.op] = passes(case.op, device)
        if not green[case.op]:
            print(f"{case.op} {case.shape}: no speed, because its tests fail")
            continue
        what = {"op": case.op, "shape": case.shape, "dtype": str(case.dtype)[6:]}
        made = [about | what | row for row in measure(case, device, bandwidth)]
        rows.append("kernels", made)
        for row in made:
            print(
                "  ".join(f"{row[name]:>9}" for name in ("op", "shape", *COLUMNS.split())),
                flush=True,
            )


if __name__ == "__main__":
    main()
