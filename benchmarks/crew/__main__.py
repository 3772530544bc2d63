"""Processor time of works done alone and by two processes of this machine.

Usage: ``python -m benchmarks.crew``; appends to ``results/crew.csv``. Each measurement is a process
of its own with its children, in turns, the least of several. From it: what starting a worker costs,
and the processor time from which on ``P`` processors are faster than one, start * P / (P - 1).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from cryoal.crew import ALONE, spans_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIMES = 2
SPAN = 256
WORKERS = 2
BOXES = {8: 4096, 16: 2048, 32: 512}


@dataclass(frozen=True)
class Describing:
    """Descriptors by formula of boxes of noise."""

    side: int
    name: str = "describing"

    def of(self, start: int, stop: int) -> dict[str, NDArray[np.float32]]:
        """Rows of all kinds."""
        import torch

        from cryoal.descriptors import BLOCKS
        from cryoal.descriptors.describe import describe

        shape = (stop - start, self.side, self.side, self.side)
        boxes = np.random.default_rng(start).standard_normal(shape).astype(np.float32)
        told = describe(torch.from_numpy(boxes), BLOCKS.names())
        return {name: values.numpy() for name, values in told.items()}


def once(side: int, who: str) -> float:
    """Processor time of a process that has the work done by `who`, and of its children."""
    words = [sys.executable, "-m", "benchmarks.crew", "--side", str(side), "--who", who]
    done = subprocess.run(
        words,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    return float(json.loads(done.stdout))


def work(side: int, who: str) -> float:
    """The same, in this process."""
    spans = spans_of(BOXES[side], SPAN)
    if who == "alone":
        for _ in ALONE.spans(Describing(side), spans):
            pass
    else:
        from cryoal.distributed.crew import DaskCrew
        from cryoal.distributed.local import local_client

        with local_client(WORKERS) as (client, local):
            for _ in DaskCrew(client, tend=local.tend).spans(Describing(side), spans):
                pass
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Measure and append."""
    measured = []
    for side, n in BOXES.items():
        pairs = [[once(side, who) for who in ("alone", "local")] for _ in range(TIMES)]
        alone, local = np.min(pairs, axis=0)
        each = (local - alone) / WORKERS
        measured.append(
            {
                **rows.circumstances("torch", "distributed"),
                "load": f"{os.getloadavg()[0]:.1f}",
                "boxes": n,
                "side": side,
                "alone_cpu_seconds": f"{alone:.2f}",
                "two_workers_cpu_seconds": f"{local:.2f}",
                "more_for_a_worker": f"{each:.2f}",
                "pays_from_cpu_seconds_on_2": f"{2 * each:.1f}",
                "pays_from_cpu_seconds_on_8": f"{8 / 7 * each:.1f}",
                "alone_ms_a_box": f"{1000 * alone / n:.2f}",
            }
        )
        print(measured[-1])
    rows.append("crew", measured)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int)
    parser.add_argument("--who")
    asked = parser.parse_args()
    if asked.who:
        print(json.dumps(work(asked.side, asked.who)))
    else:
        main()
