"""What is around this process: GPU, disk, and other machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

__all__ = ["cluster", "disk", "gpu", "precision"]

DRIVER = Path("/sys/module/nvidia/version")
MOUNTS = Path("/proc/mounts")


def gpu() -> dict[str, str]:
    """How many, and the versions of what drives them; which GPU it is stands elsewhere."""
    import torch

    facts = {"gpus": str(torch.cuda.device_count())}
    facts["driver"] = DRIVER.read_text().strip() if DRIVER.exists() else "none"
    if torch.version.cuda is None:
        return {**facts, "cudnn": "none (this torch computes on processors)"}
    found: int | None = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    cudnn = "none" if found is None else f"{found // 10000}.{found // 100 % 100}.{found % 100}"
    return {**facts, "cuda": torch.version.cuda, "cudnn": cudnn}


def precision() -> dict[str, str]:
    """In which numbers this processor may look at boxes, and why; a campaign asks its own pair."""
    from cryoal.scoring.precision import self_test

    found = self_test()
    ranks = "" if found.correlation is None else f", rank correlation {found.correlation:.5f}"
    return {"scoring": f"{found.name} on a CPU: {found.why}{ranks} (small pair, noise)"}


def disk(directory: Path) -> dict[str, str]:
    """The disk on which `directory` is or would be: its kind, locks, and what is free."""
    existing = directory.resolve()
    while not existing.is_dir():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    boxes = free // (32**3 * 2)
    return {
        "file system": f"{_kind(existing)}, {_locks(existing)}",
        "free disk": f"{free / 1e9:,.1f} GB at {existing}: {boxes:,} boxes of 32^3 at 16 bits",
    }


def _kind(folder: Path) -> str:
    """Its type, as the kernel calls it: that of the last mount on the longest way to `folder`."""
    try:
        lines = [line.split() for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return "unknown"
    known = [(Path(words[1].replace("\\040", " ")), words[2]) for words in lines]
    over = [(len(at.parts), kind) for at, kind in known if folder.is_relative_to(at)]
    most = max((n for n, _ in over), default=0)
    return [kind for n, kind in over if n == most][-1] if over else "unknown"


def _locks(folder: Path) -> str:
    from cryoal.errors import LockError
    from cryoal.locks import locked

    if not os.access(folder, os.W_OK):
        return "cannot be written to"
    try:
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=".cryoal-doctor-") as own,
            locked(Path(own) / "lock", seconds=2),
        ):
            return "locks (flock)"
    except (LockError, OSError) as error:
        return f"no locks: {error}"


def cluster() -> dict[str, str]:
    """What work can be given to others with."""
    return {
        "dask": _version("distributed", "cluster"),
        "dask-jobqueue": _version("dask-jobqueue", "cluster"),
        "lightning-fabric": _version("lightning-fabric", "gpus"),
        "slurm": _slurm(),
    }


def _version(package: str, extra: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return f"absent (pip install '.[{extra}]' in cryoal's clone)"


def _slurm() -> str:
    program = shutil.which("sinfo")
    if program is None:
        return "none"
    try:
        did = subprocess.run(
            [program, "--noheader"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{program} does not answer"
    if did.returncode:
        *_, last = did.stderr.strip().splitlines() or [f"code {did.returncode}"]
        return f"{program}: {last}"
    job = os.environ.get("SLURM_JOB_ID")
    names = dict.fromkeys(line.split()[0].rstrip("*") for line in did.stdout.splitlines() if line)
    return f"partitions {', '.join(names) or 'none'}" + (f", in job {job}" if job else "")
