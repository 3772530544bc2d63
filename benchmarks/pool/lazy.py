"""``python -m benchmarks.pool.lazy``: boxes that stay in their tomogram against stored ones.

Both are read in turn in one run; of several rounds the least processor time counts, and the least
time by the clock where boxes come from disk. Appends to benchmarks/results/lazy_pool.csv.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from benchmarks import rows
from benchmarks.pool.material import BOX, SPACING, add_in_child, make_picks, make_tomogram
from benchmarks.pool.reading import forget_file
from cryoal.data.pool import Pool
from cryoal.data.tomogram import Tomogram

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

BATCH = 256
CHUNK = 64  # voxels along each axis, of the OME-Zarr tomogram
DESCRIBED = 512  # boxes


def run(folder: Path, arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Every measurement: what a stored pool takes, what a lazy one, and their ratio."""
    mrc, picks = folder / "TS_01.mrc", folder / "picks.csv"
    shape = make_tomogram(mrc, arguments.gigabytes * 1e9)
    make_picks(picks, "TS_01", shape, arguments.boxes)
    added = {
        kind: add_in_child(folder / kind / "pool.zarr", mrc, picks, lazy=kind == "lazy")
        for kind in ("stored", "lazy")
    }
    pools = {kind: Pool.open(folder / kind / "pool.zarr") for kind in added}
    megabytes = {kind: size(pool.path) / 1e6 for kind, pool in pools.items()}
    found = [
        row("disk, MB", megabytes),
        row("add, s of processor", {kind: one["processor"] for kind, one in added.items()}),
        row("add, peak MB", {kind: one["peak"] / 1e6 for kind, one in added.items()}),
    ]
    everything = np.arange(len(pools["lazy"]))
    mixed = np.random.default_rng(0).permutation(everything)
    files = {"stored": [*pools["stored"].path.rglob("c.*")], "lazy": [mrc]}
    for order, index in (("in order", everything), ("at random", mixed)):
        took = least(pools, index, arguments.rounds, time.process_time)
        found.append(row(f"read {order}, warm, us of processor a box", took, 1e6 / len(index)))
        took = least(pools, index, arguments.rounds, time.perf_counter, files)
        found.append(row(f"read {order}, from disk, us a box", took, 1e6 / len(index)))
    found.append(row("read and describe, ms of processor a box", describing(pools), 1e3))
    found.append(zarr_kept(folder, mrc, arguments.rounds))
    return found


def least(
    pools: Mapping[str, Pool],
    index: NDArray[np.int64],
    rounds: int,
    clock: Callable[[], float],
    forget: Mapping[str, list[Path]] | None = None,
) -> dict[str, float]:
    """Seconds for reading all of `index`, batch by batch, of each pool in turn."""
    took: dict[str, list[float]] = {kind: [] for kind in pools}
    for _ in range(rounds):
        for kind, pool in pools.items():
            for file in forget[kind] if forget else ():
                forget_file(file)
            began = clock()
            for start in range(0, len(index), BATCH):
                pool.read(index[start : start + BATCH])
            took[kind].append(clock() - began)
    return {kind: min(seconds) for kind, seconds in took.items()}


def describing(pools: Mapping[str, Pool]) -> dict[str, float]:
    """Seconds of processor for a box that is read and described by formula."""
    import torch

    from cryoal.descriptors import BLOCKS
    from cryoal.descriptors.describe import describe

    torch.set_num_threads(1)
    index = np.arange(min(DESCRIBED, *map(len, pools.values())))
    took: dict[str, list[float]] = {kind: [] for kind in pools}
    for _ in range(3):
        for kind, pool in pools.items():
            began = time.process_time()
            for start in range(0, len(index), BATCH):
                boxes = pool.read_normalised(index[start : start + BATCH])
                describe(torch.from_numpy(boxes), BLOCKS.names())
            took[kind].append((time.process_time() - began) / len(index))
    return {kind: min(seconds) for kind, seconds in took.items()}


def zarr_kept(folder: Path, mrc: Path, rounds: int) -> dict[str, object]:
    """Boxes from OME-Zarr in chunks of 64^3 (Zstandard), with decoded chunks kept and not."""
    path, edge = folder / "TS_02.zarr", 256
    voxels = np.fromfile(mrc, np.float16, edge**3, offset=1024).reshape((edge,) * 3)
    group = zarr.open_group(path, mode="w", zarr_format=3)
    array = group.create_array("s0", shape=voxels.shape, chunks=(CHUNK,) * 3, dtype="f2")
    array[...] = voxels
    scale = [{"type": "scale", "scale": [SPACING] * 3}]
    axes = [{"name": name, "type": "space", "unit": "angstrom"} for name in "zyx"]
    image = {"axes": axes, "datasets": [{"path": "s0", "coordinateTransformations": scale}]}
    group.attrs.update({"ome": {"version": "0.5", "multiscales": [image]}})
    make_picks(folder / "q.csv", "TS_02", voxels.shape, 512)
    add_in_child(folder / "zarr" / "pool.zarr", path, folder / "q.csv", lazy=True)
    pool = Pool.open(folder / "zarr" / "pool.zarr")
    lazily = least({"": pool}, np.arange(len(pool)), rounds, time.process_time)[""]
    record, cutting = pool.tomograms[0], []
    for _ in range(rounds):
        with Tomogram(record.name, record.path, record.open()) as tomogram:
            began = time.process_time()
            tomogram.cut(pool.position_zyx_angstrom, BOX, record.center)
            cutting.append(time.process_time() - began)
    took = {"stored": min(cutting) / len(pool), "lazy": lazily / len(pool)}
    return row("cut from OME-Zarr, us of processor a box: chunks not kept, kept", took, 1e6)


def size(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def row(what: str, of: Mapping[str, Any], times: float = 1.0) -> dict[str, object]:
    stored, lazy = of["stored"] * times, of["lazy"] * times
    ratio = f"{lazy / stored:.3g}"
    return {"what": what, "stored": f"{stored:.4g}", "lazy": f"{lazy:.4g}", "ratio": ratio}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pool.lazy", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="size of the tomogram")
    parser.add_argument("--boxes", type=int, default=4096, help=f"{BOX}^3 float16")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="on the disk to measure (default: temporary)")
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "zarr")
    about["load"] = f"{os.getloadavg()[0]:.1f}"  # of other work, before ours
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="cryoal-lazy-") as folder:
        found = run(Path(folder), arguments)
    rows.append("lazy_pool", [about | one for one in found])
    for one in found:
        print(f"{one['what']:<75} {one['stored']:>9} {one['lazy']:>9} {one['ratio']:>7}")


if __name__ == "__main__":
    main()
