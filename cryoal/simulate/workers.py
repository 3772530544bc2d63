"""The same function on many tasks, in as many processes as are asked for."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cryoal.crew import Crew
    from cryoal.progress import Progress

__all__ = ["run_by_crew", "run_tasks"]

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
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(
        min(processes, len(tasks)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=partial(_start, work),
    ) as pool:
        try:
            with _deaf_children():
                results = pool.map(_call, tasks)
            return list(progress.track(results, "simulating", len(tasks), unit))
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):  # asked to stop: a tomogram may take minutes more
                for child in set(multiprocessing.active_children()) - others:
                    child.terminate()
            raise


def run_by_crew(
    work: Callable[[T], R], tasks: Sequence[T], crew: Crew, unit: str, progress: Progress
) -> list[R]:
    """The same by `crew`, each task a whole job on one thread; `work` travels with each."""
    jobs = crew.jobs(_on_one_thread, [(work, task) for task in tasks])
    made = dict(progress.track(jobs, "simulating", len(tasks), unit))
    return [made[number] for number in range(len(tasks))]


def _on_one_thread(work: Callable[[T], R], task: T) -> R:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return work(task)
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Let processes that are started in the block ignore Ctrl-C: who started them ends them.

    A terminal sends it to all of them, and each would say so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def _start(work: Callable[[Any], Any]) -> None:
    global _work
    torch.set_num_threads(1)
    _work = work


def _call(task: Any) -> Any:
    assert _work is not None
    return _work(task)
