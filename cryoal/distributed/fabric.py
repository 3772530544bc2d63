"""Several processes that train one team, on a GPU each, found and joined by Lightning Fabric.

The first runs the command, alone; the others wait until it trains, train with it, and wait again.
Fabric finds the processes that torchrun or srun started and joins them; what is summed is summed by
torch's own collectives, for Fabric's wait for everybody once more before each.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import socket
import subprocess
import sys
import warnings
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from cryoal.distributed.processes import OWN, Started
from cryoal.errors import ConfigError, CrewError, CryoALError, DivergedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor

    from cryoal.training.company import Company

__all__ = ["follow", "gather", "start_others"]

T = TypeVar("T")

GRACE = 10.0
"""Seconds in which gloo tells this process itself that another has ended."""

SILENT_FOR = timedelta(minutes=30)
"""After which whoever does not answer in the middle of a step counts as lost."""

BOTH = "cpu:gloo,cuda:nccl"
"""On a machine with GPUs too the settings may say that the pair learns on processors."""

WAITS = timedelta(days=30)
"""For the first, which may score for days between two trainings."""


class FabricCompany:
    """The :class:`~cryoal.training.company.Company` that Fabric brought together."""

    def __init__(self, started: Started) -> None:
        self.rank, self.size = started.rank, started.size
        with self._or_lost("before they began"):
            self._join(started)

    def _join(self, started: Started) -> None:
        import torch

        fabric_of, strategy_of, environment = _fabric(started.by)
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # one line each on joining
        on_gpus = torch.cuda.is_available()
        if on_gpus and torch.cuda.device_count() < started.on_each_host:
            raise ConfigError(
                f"expected a GPU for each of {started.on_each_host} processes on"
                f" {platform.node()}, found {torch.cuda.device_count()}: start fewer, or hide it"
                " (CUDA_VISIBLE_DEVICES=) to train on processors"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an srun that is there and was not used
            try:
                self._fabric = fabric_of(
                    accelerator="cuda" if on_gpus else "cpu",
                    devices=started.on_each_host,
                    num_nodes=started.hosts,
                    strategy=strategy_of(
                        process_group_backend=BOTH if on_gpus else "gloo", timeout=SILENT_FOR
                    ),
                    plugins=[environment()],
                )
                self._fabric.launch()
            except ValueError as error:
                raise CrewError(f"Lightning Fabric: {error}") from error
        self._words = torch.distributed.new_group(backend="gloo", timeout=WAITS)

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum of all their tensors, in place of `tensor`.

        Raises
        ------
        CrewError
            One of them has gone.
        """
        import torch

        with self._or_lost("while they trained"):
            torch.distributed.all_reduce(tensor)
        return tensor

    def told(self, value: T) -> T:
        """What the first has.

        Raises
        ------
        CrewError
            One of them has gone.
        """
        import torch

        box: list[Any] = [value]
        with self._or_lost("while they waited"):
            torch.distributed.broadcast_object_list(box, 0, group=self._words)
        found: T = box[0]
        return found

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the others call `function` with the company and `arguments`."""
        if self.rank == 0:
            self.told((function, arguments))

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Where one of them fails in what it prepares, all do.

        Raises
        ------
        CrewError
            Another failed; names it, and its host.
        """
        import torch

        failed: Exception | None = None
        try:
            yield
        except (CryoALError, OSError) as error:
            failed = error
        said: list[Any] = [None] * self.size
        mine = failed and f"process {self.rank + 1} of {self.size} on {platform.node()}: {failed}"
        with self._or_lost("while they prepared to train"):
            torch.distributed.all_gather_object(said, mine, group=self._words)
        if failed is not None and self.rank == 0:
            raise failed
        if found := next((line for line in said if line), None):
            raise CrewError(found) if self.rank == 0 else _NobodyBeganError(found)

    def end(self) -> None:
        """Send the others home."""
        import torch

        if self.rank == 0:
            with suppress(CrewError):
                self.told(None)
        torch.distributed.destroy_process_group()

    @contextmanager
    def _or_lost(self, when: str) -> Iterator[None]:
        try:
            yield
        except CryoALError:
            raise
        except RuntimeError as error:  # what gloo, NCCL and torch's store all raise
            raise CrewError(
                f"expected {self.size} processes that train together, found one gone {when}"
                f" ({_first_words(error)}); the same command goes on from the last checkpoint"
            ) from error


def _first_words(error: RuntimeError) -> str:
    """The first sentence, without the place in gloo's source that it begins with."""
    first, *_ = str(error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"^\[[^]]*\] *", "", first).split(". ")[0].rstrip(".")


def _fabric(by: str) -> tuple[Any, Any, Any]:
    try:
        from lightning_fabric import Fabric
        from lightning_fabric.plugins.environments import (
            LightningEnvironment,
            SLURMEnvironment,
            TorchElasticEnvironment,
        )
        from lightning_fabric.strategies import DDPStrategy
    except ModuleNotFoundError as error:
        raise ConfigError(
            "expected lightning-fabric for a training on several devices, found none:"
            " pip install '.[gpus]' in cryoal's clone"
        ) from error
    environments = {
        "cryoal": LightningEnvironment,
        "torchrun": TorchElasticEnvironment,
        "srun": lambda: SLURMEnvironment(auto_requeue=False),
    }
    return Fabric, DDPStrategy, environments[by]


@contextmanager
def gather(started: Started) -> Iterator[Company]:
    """The company of the processes that were started with this one; it is the first of them."""
    company = FabricCompany(started)
    try:
        yield company
    finally:
        company.end()


def follow(started: Started) -> int:
    """Do what the first says until it sends everybody home; the exit code."""
    try:
        company = FabricCompany(started)
        while (call := company.told(None)) is not None:
            function, arguments = call
            with suppress(DivergedError, _NobodyBeganError):  # the first says so
                function(company, *arguments)
        company.end()
    except CryoALError as error:
        who = f"process {started.rank + 1} of {started.size} on {platform.node()}"
        print(f"cryoal: {who}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


class _NobodyBeganError(CrewError):
    """Somebody failed in what each prepared: all wait for the first again."""


@contextmanager
def start_others(devices: int) -> Iterator[Company]:
    """Start this command `devices` - 1 times more; the company of all, of which this is the first.

    Fabric would start them too, and kill this process without a word when one of them ends.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {
        OWN: "1",
        "WORLD_SIZE": str(devices),
        "LOCAL_WORLD_SIZE": str(devices),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "NODE_RANK": "0",
    }
    before = dict(os.environ)
    command = [sys.executable, "-m", "cryoal", *sys.argv[1:]]
    others = [
        # a group of their own: this process alone answers Ctrl-C
        subprocess.Popen(
            command, env={**before, **common, "LOCAL_RANK": str(rank)}, start_new_session=True
        )
        for rank in range(1, devices)
    ]
    os.environ.update({**common, "LOCAL_RANK": "0"})
    over = Event()
    Thread(target=_watch, args=(others, over), daemon=True).start()
    try:
        company = FabricCompany(Started("cryoal", 0, devices, devices, 1))
        for name in (*common, "LOCAL_RANK"):  # not for what this process starts later
            os.environ.pop(name, None)
        os.environ.update({name: before[name] for name in common if name in before})
        try:
            yield company
        finally:
            company.end()
    finally:
        over.set()
        for other in others:
            with suppress(subprocess.TimeoutExpired):
                other.wait(10)
            other.kill()
            other.wait()


def _watch(others: Sequence[subprocess.Popen[bytes]], over: Event) -> None:
    """End this process where another has ended and nothing here has noticed.

    Whoever ends before all have joined is waited for by torch's store, for as long as anybody may
    be silent.
    """
    while not over.wait(0.5):
        ended = [other.returncode for other in others if other.poll()]
        if ended and not over.wait(GRACE):
            line = (
                f"cryoal: expected {len(others) + 1} processes that train together, found one"
                f" ended with code {ended[0]}; the same command goes on from the last checkpoint"
            )
            for other in others:
                other.kill()
            os.write(2, f"{line}\n".encode())
            os._exit(2)
