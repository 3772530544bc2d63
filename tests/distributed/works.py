"""Small works for tests, importable by workers."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cryoal.data.cutting import Cutting
from cryoal.errors import TomogramError


@dataclass(frozen=True)
class Squares:
    name: str = "squaring"

    def of(self, start, stop):
        return {"square": np.arange(start, stop) ** 2}


@dataclass(frozen=True)
class Ends(Squares):
    """Ends the process that computes row `row`, the first `times` times; counted in `folder`."""

    folder: str = ""
    row: int = 0
    times: int = 1

    def of(self, start, stop):
        if start <= self.row < stop and once(self.folder, self.times):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().of(start, stop)


@dataclass(frozen=True)
class Hangs(Squares):
    """Waits at row `row` the first time until `folder` has a file ``go``."""

    folder: str = ""
    row: int = 0

    def of(self, start, stop):
        if start <= self.row < stop and once(self.folder, 1):
            while not (Path(self.folder) / "go").exists():
                time.sleep(0.01)
        return super().of(start, stop)


@dataclass(frozen=True)
class Lacks(Squares):
    """Needs a file that a worker of the name `where` does not see."""

    where: str = ""
    error: str = "missing"

    def of(self, start, stop):
        from distributed import get_worker

        if self.where in ("everywhere", get_worker().name):
            if self.error == "missing":
                raise FileNotFoundError(2, "No such file or directory", "/data/TS_01.mrc")
            if self.error == "truncated":
                raise TomogramError("expected 100 sections in TS_01.mrc, found 40")
            if self.error == "full":
                raise OSError(28, "No space left on device", "/scratch/boxes")
            raise ZeroDivisionError("a fault in cryoal")
        return super().of(start, stop)


@dataclass(frozen=True)
class Threads:
    name: str = "counting threads"

    def of(self, start, stop):
        import torch

        told = (torch.get_num_threads(), threading.active_count() > 0)
        return {"threads": np.full(stop - start, told[0])}


def once(folder: str, times: int) -> bool:
    """Whether this is one of the first `times` calls, whichever process they are in."""
    for number in range(times):
        try:
            (Path(folder) / f"call{number}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return True
    return False


def double(number):
    return 2 * number


def diverges(number):
    raise ZeroDivisionError(f"job {number}")


def ends(folder, number):
    if number == 1 and once(folder, 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@dataclass(frozen=True)
class Freezes(Squares):
    """Stops the process that computes row `row`, the first time; its number is in ``frozen``."""

    folder: str = ""
    row: int = 0

    def of(self, start, stop):
        if start <= self.row < stop and once(self.folder, 1):
            (Path(self.folder) / "frozen").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().of(start, stop)


@dataclass(frozen=True)
class Slowly(Squares):
    """Long enough for something to happen meanwhile."""

    def of(self, start, stop):
        time.sleep(0.05)
        return super().of(start, stop)


class EndsOverBoxes(Cutting):
    """Ends the process that cuts the box of row `row`, the first time; counted in `folder`."""

    def __init__(self, *told, folder, row):
        super().__init__(*told)
        self.folder, self.row = folder, row

    def of(self, start, stop):
        if start <= self.row < stop and once(self.folder, 1):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().of(start, stop)
