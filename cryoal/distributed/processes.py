"""Whether this is one of several processes of one command, as torchrun or srun start them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from cryoal.errors import ConfigError, CrewError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Started", "how_started"]

OWN = "CRYOAL_PROCESSES"
"""What ``--devices`` says to the processes that it starts."""

UNSEEN = ("bash", "interactive")
"""Names of jobs in which Lightning Fabric does not look for SLURM."""


class Started(NamedTuple):
    """Which of how many, and who started them."""

    by: str
    """``torchrun``, ``srun`` or ``cryoal``."""
    rank: int
    size: int
    on_each_host: int
    hosts: int


def how_started(environment: Mapping[str, str] = os.environ) -> Started | None:
    """How this process was started; None where it is one by itself.

    Raises
    ------
    CrewError
        Started by srun in a way in which the processes would not find one another.
    """
    size = _number(environment, "WORLD_SIZE")
    if size > 1 and ("TORCHELASTIC_RUN_ID" in environment or OWN in environment):
        by = "cryoal" if OWN in environment else "torchrun"
        each = _number(environment, "LOCAL_WORLD_SIZE") or size
        rank = _number(environment, "RANK" if by == "torchrun" else "LOCAL_RANK")
        return Started(by, rank, size, each, size // each)
    size = _number(environment, "SLURM_STEP_NUM_TASKS")  # srun alone sets it, not sbatch
    if size < 2:
        return None
    name = environment.get("SLURM_JOB_NAME", "")
    if name in UNSEEN:
        raise CrewError(
            f"expected a job of another name for {size} processes that srun starts, found"
            f" {name!r}, in which each would train alone: srun --job-name=train ..."
        )
    each = _number(environment, "SLURM_NTASKS_PER_NODE")
    hosts = _number(environment, "SLURM_NNODES") or 1
    if each * hosts != size:
        raise CrewError(
            f"expected --ntasks-per-node for the {size} processes on {hosts} hosts that srun"
            f" starts, found {each or 'none'}: say how many processes each host has"
        )
    return Started("srun", _number(environment, "SLURM_PROCID"), size, each, hosts)


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "0")
    if not text.isascii() or not text.isdigit():
        raise ConfigError(f"expected a whole number as {name} in the environment, found {text!r}")
    return int(text)
