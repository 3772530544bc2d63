"""From ``--scheduler`` to who works: this process, others of this machine, or other machines."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cryoal.crew import ALONE
from cryoal.distributed.extra import has_extra, require_extra
from cryoal.distributed.patience import Patience
from cryoal.errors import ConfigError
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.cluster_config import ClusterConfig
    from cryoal.crew import Crew, Work
    from cryoal.distributed.crew import DaskCrew

__all__ = ["ROWS", "crew_of"]

T = TypeVar("T")

WORDS = ("auto", "alone", "local", "slurm")

ROWS = 20_000
"""Of a work, from which on processes of this machine pay although they have to start."""


@contextmanager
def crew_of(
    scheduler: str | None,
    config: ClusterConfig,
    *,
    folder: Path,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Crew]:
    """Who works while the block lasts.

    Workers are started when there is the first work for them, and end with the block. A scheduler
    that is named by its address is asked at once.

    Parameters
    ----------
    scheduler
        In place of the config's: ``auto``, ``alone``, ``local``, ``slurm``, a Dask scheduler's
        address (``tcp://host:8786``), or the file that it wrote (``scheduler.json``).
    folder
        Where logs of jobs go, in a folder ``slurm``.

    Raises
    ------
    ConfigError
        Not one of these.
    CrewError
        The scheduler is not there, there is no SLURM, or Dask is not installed.
    """
    chosen = scheduler or config.scheduler
    with ExitStack() as stack:
        if chosen == "alone":
            yield ALONE
        elif chosen in ("auto", "local"):
            if chosen == "local":
                require_extra("distributed")
            yield _Hired(
                stack, lambda: _local(config, say), pays=_pays if chosen == "auto" else None
            )
        elif chosen == "slurm":
            from cryoal.distributed.slurm import require_slurm

            require_slurm()
            yield _Hired(stack, lambda: _slurm(config, folder / "slurm", say))
        else:
            yield stack.enter_context(_elsewhere(chosen, config, say))


class _Hired:
    """A crew whose workers start when they are first needed."""

    def __init__(
        self,
        stack: ExitStack,
        start: Callable[[], Any],
        pays: Callable[[Work, Sequence[tuple[int, int]]], bool] | None = None,
    ) -> None:
        self._stack, self._start, self._pays = stack, start, pays
        self.keeps_jobs = pays is not None  # nobody has asked for others

    @cached_property
    def _crew(self) -> DaskCrew:
        crew: DaskCrew = self._stack.enter_context(self._start())
        return crew

    def spans(
        self, work: Work, spans: Sequence[tuple[int, int]]
    ) -> Iterator[Mapping[str, NDArray[Any]]]:
        crew = ALONE if self.keeps(work, spans) else self._crew
        return crew.spans(work, spans)

    def keeps(self, work: Work, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether it is too little to give to others."""
        return not spans or (self._pays is not None and not self._pays(work, spans))

    def jobs(
        self, function: Callable[..., T], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, T]]:
        if not arguments or self.keeps_jobs:
            return ALONE.jobs(function, arguments)
        return self._crew.jobs(function, arguments)


def _pays(work: Work, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether processes of this machine pay for `work`.

    It depends on nothing that changes between a command and the one that goes on after it: where it
    said otherwise, the rest could differ in the last bits.
    """
    from cryoal.distributed.local import has_room

    rows: int = getattr(work, "pays_from", ROWS)
    if getattr(work, "is_light", False) or spans[-1][1] < rows or not has_extra():
        return False
    return not _has_gpu() and has_room()


def _has_gpu() -> bool:
    """Without torch, which many works never import."""
    return Path("/dev/nvidiactl").exists()


@contextmanager
def _local(config: ClusterConfig, say: Callable[[str], None]) -> Iterator[DaskCrew]:
    from cryoal.distributed.crew import DaskCrew
    from cryoal.distributed.local import local_client, n_local

    with local_client(n_local(config.workers)) as (client, local):
        yield DaskCrew(client, _patience(config), say, local.tend)


@contextmanager
def _slurm(config: ClusterConfig, logs: Path, say: Callable[[str], None]) -> Iterator[DaskCrew]:
    from cryoal.distributed.crew import DaskCrew
    from cryoal.distributed.slurm import slurm_jobs

    with slurm_jobs(config, logs) as (client, slurm):
        yield DaskCrew(client, _patience(config), say, slurm.tend)


@contextmanager
def _elsewhere(
    address: str, config: ClusterConfig, say: Callable[[str], None]
) -> Iterator[DaskCrew]:
    if re.fullmatch(r"[a-z]+", address):
        raise ConfigError(
            f"expected {', '.join(WORDS)} or the address of a Dask scheduler, found "
            f"{address!r}{nearest(address, WORDS)}"
        )
    require_extra("distributed")
    from cryoal.distributed.crew import DaskCrew
    from cryoal.distributed.link import FILE, FIRST, connect

    seconds = FILE if address.endswith(".json") else FIRST
    with connect(address, seconds) as client:
        yield DaskCrew(client, _patience(config), say)


def _patience(config: ClusterConfig) -> Patience:
    return Patience(late=config.late, tries=config.tries, workers=config.wait)
