"""One way to start a kernel, and the questions that every launch asks."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
import triton
import triton.language as tl

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["accumulator", "collapsed", "launch", "power_of_two"]


def launch(kernel: Any, programs: int, *arguments: Any, warps: int = 4, **constants: Any) -> None:
    """Start `programs` programs of `kernel`, unless there is nothing to do.

    Fusing multiplication and addition is asked for by name: Triton 3.10 no longer does it by
    default, and other low bits mean other ties.
    """
    if programs > 0:
        device = next(x.device for x in _tensors(arguments))
        with torch.cuda.device(device) if device.type == "cuda" else nullcontext():
            kernel[(programs,)](*arguments, **constants, num_warps=warps, enable_fp_fusion=True)


def accumulator(*tensors: Tensor) -> Any:
    """The type to compute in."""
    return tl.float64 if any(t.dtype == torch.float64 for t in tensors) else tl.float32


def collapsed(x: Tensor) -> Tensor:
    """``(n, c, ...)`` as ``(n, c, voxels)``; copied only if the voxels have no common stride."""
    return x.flatten(start_dim=2)


def power_of_two(number: int, low: int, high: int) -> int:
    """The next power of two within bounds."""
    return max(low, min(high, int(triton.next_power_of_2(max(1, number)))))


def _tensors(arguments: Any) -> Any:
    for x in arguments:
        if isinstance(x, tuple):
            yield from _tensors(x)
        elif isinstance(x, torch.Tensor):
            yield x
