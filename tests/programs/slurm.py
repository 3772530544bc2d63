"""Commands whose work is done by jobs of a real Slurm, one of them killed: ``make slurm``.

Phantoms are added, classified and compared by two jobs, by the files of ``docs/hpc.md``, and by
one process; what they write must be the same. A worker is killed while it describes boxes. It needs
root and Debian's packages.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from cryoal.campaign import Campaign
from cryoal.testing.phantoms import write_phantoms
from tests.programs.slurm_here import PROGRAMS, slurm_here

CLUSTER = """
[cluster]
memory = "1.5 GB"
time = "00:10:00"
wait = 120
"""
BUSY = 3.5  # seconds of processor time: a worker has loaded what it needs, and describes boxes
STUDY = """name = "two trainings"
start = 12
query = 6
cycles = 1
strategies = ["random"]
seeds = [0, 1]
settings = ["model.width=4", "train.epochs=2", "train.batch_size=8"]
[data]
path = "{campaign}"
truth = "{truth}"
split = "tomogram"
"""


def main() -> int:
    """Print a line for each comparison, and how many were not as they should be."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or os.getuid() != 0:
        what = ", ".join(missing) or "no root"
        print(f"expected Debian's slurmctld, slurmd, munge and root, found {what} missing")
        return 2
    with tempfile.TemporaryDirectory(prefix="cryoal-slurm-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        (folder / "slurm").mkdir()
        # jobs find this cryoal and this python by their names
        os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        with slurm_here(folder / "slurm"):
            wrong = _compare(folder)
    print(f"{wrong} wrong")
    return int(wrong > 0)


def _compare(folder: Path) -> int:
    here, jobs, one = folder / "here", folder / "jobs", folder / "allocation"
    data = folder / "data"
    data.mkdir()
    made = write_phantoms(data, n_tomograms=8, shape=(64, 256, 256), per_class=180)
    tables = ("--picks", made.picks, "--tomograms", made.tomograms_star)
    for campaign, scheduler in ((here, "alone"), (jobs, "slurm")):
        _cryoal("init", campaign, "--classes", ",".join(made.classes), "--set", "pool.box=16")
        _set(campaign)
        killed = _killing() if campaign == jobs else None
        _cryoal("add", campaign, *made.tomograms, *tables, "--no-check", "--scheduler", scheduler)
        if killed is not None:
            killed.join()
        _label(campaign, made.truth)
        study = folder / f"{campaign.name}.toml"
        study.write_text(STUDY.format(campaign=campaign, truth=made.truth) + CLUSTER)
    shutil.copytree(jobs, one)
    _cryoal("classify", here, "--scheduler", "alone")
    _cryoal("compare", folder / "here.toml", "-o", folder / "here.toml.out", "--scheduler", "alone")
    leader, allocation, study_file = sbatch_files()
    _sbatch(leader, CAMPAIGN=jobs)
    _sbatch(allocation, CAMPAIGN=one)
    _sbatch(study_file, STUDY=folder / "jobs.toml")
    names = sorted(file.name for file in (here / "descriptors").glob("*.f32"))
    same = _pool(here) == _pool(jobs)
    wrong = int(not same)
    print(f"{'right' if same else 'WRONG'}  {jobs.name}/pool.zarr: the bytes of one process")
    for name in (*(f"descriptors/{name}" for name in names), "predictions.csv"):
        for other in (jobs, one):
            same = (here / name).read_bytes() == (other / name).read_bytes()
            wrong += not same
            print(f"{'right' if same else 'WRONG'}  {other.name}/{name}: the bytes of one process")
    rows = [_accuracies(folder / f"{campaign.name}.toml.out") for campaign in (here, jobs)]
    same = rows[0] == rows[1] and len(rows[0]) == 4
    wrong += not same
    print(f"{'right' if same else 'WRONG'}  compare: {rows[0]} and {rows[1]}")
    time.sleep(5)  # KillWait, and some more: a job that was cancelled is listed until it is cleared
    left = subprocess.run(["squeue", "--noheader"], capture_output=True, text=True).stdout.strip()
    workers = _workers()
    wrong += bool(left) + bool(workers)
    print(f"{'WRONG' if left or workers else 'right'}  no job, no worker is left {left} {workers}")
    return wrong


def sbatch_files() -> list[str]:
    """Of ``docs/hpc.md``, in their order."""
    page = Path(__file__).parents[2] / "docs" / "hpc.md"
    return re.findall(r"^```sh\n(#!/bin/bash\n#SBATCH.*?)^```$", page.read_text(), re.M | re.S)


def _sbatch(text: str, **variables: Path) -> None:
    """Submit a file as it is, wait, and show what it wrote where it failed."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        file, log = Path(scratch) / "job.sh", Path(scratch) / "log"
        file.write_text(text)
        done = subprocess.run(
            ["sbatch", "--wait", f"--output={log}", str(file)],
            env={**os.environ, **{name: str(value) for name, value in variables.items()}},
            capture_output=True,
            text=True,
            check=False,
        )
        last = log.read_text().strip() if log.exists() else done.stderr
        if done.returncode:
            raise RuntimeError(f"expected sbatch to end well, found {done.returncode}: {last}")
    (name,) = re.findall(r"(cryoal (?:classify|compare).*)", text)
    print(f"       sbatch ({name}): {time.monotonic() - began:.0f} s")


def _cryoal(*words: object) -> None:
    line = [str(word) for word in words]
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "cryoal", *line], check=True)
    print(f"       cryoal {line[0]} {' '.join(line[-2:])}: {time.monotonic() - began:.0f} s")


def _set(campaign: Path) -> None:
    """No encoder that learns, which takes a minute, and small jobs."""
    file = campaign / "campaign.toml"
    text = file.read_text().replace('method = "vicreg"', 'method = "none"')
    head, _, rest = text.partition("[cluster]")
    file.write_text(head + CLUSTER)
    assert rest


def _label(campaign: Path, truth: Path) -> None:
    with truth.open(newline="") as table:
        rows = [(row["key"], row["label"]) for row in csv.DictReader(table)]
    Campaign.open(campaign).record("ann", rows[::20])


def _pool(campaign: Path) -> dict[str, bytes]:
    """What the files of its pool hold, but for what says when boxes were added."""
    pool = campaign / "pool.zarr"
    files = {str(file.relative_to(pool)): file for file in pool.rglob("*") if file.is_file()}
    del files["part_0000/zarr.json"]
    return {name: file.read_bytes() for name, file in files.items()}


def _accuracies(folder: Path) -> list[float]:
    told = [json.loads(file.read_text()) for file in sorted(folder.rglob("cells/*/*.json"))]
    return [each["row"]["accuracy"] for each in told if "row" in each]


def _killing() -> threading.Thread:
    """Kill one worker as soon as it has computed for some seconds."""
    thread = threading.Thread(target=_kill_one)
    thread.start()
    return thread


def _kill_one() -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        busy = [process for process in _workers() if _seconds(process) > BUSY]
        if busy:
            os.kill(busy[0], signal.SIGKILL)
            print(f"       killed worker {busy[0]}")
            return
        time.sleep(0.05)
    print("WRONG  no worker was killed within 120 s")


def _workers() -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
            environment = (file.parent / "environ").read_bytes()
        except OSError:
            continue
        if b"distributed.cli.dask_worker" in words and b"SLURM_JOB_ID=" in environment:
            found.append(int(file.parent.name))
    return found


def _seconds(process: int) -> float:
    """Of processor time."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
