"""Times of a function on inputs that take turns, and the bandwidth they are compared with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["Times", "copy_bandwidth", "quantiles", "times"]

Times = dict[str, list[float]]
"""Seconds of each repeat, by mode."""


def times(
    function: Callable[..., Any],
    inputs: list[tuple[Any, ...]],
    *,
    backward: bool,
    repeats: int,
) -> tuple[Times, int]:
    """Seconds of each mode after two warm runs, and the peak of memory on a GPU (bytes)."""
    on_gpu = inputs[0][1][0].is_cuda if backward else inputs[0][0].is_cuda
    found: Times = {"forward": [], "backward": [], "both": []} if backward else {"forward": []}
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    for number in range(repeats + 2):
        arguments = inputs[number % len(inputs)]
        if backward:
            for x in arguments[0]:
                x.grad = None
        start = _now(on_gpu)
        out: Tensor = function(*arguments)
        middle = _now(on_gpu)
        if backward:
            torch.autograd.backward(out)
        end = _now(on_gpu)
        if number >= 2:
            found["forward"].append(middle - start)
            if backward:
                found["backward"].append(end - middle)
                found["both"].append(end - start)
    return found, torch.cuda.max_memory_allocated() - before if on_gpu else 0


def copy_bandwidth(device: torch.device) -> float:
    """Bytes per second of a large copy, read and written."""
    source = torch.zeros(2**27 if device.type == "cuda" else 2**25, device=device)
    target = torch.zeros_like(source)
    seconds = []
    for _ in range(7):
        start = _now(source.is_cuda)
        target.copy_(source)
        seconds.append(_now(source.is_cuda) - start)
    return 2 * 4 * source.numel() / sorted(seconds)[3]


def quantiles(seconds: list[float]) -> tuple[float, float, float]:
    """Median, 20 % and 80 %."""
    low, middle, high = torch.tensor(seconds).quantile(torch.tensor([0.2, 0.5, 0.8])).tolist()
    return middle, low, high


def _now(on_gpu: bool) -> float:
    if on_gpu:
        torch.cuda.synchronize()
    return time.perf_counter()
