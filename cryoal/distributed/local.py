"""Workers as processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cryoal.distributed.extra import require_extra
from cryoal.distributed.last_words import last_words
from cryoal.machine import free_memory, memory, processors

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Local", "has_room", "local_client", "n_local"]

BYTES_EACH = 1_500_000_000
"""Memory that a worker may come to need: torch and libraries, a batch and its feature maps."""

DEATHS = 3
"""Processes that may end before any worker has come."""

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # results are few and small: a worker that pauses would only look as if it hung
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE": "False",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}


def n_local(asked: int = 0) -> int:
    """How many workers: as many as asked for, or one for each processor, as far as memory goes."""
    return asked or max(1, min(processors(), free_memory() // BYTES_EACH))


def has_room() -> bool:
    """Whether this machine has processors and memory for two workers, be some of it in use now."""
    return processors() >= 2 and memory() >= 2 * BYTES_EACH


class Local:
    """Processes that take work from the scheduler at `address`; one that ends is started anew.

    They are programs of their own, not Dask's nannies: these leave ``OMP_NUM_THREADS=1`` behind in
    the process that starts them, have workers give freed memory back at once (and every temporary
    of some MB is then zeroed anew), and run the script again that the command is.
    """

    def __init__(self, address: str, workers: int, folder: Path) -> None:
        self._address, self._folder = address, folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._number = self._deaths = 0
        self._workers = workers
        for _ in range(workers):
            self._start()

    @property
    def processes(self) -> list[int]:
        """Numbers of the processes."""
        return [process.pid for process in self._processes]

    def tend(self, come: bool) -> str:
        """Start what ended anew; what is amiss, in one line, or nothing.

        Parameters
        ----------
        come
            Whether any worker is there.
        """
        ended = [process for process in self._processes if process.poll() is not None]
        self._deaths = 0 if come else self._deaths + len(ended)
        if self._deaths >= DEATHS:
            log = self._folder / f"{self._number - 1}.log"
            return (
                f"expected processes of this machine that stay, found {self._deaths} that ended "
                f"before they took work, the last with {last_words(log)}"
            )
        for process in ended:
            self._processes.remove(process)
            self._start()
        return ""

    def end(self) -> None:
        """End the processes, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _start(self) -> None:
        name = str(self._number)
        self._number += 1
        options = ["--no-nanny", "--nthreads=1", "--memory-limit=0", "--no-dashboard"]
        options += ["--dashboard-address=127.0.0.1:0"]
        where = [f"--name={name}", f"--local-directory={self._folder}", "--death-timeout=60"]
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "distributed.cli.dask_worker"),
                    *(self._address, *options, *where),
                ],
                env={**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a terminal's Ctrl-C is for who started them
            )
        self._processes.append(process)


@contextmanager
def local_client(workers: int) -> Iterator[tuple[Any, Local]]:
    """A client of `workers` processes of this machine, which end with the block."""
    require_extra("distributed")
    from distributed import Client, LocalCluster

    with (
        TemporaryDirectory(prefix="cryoal-workers-") as folder,
        LocalCluster(
            n_workers=0,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # for this machine alone
            silence_logs="CRITICAL",
            scheduler_kwargs={"dashboard": False},
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        local = Local(cluster.scheduler_address, workers, Path(folder))
        try:
            yield client, local
        finally:
            local.end()
