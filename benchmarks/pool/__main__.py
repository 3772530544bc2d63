"""``python -m benchmarks.pool``: measure, print, append to benchmarks/results/pool.csv."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.pool.material import BOX, add_in_child, make_picks, make_tomogram, write_memmap
from benchmarks.pool.reading import measure, methods
from cryoal.checks import crc32c
from cryoal.data.pool import Pool
from cryoal.data.shard_writer import ShardWriter
from cryoal.data.shards import BoxShards

if TYPE_CHECKING:
    from typing import Any

SCORED = 512  # boxes

COLUMNS = (
    "what",
    "method",
    "batch",
    "boxes_per_second",
    "megabytes_per_second",
    "times_memmap",  # its time over that of memmap: below 1 is faster
    "peak_megabytes",
    "seconds",
)


def run(folder: Path, arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Every measurement, one row each."""
    tomogram, picks, pool_path = folder / "TS_01.mrc", folder / "picks.csv", folder / "pool.zarr"
    shape = make_tomogram(tomogram, arguments.gigabytes * 1e9)
    make_picks(picks, "TS_01", shape, arguments.boxes)
    added = add_in_child(pool_path, tomogram, picks)
    what = f"add {tomogram.stat().st_size / 1e9:.2g} GB tomogram"
    tomogram.unlink()
    found = [
        rate(
            added["n_boxes"] / added["seconds"],
            what=what,
            method="pool",
            peak_megabytes=round(added["peak"] / 1e6),
            seconds=added["seconds"],
        )
    ]
    begin = time.perf_counter()
    pool = Pool.open(pool_path)
    found.append({"what": "open", "method": "pool", "seconds": time.perf_counter() - begin})

    flat, seconds = write_memmap(folder / "boxes.npy", pool)
    found.append(rate(len(pool) / seconds, what="write", method="memmap", times_memmap=1.0))
    taken = write_shards(folder / "shards", flat)
    found.append(rate(len(pool) / taken, what="write", method="pool", times_memmap=taken / seconds))
    taken = write_shards(folder / "plain", flat, checked=False)
    found.append(
        rate(len(pool) / taken, what="write", method="unchecked", times_memmap=taken / seconds)
    )
    found += check_and_score(pool)
    found += [
        rate(
            reading.boxes_per_second,
            what=f"read {reading.order}, {reading.cache}",
            method=reading.method,
            batch=reading.batch,
            times_memmap=reading.times_memmap,
        )
        for reading in measure(
            methods(pool, flat, BoxShards(folder / "plain")),
            len(pool),
            arguments.read,
            arguments.rounds,
        )
    ]
    return found


def write_shards(path: Path, flat: np.memmap[Any, Any], *, checked: bool = True) -> float:
    """Seconds for writing all boxes as the pool does, flushed."""
    begin = time.perf_counter()
    writer = ShardWriter(path, len(flat), BOX, flat.dtype, checked=checked)
    for box in flat:
        writer.append(box)
    writer.finish()
    return time.perf_counter() - begin


def check_and_score(pool: Pool) -> list[dict[str, object]]:
    """Processor time of checking boxes, and of scoring them with the laptop preset's pair."""
    import torch

    from cryoal.companions.build import build_team
    from cryoal.config import make_config
    from cryoal.scoring.predict import predict

    torch.set_num_threads(1)
    config = make_config(["a", "b"], "laptop", [f"pool.box={BOX}"])
    team = build_team(config, ["student"], seed=0)
    team.train(False)
    fields = ["teacher_log_posterior", "student_log_posterior"]
    rows = np.arange(min(len(pool), SCORED))
    boxes = pool.read(rows)
    took: dict[str, list[float]] = {"check": [], "score the pair, 1 thread": []}
    predict(team, pool, rows[:64], fields, precision="float32")  # the first also pays for starting
    for _ in range(5):
        began = time.process_time()
        for box in boxes:
            crc32c(box)
        took["check"].append(time.process_time() - began)
        began = time.process_time()
        predict(team, pool, rows, fields, precision="float32")
        took["score the pair, 1 thread"].append(time.process_time() - began)
    return [
        rate(len(rows) / statistics.median(seconds), what=what, method="processor time")
        for what, seconds in took.items()
    ]


def rate(boxes_per_second: float, **more: object) -> dict[str, object]:
    megabytes = boxes_per_second * BOX**3 * 2 / 1e6
    return {
        "boxes_per_second": round(boxes_per_second),
        "megabytes_per_second": round(megabytes),
        **more,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pool", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the tomogram")
    parser.add_argument("--boxes", type=int, default=8192, help=f"in the pool, {BOX}^3 float16")
    parser.add_argument("--read", type=int, default=2048, help="boxes in each timing")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="on the disk to measure (default: temporary)")
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "tensorstore", "zarr")
    about["load"] = f"{os.getloadavg()[0]:.1f}"  # of other work, before ours
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="cryoal-pool-") as folder:
        found = run(Path(folder), arguments)
    found = [
        {k: f"{v:.3g}" if isinstance(v, float) else v for k, v in one.items()} for one in found
    ]
    rows.append(
        "pool", [about | {column: one.get(column, "") for column in COLUMNS} for one in found]
    )
    for one in found:
        print("  ".join(f"{one.get(column, ''):>{width(column)}}" for column in COLUMNS))


def width(column: str) -> int:
    return 24 if column == "what" else 12 if column == "method" else 8


if __name__ == "__main__":
    main()
