"""The table ``[cluster]``: settings of whoever computes for a campaign or a study."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryoal.setting import require

__all__ = ["ClusterConfig"]


@dataclass(frozen=True)
class ClusterConfig:
    """Who computes what can be done in parts, and what a worker asks SLURM for."""

    scheduler: str = "auto"
    """``auto``: this process, or processes of this machine where that pays; ``alone``, ``local``,
    ``slurm``, or the address of a Dask scheduler. ``--scheduler`` says otherwise."""
    workers: int = 0
    """Processes or jobs. 0: ``local`` takes one for each processor, as far as memory goes;
    ``slurm`` takes 2."""
    late: float = 900.0
    """Seconds after which a part of the work is given to another worker as well."""
    tries: int = 3
    """Workers that may be lost over the same part before the command ends."""
    wait: float = 3600.0
    """Seconds without any worker, a queue for instance, before the command ends."""
    partition: str = ""
    """Of SLURM; empty: its default."""
    account: str = ""
    """Of SLURM; empty: its default."""
    cores: int = 1
    """For each job: whole trainings use them all, parts of one work take one."""
    memory: str = "4 GB"
    """For each job."""
    time: str = "01:00:00"
    """Limit of each job; one that ends is submitted anew while there is work."""
    directives: tuple[str, ...] = ()
    """More lines of ``#SBATCH``, such as ``--gres=gpu:1``."""
    prologue: tuple[str, ...] = ()
    """Lines of the script before the worker starts, such as ``module load ...``."""
    python: str = ""
    """On the nodes; empty: the one that runs this."""
    interface: str = ""
    """Network that workers and scheduler talk over, such as ``ib0``; empty: the host's own."""
    scratch: str = ""
    """A folder on each node's own disk; empty: its temporary folder."""

    def __post_init__(self) -> None:
        require(self.scheduler.strip() != "", "cluster.scheduler", "a word", self.scheduler)
        require(self.workers >= 0, "cluster.workers", ">= 0", self.workers)
        require(self.late > 0, "cluster.late", "> 0", self.late)
        require(self.tries >= 1, "cluster.tries", ">= 1", self.tries)
        require(self.wait > 0, "cluster.wait", "> 0", self.wait)
        require(self.cores >= 1, "cluster.cores", ">= 1", self.cores)
        size = re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", self.memory)
        require(size is not None, "cluster.memory", "a size such as 4 GB", self.memory)
