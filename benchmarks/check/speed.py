"""What the quick part of a check costs on a large tomogram: ``python -m benchmarks.check.speed``.

A tomogram of 4 GB (noise, int16) with 1,000 picks, boxes of 32 and 64 voxels, twice: first from the
disk. Beside the seconds of the look those of the statistics that every import needs: rows of
results/check_speed.csv hold both. Call it again once the file is there: making it takes memory.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import mrcfile
import numpy as np

from benchmarks import rows
from cryoal.campaign.check import placed_in
from cryoal.campaign.check_quick import MOST_COARSE, MOST_PICKS, MOST_VOXELS
from cryoal.data.coarse import middle
from cryoal.data.statistics import robust_statistics
from cryoal.io.volumes.open import open_volume
from cryoal.placement.landscape import COARSEST, coarse_factor
from cryoal.placement.verdict import judge

SHAPE = (500, 2000, 2000)


def make(path: Path) -> None:
    rng = np.random.default_rng(0)
    with mrcfile.new_mmap(path, SHAPE, mrc_mode=1, overwrite=True) as file:
        file.voxel_size = 5.0
        section = (100 * rng.standard_normal(SHAPE[1:], np.float32)).astype(np.int16)
        for z in range(SHAPE[0]):
            file.data[z] = np.roll(section, int(rng.integers(SHAPE[1])), axis=0)


def measure(path: Path, box: int) -> dict[str, object]:
    picks = np.random.default_rng(1).uniform(40, np.array(SHAPE) - 40, (1000, 3))
    factor = coarse_factor(box, COARSEST)
    start, stop = middle(SHAPE, min(MOST_VOXELS, MOST_COARSE * factor**3))
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        with open_volume(path) as volume:
            one = placed_in(
                "",
                volume,
                picks,
                box,
                most_voxels=MOST_VOXELS,
                most_coarse=MOST_COARSE,
                most_picks=MOST_PICKS,
            )
        found = judge([one], box)
        seconds.append(time.perf_counter() - began)
    began = time.perf_counter()
    with open_volume(path) as volume:
        robust_statistics(volume)
    return {
        "gigabytes": f"{path.stat().st_size / 1e9:.1f}",
        "box": box,
        "share_read": f"{np.prod(np.subtract(stop, start)) / np.prod(SHAPE):.3f}",
        "picks_looked_at": found.n_seen,
        "first_seconds": f"{seconds[0]:.2f}",
        "seconds": f"{seconds[1]:.2f}",
        "seconds_of_statistics": f"{time.perf_counter() - began:.2f}",
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure and append."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check.speed", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("check-work"))
    path = parser.parse_args().work / "large.mrc"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        make(path)
        return
    for box in (32, 64):
        row = rows.circumstances("numpy", "scipy") | measure(path, box)
        print(row)
        rows.append("check_speed", [row])


if __name__ == "__main__":
    main()
