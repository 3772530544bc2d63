"""A tomogram of a given size, its import in a process of its own, and its boxes in one file."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import mrcfile
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.pool import Pool

BOX = 32
SPACING = 10.0

# VmHWM, not ru_maxrss: the latter is handed on from the parent through fork and exec.
IMPORT = """
import json, sys, time
from pathlib import Path
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks

pool, tomogram, picks = map(Path, sys.argv[1:4])
box, lazy = map(int, sys.argv[4:])
table = read_picks(picks)
start, began = time.perf_counter(), time.process_time()
options = {"lazy": True} if lazy else {}
report = extract(pool, [tomogram], table, box=box, density="white", **options)
seconds, processor = time.perf_counter() - start, time.process_time() - began
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
peak = int(status["VmHWM"].split()[0]) * 1024
found = {"seconds": seconds, "processor": processor, "peak": peak, "n_boxes": report.n_added}
print(json.dumps(found))
"""


def make_tomogram(path: Path, n_bytes: float) -> tuple[int, int, int]:
    """Write float16 noise of about `n_bytes`, as wide as deep; its shape."""
    edge = round((n_bytes / 2) ** (1 / 3))
    slab = np.random.default_rng(0).normal(size=(8, edge, edge)).astype(np.float16)
    with mrcfile.new_mmap(path, (edge, edge, edge), mrc_mode=12, overwrite=True) as file:
        for z in range(0, edge, 8):
            file.data[z : z + 8] = np.roll(slab, z, axis=1)[: edge - z]
        file.voxel_size = SPACING
    return edge, edge, edge


def make_picks(path: Path, name: str, shape: tuple[int, int, int], n: int) -> None:
    """Write `n` picks at random, none so near to the border that its box leaves the tomogram."""
    centers = np.random.default_rng(1).integers(BOX, np.array(shape) - BOX, size=(n, 3))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["tomogram", "z", "y", "x"])
        writer.writerows([name, *center] for center in centers.tolist())


def add_in_child(pool: Path, tomogram: Path, picks: Path, *, lazy: bool = False) -> dict[str, Any]:
    """Import in a fresh process: seconds (also of the processor), peak resident bytes, boxes."""
    words = (pool, tomogram, picks, BOX, int(lazy))
    command = [sys.executable, "-c", IMPORT, *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def write_memmap(path: Path, boxes: Pool) -> tuple[np.memmap[Any, Any], float]:
    """All boxes of the pool in one .npy file, and the seconds for writing and flushing it."""
    n, dtype = len(boxes), boxes.read(np.array([0])).dtype
    seconds = 0.0
    target = np.lib.format.open_memmap(path, "w+", dtype, (n, BOX, BOX, BOX))
    for start in range(0, n, 256):
        rows = np.arange(start, min(start + 256, n))
        block = boxes.read(rows)
        begin = time.perf_counter()
        target[rows[0] : rows[-1] + 1] = block
        seconds += time.perf_counter() - begin
    begin = time.perf_counter()
    target.flush()
    seconds += time.perf_counter() - begin
    del target
    return np.load(path, mmap_mode="r"), seconds
