"""Processor time of ``add`` alone and with two processes of this machine.

Usage: ``python -m benchmarks.crew.adding [CASE ...]``; appends to ``results/crew_add.csv``. Each
measurement is a process of its own with its children, in turns, the least of several.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mrcfile
import numpy as np
import tensorstore as ts

from benchmarks import rows
from cryoal.cluster_config import ClusterConfig
from cryoal.data.extract import extract
from cryoal.distributed.start import crew_of
from cryoal.io.picks.read import read_picks

TIMES = 2
BOX = 32
WORKERS = 2


@dataclass(frozen=True)
class Case:
    """Tomograms of noise, and how their boxes are added."""

    tomograms: int
    shape: tuple[int, int, int]
    boxes: int
    """In each tomogram."""
    who: str
    """In place of this process alone."""
    lazy: bool = False
    chunk: int = 0
    """Edge of a chunk of OME-Zarr; 0 for MRC."""


CASES = {
    "MRC": Case(4, (128, 512, 512), 2000, "local"),
    "MRC, lazy": Case(4, (128, 512, 512), 2000, "local", lazy=True),
    "MRC, many": Case(30, (64, 256, 256), 100, "auto"),
    "OME-Zarr": Case(1, (128, 640, 640), 3000, "local", chunk=64),
}


def make(case: Case, folder: Path) -> None:
    """Write the tomograms and ``picks.csv``."""
    rng = np.random.default_rng(0)
    margin = BOX // 2 + 1
    lines = ["tomogram,x,y,z"]
    for number in range(case.tomograms):
        name = f"TS_{number:02}"
        voxels = rng.standard_normal(case.shape, dtype=np.float32)
        if case.chunk:
            _write_zarr(folder / f"{name}.zarr", voxels, case.chunk)
        else:
            with mrcfile.new(folder / f"{name}.mrc", data=voxels) as file:
                file.voxel_size = 10.0
        high = np.array(case.shape[::-1]) - margin
        for x, y, z in rng.integers(margin, high, (case.boxes, 3)).tolist():
            lines.append(f"{name},{x},{y},{z}")
    (folder / "picks.csv").write_text("\n".join(lines) + "\n")


def _write_zarr(path: Path, voxels: np.ndarray, chunk: int) -> None:
    scale = {"type": "scale", "scale": [10.0, 10.0, 10.0]}
    axes = [{"name": name, "type": "space", "unit": "angstrom"} for name in "zyx"]
    levels = [{"path": "0", "coordinateTransformations": [scale]}]
    spec = {
        "driver": "zarr",
        "kvstore": {"driver": "file", "path": str(path / "0")},
        "metadata": {
            "shape": list(voxels.shape),
            "chunks": [chunk] * 3,
            "dtype": "<f4",
            "compressor": {"id": "blosc", "cname": "zstd", "clevel": 1, "shuffle": 1},
            "dimension_separator": "/",
        },
    }
    ts.open(spec, create=True).result().write(voxels).result()
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    told = {"multiscales": [{"version": "0.4", "axes": axes, "datasets": levels}]}
    (path / ".zattrs").write_text(json.dumps(told))


def work(case: Case, folder: Path, who: str) -> dict[str, float]:
    """Processor time of this process and of its children, once it has added the boxes."""
    files = sorted(folder.glob("TS_*"))
    picks = read_picks(folder / "picks.csv")
    with crew_of(who, ClusterConfig(workers=WORKERS), folder=folder) as crew:
        extract(
            folder / "pool.zarr", files, picks, box=BOX, density="white", lazy=case.lazy, crew=crew
        )
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return dict(zip(("command", "workers"), [u.ru_utime + u.ru_stime for u in used], strict=True))


def once(name: str, folder: Path, who: str) -> dict[str, float]:
    """The same of a process of its own."""
    words = ["--folder", str(folder), "--who", who, name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-m", "benchmarks.crew.adding", *words]
    done = subprocess.run(line, check=True, capture_output=True, text=True, env=environment)
    shutil.rmtree(folder / "pool.zarr")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(name: str) -> dict[str, object]:
    """A row."""
    case = CASES[name]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make(case, folder)
        found = [[once(name, folder, who) for who in ("alone", case.who)] for _ in range(TIMES)]
    alone, others = (
        min(each, key=lambda used: sum(used.values())) for each in zip(*found, strict=True)
    )
    return {
        **rows.circumstances("numpy", "distributed"),
        "load": f"{os.getloadavg()[0]:.1f}",
        "tomograms": name,
        "n_tomograms": case.tomograms,
        "shape": "x".join(map(str, case.shape)),
        "boxes": case.tomograms * case.boxes,
        "side": BOX,
        "alone_cpu_seconds": f"{alone['command']:.2f}",
        "two_workers_cpu_seconds": f"{sum(others.values()):.2f}",
        "of_these_the_command": f"{others['command']:.2f}",
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--who")
    asked = parser.parse_args()
    if asked.who:
        print(json.dumps(work(CASES[asked.cases[0]], asked.folder, asked.who)))
    else:
        for case in asked.cases:
            measured = measure(case)
            print(measured)
            rows.append("crew_add", [measured])
