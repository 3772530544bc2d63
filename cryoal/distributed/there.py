"""What runs on a worker: parts of the work, and what the worker tells about itself."""

from __future__ import annotations

import math
import os
import pickle
import platform
import socket
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.checks import crc32c
from cryoal.machine import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryoal.crew import Work

__all__ = ["Failure", "Greeting", "do_job", "do_span", "greet"]

_locks: dict[str, threading.Lock] = {}


@dataclass(frozen=True)
class Failure:
    """An error on a worker, instead of a result."""

    error: Exception


@dataclass(frozen=True)
class Greeting:
    """What decides whether a worker computes the same as others."""

    version: str
    """Of cryoal."""
    sources: str
    """A digest of cryoal's files: two copies of one version may differ."""
    python: str
    torch: str
    processor: str
    host: str
    process: int
    job: str = ""
    """Of SLURM, where it is one."""
    until: float = math.inf
    """When the job's time is over, in seconds since 1970."""

    def said(self, address: str) -> str:
        """The worker for a message, by what one finds it by."""
        job = f", job {self.job}" if self.job else ""
        return f"worker {address} on {self.host} (process {self.process}{job})"


def greet() -> Greeting:
    """Tell about the process that this runs in, once it has nothing else to do.

    Torch is not imported for it.
    """
    with _one_at_a_time():
        return Greeting(
            version=_version("cryoal"),
            sources=_sources(),
            python=".".join(platform.python_version_tuple()[:2]),
            torch=_version("torch"),
            processor=_processor(),
            host=socket.gethostname(),
            process=os.getpid(),
            job=os.environ.get("SLURM_JOB_ID", ""),
            until=float(os.environ.get("SLURM_JOB_END_TIME") or math.inf),
        )


def do_span(work: Work, start: int, stop: int) -> Any:
    """What `work` gives for rows `start` to `stop`, on one thread, or why it gives nothing.

    Sums in another order give other bits, and several threads add in another order (of the
    descriptors wavelets, moments and scattering differ between one thread and two).
    """
    with _one_thread():
        return _tried(lambda: dict(work.of(start, stop)))


def do_job(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """``function(*arguments)``, or why there is none."""
    return _tried(lambda: function(*arguments))


def _tried(call: Callable[[], Any]) -> Any:
    with _one_at_a_time():
        try:
            return call()
        except Exception as error:
            return Failure(_portable(error))


def _one_at_a_time() -> threading.Lock:
    """What a worker holds while it computes: works know nothing of a worker's threads."""
    from distributed import get_worker

    try:
        address: str = get_worker().address
    except ValueError:  # no worker: who gives the work asks itself who it is
        address = ""
    return _locks.setdefault(address, threading.Lock())


@contextmanager
def _one_thread() -> Iterator[None]:
    from threadpoolctl import threadpool_limits

    former = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is first imported, maybe in the block
    torch = sys.modules.get("torch")
    before = None if torch is None else torch.get_num_threads()
    if torch is not None:
        torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        if former is None:
            os.environ.pop("OMP_NUM_THREADS", None)
        else:
            os.environ["OMP_NUM_THREADS"] = former
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_num_threads(before or int(former or 0) or processors())


def _portable(error: Exception) -> Exception:
    """The error, or its words where it cannot travel."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


@cache
def _sources() -> str:
    """A digest of the files of cryoal as they were when this process first told of them."""
    import cryoal

    found = 0
    folder = Path(cryoal.__file__).parent
    for file in sorted(folder.rglob("*.py")):
        name = file.relative_to(folder).as_posix().encode()
        found = crc32c(b"%d %s %d" % (found, name, crc32c(file.read_bytes())))
    return f"{found:08x}"


def _processor() -> str:
    """The kind of processor: on another the last bits of what is computed may be others."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
