"""``python -m benchmarks.gpu``: run what is left of the slices, each within nine minutes.

What is done is kept in ``state.json`` of the folder ``--out``: the same command goes on behind it,
and in the middle of a cell from its checkpoint. Rows are appended to ``benchmarks/results`` by the
benchmarks themselves. ``--list`` tells what there is, what is done and how much data a slice needs;
``--only`` takes some; ``--dry-run`` computes next to nothing, on any processor.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.gpu.slices import MOST_BYTES, slices
from benchmarks.paper.data import DATA
from cryoal.records import now, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.gpu.slices import Slice

ROOT = Path(__file__).parents[2]
SECONDS = 530
"""Of a slice: what is not over then is stopped, and goes on in the next run."""


def n_bytes(part: Slice) -> int:
    """Of the data that it reads."""
    files = (file for name in part.data for file in (DATA / name).rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files)


def run(part: Slice, seconds: float, *, dry: bool) -> dict[str, Any]:
    """Run one; how it ended: ``done``, ``stopped`` (in time) or ``failed``."""
    began = time.monotonic()
    for words in (part.tiny,) if dry else part.commands:
        left = seconds - (time.monotonic() - began)
        # a session of its own, so that those whom it starts end with it and leave the GPU
        with subprocess.Popen(words, cwd=ROOT, start_new_session=True) as process:
            try:
                code = process.wait(max(left, 1))
            except subprocess.TimeoutExpired:
                seconds = round(time.monotonic() - began)
                return {"ended": "stopped", "seconds": seconds, "when": now()}
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        if code:
            return {"ended": "failed", "code": code, "when": now()}
    return {"ended": "done", "seconds": round(time.monotonic() - began), "when": now()}


def main(arguments: Sequence[str]) -> int:
    """Run the command line; 1 where a slice failed or is not over."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gpu-out"))
    parser.add_argument("--only", nargs="+", default=[], help="names of slices")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that a slice may take")
    chosen = parser.parse_args(arguments)
    out = chosen.out.resolve()
    every = slices(out)
    unknown = set(chosen.only) - {part.name for part in every}
    if unknown:
        parser.error(f"expected names of slices (--list), found {', '.join(sorted(unknown))}")
    file = out / ("dry.json" if chosen.dry_run else "state.json")
    state: dict[str, Any] = read_json(file) if file.exists() else {}
    todo = [part for part in every if not chosen.only or part.name in chosen.only]
    if chosen.list:
        for part in todo:
            ended = state.get(part.name, {}).get("ended", "-")
            print(
                f"{part.name:24} {ended:8} {n_bytes(part) / 2**20:6.1f} MiB {' '.join(part.data)}"
            )
        return 0
    if not chosen.dry_run and not Path("/dev/nvidiactl").exists():
        parser.error("expected an NVIDIA GPU, found none; --dry-run needs none")
    out.mkdir(parents=True, exist_ok=True)
    for part in todo:
        if state.get(part.name, {}).get("ended") == "done":
            continue
        absent = [name for name in part.data if not (DATA / name).is_dir()]
        if absent or n_bytes(part) > MOST_BYTES:
            why = f"no {', '.join(absent)} in {DATA}" if absent else "more than 64 MiB of data"
            print(f"{part.name}: left out, {why}", flush=True)
            continue
        print(f"== {part.name}", flush=True)
        state[part.name] = run(part, chosen.seconds, dry=chosen.dry_run)
        write_json(file, state)
    left = [part.name for part in todo if state.get(part.name, {}).get("ended") != "done"]
    print(f"{len(todo) - len(left)} of {len(todo)} slices are over; left: {' '.join(left) or '-'}")
    return int(bool(left))


if __name__ == "__main__":
    os.environ.setdefault("CUDA_MODULE_LOADING", "LAZY")
    sys.exit(main(sys.argv[1:]))
