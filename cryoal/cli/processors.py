"""How many processors the commands take."""

from __future__ import annotations

import os

from cryoal.machine import processors

__all__ = ["leave_one_processor"]


def leave_one_processor() -> None:
    """Let torch compute on all processors but one, unless ``OMP_NUM_THREADS`` says how many.

    Threads wait for each other in a busy loop: with two of them and another program on one of two
    processors, a step of training took 464 to 967 ms, with one thread 101 ms (docs/log.md). The
    variable is read when torch is first imported, which most commands never do.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, processors() - 1)))
