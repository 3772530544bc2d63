"""How many inputs go through networks at a time, and the memory that they take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from cryoal.models.shapes import layer_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.models.base import Network

__all__ = ["MOST", "WIDEST", "inputs_at_once", "keep_freed_memory"]

WIDEST = 4 << 20
"""Bytes of one activation that is still cheap to take and to give back, on a CPU.

The laptop preset was fastest with 16 boxes of 32^3 and with 128 of 16^3, 4 MiB both times.
"""

MOST = 128


def inputs_at_once(
    networks: Iterable[Network], shape: tuple[int, ...], device: torch.device, each_bytes: int = 4
) -> int:
    """How many inputs of `shape` ``(channels, ...)`` go through `networks` at a time: 2 to 128.

    On a CPU as many as keep the widest activation, of `each_bytes` a number, within :data:`WIDEST`
    bytes. One input alone took four times as long as one of 16 and got other bits
    (benchmarks/results/scoring.csv).
    On a GPU 128 boxes of up to 32^3, fewer of larger ones, as many voxels at a time; one at least.
    """
    if device.type != "cpu":
        return max(1, min(MOST, MOST * 32**3 // math.prod(shape)))
    each = [math.prod(layer.given) for net in networks for layer in layer_shapes(net, shape)]
    return max(2, min(MOST, WIDEST // (each_bytes * max(each, default=1))))


def keep_freed_memory() -> None:
    """Have glibc keep what a layer gives back for the next one, in place of the system.

    It gives back what is free above a threshold, and takes twice the largest block that was freed
    for that threshold, if this is of 32 MiB at most (mallopt(3), M_MMAP_THRESHOLD). So a block that
    is a little smaller is taken and freed, never touched. Before, the laptop preset met 770 page
    faults for each box of 32^3, 20 % of the processor time; then 4.
    """
    torch.empty(31 << 20, dtype=torch.uint8)
