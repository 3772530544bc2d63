"""Many files at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cryoal.machine import processors

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_threads"]


def in_threads(work: Callable[[int], None], n: int) -> None:
    """Call `work` with 0 to ``n - 1``, one thread for each processor; what is raised comes out.

    Decoders and positioned reads let go of the interpreter's lock.
    """
    with ThreadPoolExecutor(max_workers=processors()) as readers:
        for _ in readers.map(work, range(n)):
            pass
