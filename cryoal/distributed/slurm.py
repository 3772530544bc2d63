"""Workers as jobs of SLURM, by dask-jobqueue."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from cryoal.distributed.extra import require_extra
from cryoal.distributed.last_words import last_words
from cryoal.distributed.local import ENVIRONMENT
from cryoal.errors import CrewError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.cluster_config import ClusterConfig

__all__ = ["Slurm", "require_slurm", "slurm_jobs"]

LOOK = 5.0
"""Seconds between two looks at the queue."""

DEATHS = 3
"""Jobs, one after the other, that may end before their worker has come."""

LOST = "5s"
"""After so long without its worker a job is cancelled, and another submitted."""


UNTIL = (
    "export SLURM_JOB_END_TIME=${SLURM_JOB_END_TIME:-"
    "$(over=$(squeue --noheader --jobs=$SLURM_JOB_ID --format=%e) && "
    '[ -n "$over" ] && date -d "$over" +%s)}'
)
"""When the job's time is over, which SLURM tells jobs itself only of late (not yet in 22.05).

Empty where nobody says: of an empty date ``date`` makes last midnight, and a job whose time seems
to be over is given nothing.
"""


class Slurm:
    """The jobs: looked after while their workers compute.

    dask-jobqueue submits none anew by itself, neither for one that was killed nor for one that
    ended at its time limit, and does not see one that ends before its worker has come.
    """

    def __init__(self, cluster: Any, jobs: int, logs: Path) -> None:
        self._cluster, self._jobs, self._logs = cluster, jobs, logs
        self._looked = time.monotonic()
        self._deaths = 0

    def tend(self, come: bool) -> str:
        """Submit what is lacking; what is amiss, in one line, or nothing.

        Parameters
        ----------
        come
            Whether any worker is there.
        """
        if time.monotonic() - self._looked < LOOK:
            return ""
        self._looked = time.monotonic()
        submitted = {name: job.job_id for name, job in self._cluster.workers.items() if job.job_id}
        queued = _queued(list(submitted.values()))
        if queued is None:
            return ""  # the queue says nothing now: workers go on all the same
        here = {str(told["name"]) for told in self._cluster.scheduler_info["workers"].values()}
        if come:
            self._deaths = 0
        for name, job in submitted.items():
            if job not in queued and str(name) not in here:
                self._deaths += not come
                if self._deaths >= DEATHS:
                    log = self._logs / f"cryoal-{job}.err"
                    return (
                        f"expected a job of SLURM that stays, found {self._deaths} that ended "
                        f"before their worker came, last {job}: {last_words(log)}"
                    )
                self._cluster.workers.pop(name, None)
        self._cluster.scale(jobs=self._jobs)  # opens what is not there
        return ""


def require_slurm() -> None:
    """Make sure that jobs can be submitted from here.

    Raises
    ------
    CrewError
        There is no ``sbatch``, or dask-jobqueue is not installed.
    """
    require_extra("dask_jobqueue")
    if shutil.which("sbatch") is None:
        raise CrewError(
            "expected SLURM's sbatch to submit workers with, found none: start on a node that has "
            "it, or name a Dask scheduler: --scheduler ADDRESS"
        )


@contextmanager
def slurm_jobs(config: ClusterConfig, logs: Path) -> Iterator[tuple[Any, Slurm]]:
    """A client of workers that are jobs of SLURM, and who looks after the jobs.

    The jobs are cancelled when the block ends.

    Raises
    ------
    CrewError
        SLURM would not take such a job; its own words are in the line.
    """
    require_slurm()
    import dask
    from dask_jobqueue import SLURMCluster
    from distributed import Client

    jobs = config.workers or 2
    with dask.config.set({"distributed.deploy.lost-worker-timeout": LOST}):
        cluster = SLURMCluster(
            cores=1,  # threads of Dask: a worker computes one part at a time
            processes=1,
            job_cpu=config.cores,
            memory=config.memory,
            walltime=config.time,
            queue=config.partition or None,
            account=config.account or None,
            job_name="cryoal",
            job_extra_directives=list(config.directives),
            job_script_prologue=[*_environment(config), *config.prologue],
            # in place of the script's shell: SLURM without cgroups loses sight of a shell's
            # children, and a worker that does not end at once would stay for ever
            python=f"exec {config.python or sys.executable}",
            interface=config.interface or None,
            local_directory=config.scratch or None,
            log_directory=str(logs),
            nanny=False,  # SLURM's limits count, and a lost job is submitted anew
            death_timeout=120,
            scheduler_options={"dashboard_address": None, "dashboard": False},
            silence_logs="CRITICAL",
        )
    try:
        _require_taken(cluster.job_script())
        cluster.scale(jobs=jobs)
        with Client(cluster, set_as_default=False) as client:
            yield client, Slurm(cluster, jobs, logs)
    finally:
        cluster.close()


def _environment(config: ClusterConfig) -> list[str]:
    """Lines of the script: what a worker computes with."""
    cores = str(config.cores)
    named = {**ENVIRONMENT, "OMP_NUM_THREADS": cores, "MKL_NUM_THREADS": cores}
    return [f"export {name}={value}" for name, value in named.items()] + [UNTIL]


def _require_taken(script: str) -> None:
    """Ask SLURM whether it would take the job: submitted by dask-jobqueue, its answer is lost."""
    with NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            ["sbatch", "--test-only", file.name], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise CrewError(
            "expected SLURM to take jobs as [cluster] of campaign.toml has them, found "
            f"{one_line(done.stderr, 400)}"
        )


def _queued(jobs: list[str]) -> set[str] | None:
    """Which of `jobs` wait or run; None where the queue does not say."""
    done = subprocess.run(
        ["squeue", "--noheader", "--format=%A", f"--user={os.getuid()}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None
    return set(done.stdout.split()) & set(jobs)
