"""How many processors and how much memory of this machine are ours.

A container or a job of SLURM has less than the machine, which Linux tells in control groups: a
limit holds for a group and all that are in it. psutil tells of the machine alone; Dask looks at the
root of the groups for memory, which has no limit but in a container.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["free_memory", "memory", "processors"]

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")


def processors() -> int:
    """Processors that this process may use, whole ones; one at least."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    for group in _groups("cpu"):
        version_1 = [*_words(group / "cpu.cfs_quota_us"), *_words(group / "cpu.cfs_period_us")]
        told = _words(group / "cpu.max") or version_1
        if len(told) == 2 and all(map(str.isdecimal, told)):  # no limit is "max", or -1
            quota, period = map(int, told)
            found = min(found, quota // period)
    return max(1, found)


def memory() -> int:
    """Bytes that this process may take together with what else is in its groups; 0: not known."""
    return min([_of_machine("MemTotal"), *(limit for limit, _ in _limits())])


def free_memory() -> int:
    """Bytes of them that can be given without swapping."""
    left = (max(0, limit - used) for limit, used in _limits())
    return min([_of_machine("MemAvailable"), *left])


def _of_machine(what: str) -> int:
    for name, *values in map(str.split, _lines(PROC / "meminfo")):
        if name == f"{what}:":
            return int(values[0]) * 1024
    return 0


def _limits() -> Iterator[tuple[int, int]]:
    """Of each group with a limit of memory: that, and what is used and cannot be taken back."""
    for group in _groups("memory"):
        for limit, usage, kept in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            most, used = "".join(_words(group / limit)), "".join(_words(group / usage))
            if most.isdecimal():
                facts = dict(zip(*[iter(_words(group / "memory.stat"))] * 2, strict=False))
                yield int(most), int(used or 0) - int(facts.get(kept, 0))


def _groups(controller: str) -> Iterator[Path]:
    """Folders of the groups that this process is in, from its own to the root."""
    for line in _lines(PROC / "self" / "cgroup"):
        number, names, own = line.split(":", 2)
        if number == "0":
            root = GROUPS
        elif controller in names.split(","):
            root = GROUPS / controller
        else:
            continue
        # seen from inside of a container the path may begin with .., or not be there
        names_down = [name for name in own.split("/") if name not in ("", "..")]
        for n in range(len(names_down), -1, -1):
            yield root.joinpath(*names_down[:n])


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()


def _lines(path: Path) -> list[str]:
    """None where there is no such file: another system, or a group of another controller."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
