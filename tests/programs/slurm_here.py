"""A Slurm of one node, started in a folder of its own and stopped again (Debian's, as root)."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
CONFIGURATION = """\
ClusterName=local
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={port}
SlurmdPort={next_port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdParameters=config_overrides
MpiDefault=none
KillWait=3
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES State=UP
"""
PATIENCE = 30.0  # seconds for the node to be ready


@contextmanager
def slurm_here(folder: Path) -> Iterator[None]:
    """SLURM_CONF names it while the block lasts; three programs are started, and end with it."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    ports = _free_ports()
    text = CONFIGURATION.format(
        host=socket.gethostname(), folder=folder, memory=4000, port=ports[0], next_port=ports[1]
    )
    (folder / "slurm.conf").write_text(text)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    pids = [folder / "slurmd.pid", folder / "slurmctld.pid"]
    own_munge = _start_munge()
    if own_munge:
        pids.append(own_munge)
    try:
        subprocess.run(["slurmctld"], check=True)
        subprocess.run(["slurmd"], check=True)
        _wait_for_node()
        yield
    finally:
        for pid in pids:
            _stop(pid)
        del os.environ["SLURM_CONF"]


def _start_munge() -> Path | None:
    """Start munged where none answers; its file of the process, if it is ours."""
    if subprocess.run(["munge", "-n"], capture_output=True, check=False).returncode == 0:
        return None
    run = Path("/run/munge")
    run.mkdir(exist_ok=True)
    for each in (run, Path("/var/log/munge"), Path("/var/lib/munge")):
        shutil.chown(each, "munge", "munge")
    subprocess.run(["su", "-s", "/bin/sh", "munge", "-c", "munged"], check=True)
    return run / "munged.pid"


def _wait_for_node() -> None:
    until = time.monotonic() + PATIENCE
    while "idle" not in subprocess.run(["sinfo"], capture_output=True, text=True).stdout:
        if time.monotonic() > until:
            raise RuntimeError("expected an idle node, found none: see slurmctld.log, slurmd.log")
        time.sleep(0.5)


def _stop(file: Path) -> None:
    try:
        process = int(file.read_text())
    except (OSError, ValueError):
        return
    os.kill(process, signal.SIGTERM)
    until = time.monotonic() + 10
    while Path(f"/proc/{process}").exists() and time.monotonic() < until:
        time.sleep(0.1)


def _free_ports() -> list[int]:
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
