"""``python -m benchmarks.pool.many --old FOLDER``: many small parts, and a long file of picks.

Opening a pool of a tomogram at a time, with its catalogue and without; reading and adding one STAR
of many picks, in turn with the build in FOLDER. Each in a process of its own: processor time (user
and system) and peak memory, the least of some rounds. Appended to benchmarks/results/pool_many.csv.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mrcfile
import numpy as np

from benchmarks import rows
from benchmarks.builds import environment_of
from cryoal.data.arrays import read_attributes, write_group, write_text
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.data.pool_part import ABOUT, sealed
from cryoal.io.picks.read import read_picks

HERE = Path(__file__).resolve().parents[2]

CHILD = """
import json, resource, sys
from pathlib import Path
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.io.picks.read import read_picks

def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

what, folder, out, box = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
begin = used()
if what == "open":
    Pool.open(folder / "pool.zarr")
else:
    picks = read_picks(folder / "picks.star")
    if what == "add":
        extract(out, sorted(folder.glob("*.mrc")), picks, box=box, density="white")
seconds = used() - begin
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({"seconds": seconds, "megabytes": int(status["VmHWM"].split()[0]) / 1024}))
"""
# VmHWM, not ru_maxrss: the latter is handed on from the parent through fork and exec

LABELS = ("MicrographName", *(f"Coordinate{a}" for a in "XYZ"), "AngleRot", "AngleTilt", "AnglePsi")


def make_material(
    folder: Path, n_picks: int, n_tomograms: int, shape: tuple[int, int, int]
) -> None:
    """Tomograms of noise, and a STAR file of picks throughout them."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(n_tomograms):
        with mrcfile.new(folder / f"TS_{number:04d}.mrc") as file:
            file.set_data(rng.normal(size=shape).astype(np.float32))
            file.voxel_size = 10.0
    owner = np.sort(rng.integers(0, n_tomograms, n_picks)).tolist()
    with (folder / "picks.star").open("w") as file:
        labels = (*LABELS, "AutopickFigureOfMerit")
        file.write("data_particles\n\nloop_\n" + "".join(f"_rln{name}\n" for name in labels))
        for number in owner:
            numbers = [*rng.uniform(0, np.array(shape[::-1]) - 1), *rng.uniform(-180, 180, 3)]
            cells = "\t".join(f"{x:.6f}" for x in (*numbers, rng.uniform()))
            file.write(f"TS_{number:04d}.mrc\t{cells}\n")


def make_parts(folder: Path, n_parts: int) -> None:
    """A pool as it is after an import for each of many tomograms."""
    make_material(folder, 10, 1, (32, 64, 64))
    pool = folder / "pool.zarr"
    picks = read_picks(folder / "picks.star")
    extract(pool, sorted(folder.glob("*.mrc")), picks, box=8, density="white")
    first = pool / "part_0000"
    about = json.dumps(read_attributes(first)[ABOUT])
    for number in range(1, n_parts):
        part, name = pool / f"part_{number:04d}", f"TS_{number:04d}"
        shutil.copytree(first, part)
        shutil.rmtree(part / "keys")
        write_text(part / "keys", [f"{name}/{row:06d}" for row in range(10)])
        facts = json.loads(about.replace("TS_0000", name))
        write_group(part, {ABOUT: sealed(facts, part)})
    time.sleep(3)  # what was written this moment is not taken in
    Pool.open(pool)


def in_child(build: Path, what: str, folder: Path, out: Path, box: int) -> dict[str, float]:
    command = [sys.executable, "-c", CHILD, what, str(folder), str(out), str(box)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment_of(build), cwd=folder
    )
    if out.exists():
        shutil.rmtree(out)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pool.many", description=__doc__)
    parser.add_argument("--old", type=Path, help="another build, to be measured in turn")
    parser.add_argument("--parts", type=int, default=2000)
    parser.add_argument("--picks", type=int, default=1_000_000, help="of boxes of 8^3")
    parser.add_argument("--large", type=int, default=20_000, help="picks of boxes of 32^3")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="on the disk to measure (default: temporary)")
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "tensorstore")
    about["load"] = f"{os.getloadavg()[0]:.1f}"  # of other work, before ours
    builds = {"here": HERE} | ({"old": arguments.old.resolve()} if arguments.old else {})
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="cryoal-many-") as temporary:
        folder = Path(temporary)
        make_parts(folder / "parts", arguments.parts)
        make_material(folder / "small", arguments.picks, 100, (64, 128, 128))
        make_material(folder / "large", arguments.large, 4, (128, 512, 512))
        for what, n, place, box in (
            ("open", arguments.parts, "parts", 8),
            ("read", arguments.picks, "small", 8),
            ("add", arguments.picks, "small", 8),
            ("add", arguments.large, "large", 32),
        ):
            # an older build opens no pool of now: against the same without its catalogue
            ways = {"no catalogue": HERE, "here": HERE} if what == "open" else builds
            taken: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
            for _ in range(arguments.rounds):
                for name, build in ways.items():
                    out = folder / "out.zarr"
                    if name == "no catalogue":
                        (folder / place / ".pool.zarr.catalogue").unlink(missing_ok=True)
                    taken[name].append(in_child(build, what, folder / place, out, box))
            for name, each in taken.items():
                seconds = min(one["seconds"] for one in each)
                megabytes = round(min(one["megabytes"] for one in each))
                row = {"what": what, "n": n, "box": box, "build": name}
                row |= {"processor_seconds": f"{seconds:.3g}", "peak_megabytes": megabytes}
                found.append({**about, **row})
                print(*row.values(), f"{n / seconds:.0f}/s", flush=True)
    rows.append("pool_many", found)


if __name__ == "__main__":
    main()
