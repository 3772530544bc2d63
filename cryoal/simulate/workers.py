"""The same function on many tasks, in as many processes as are asked for."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryoal.progress import Progress

__all__ = ["run_tasks"]

T = TypeVar("T")
R = TypeVar("R")

_work: Callable[[Any], Any] | None = None  # in a process of the pool: what it was started for


def run_tasks(
    work: Callable[[T], R],
    tasks: Sequence[T],
    processes: int,
    unit: str,
    progress: Progress,
) -> list[R]:
    """``[work(task) for task in tasks]``, `processes` at a time, each on one thread.

    `work` is pickled once for each process. One thread also when there is one process: sums in
    another order give other bits.
    """
    if processes == 1:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return [work(task) for task in progress.track(tasks, "simulating", len(tasks), unit)]
        finally:
            torch.set_num_threads(threads)
    # spawned, because a fork copies locks of torch's threads as they happen to be
    with ProcessPoolExecutor(
        min(processes, len(tasks)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=partial(_start, work),
    ) as pool:
        try:
            return list(progress.track(pool.map(_call, tasks), "simulating", len(tasks), unit))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _start(work: Callable[[Any], Any]) -> None:
    global _work
    torch.set_num_threads(1)
    _work = work


def _call(task: Any) -> Any:
    assert _work is not None
    return _work(task)
