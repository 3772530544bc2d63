"""What a container or a job may use is told by its control groups, and not by the machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cryoal import machine

if TYPE_CHECKING:
    from pathlib import Path

GB = 10**9
NO_LIMIT = "9223372036854771712"  # of version 1


@pytest.fixture(autouse=True)
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 64 processors and 128 GB, 100 of which are free."""
    write(tmp_path, {
        "proc/meminfo": "MemTotal: 125000000 kB\nMemFree: 1 kB\nMemAvailable: 97656250 kB\n",
        "proc/self/cgroup": "0::/\n",
    })  # fmt: skip
    monkeypatch.setattr(machine, "PROC", tmp_path / "proc")
    monkeypatch.setattr(machine, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found() -> tuple[int, int, int]:
    return machine.processors(), machine.memory(), machine.free_memory()


def test_without_a_limit_there_is_what_the_machine_has(linux: Path) -> None:
    assert found() == (64, 128 * GB, 100 * GB)
    write(linux, {"groups/memory.max": "max\n", "groups/cpu.max": "max 100000\n"})
    assert found() == (64, 128 * GB, 100 * GB)


def test_in_a_job_of_slurm_the_limits_of_all_groups_around_it_hold(linux: Path) -> None:
    job = "groups/system.slice/slurmstepd.scope/job_7"
    write(linux, {
        "proc/self/cgroup": "0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0\n",
        f"{job}/memory.max": f"{16 * GB}\n",
        f"{job}/memory.current": f"{9 * GB}\n",
        f"{job}/memory.stat": f"anon {2 * GB}\nfile {7 * GB}\ninactive_file {5 * GB}\n",
        f"{job}/step_0/memory.max": f"{20 * GB}\n",
        f"{job}/step_0/memory.current": "0\n",
        f"{job}/cpu.max": "400000 100000\n",
        f"{job}/step_0/cpu.max": "max 100000\n",
    })  # fmt: skip
    assert found() == (4, 16 * GB, 12 * GB)  # files that were read once can be let go


def test_of_a_container_the_root_of_the_groups_tells(linux: Path) -> None:
    write(linux, {
        "proc/self/cgroup": "0::/../docker/0123\n",  # as seen from another namespace
        "groups/memory.max": f"{2 * GB}\n",
        "groups/memory.current": f"{3 * GB}\n",
        "groups/cpu.max": "150000 100000\n",
    })  # fmt: skip
    assert found() == (1, 2 * GB, 0)


def test_control_groups_of_version_1_tell_the_same(linux: Path) -> None:
    write(linux, {
        "proc/self/cgroup": "4:memory:/slurm/job_7\n2:cpu,cpuacct:/slurm/job_7\n0::/\n",
        "groups/memory/memory.limit_in_bytes": NO_LIMIT,
        "groups/memory/memory.usage_in_bytes": f"{90 * GB}",
        "groups/memory/slurm/job_7/memory.limit_in_bytes": f"{8 * GB}",
        "groups/memory/slurm/job_7/memory.usage_in_bytes": f"{3 * GB}",
        "groups/memory/slurm/job_7/memory.stat": f"inactive_file 0\ntotal_inactive_file {GB}\n",
        "groups/cpu/cpu.cfs_quota_us": "-1",
        "groups/cpu/cpu.cfs_period_us": "100000",
        "groups/cpu/slurm/job_7/cpu.cfs_quota_us": "50000",
        "groups/cpu/slurm/job_7/cpu.cfs_period_us": "100000",
    })  # fmt: skip
    assert found() == (1, 8 * GB, 6 * GB)


def test_processors_that_a_process_is_bound_to_are_all_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5})
    assert machine.processors() == 2


@pytest.mark.parametrize("name", ["prüfung", os.fsdecode(b"pr\xfcfung")])
def test_a_group_may_be_called_anything(linux: Path, name: str) -> None:
    write(linux, {f"groups/{name}/cpu.max": "300000 100000\n"})
    (linux / "proc/self/cgroup").write_bytes(b"0::/" + os.fsencode(name) + b"\n")
    assert machine.processors() == 3
