"""Where the pair computes, and how precisely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from cryoal.errors import ConfigError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["autocast", "choose_device", "computes_in", "device_name", "slow_convolution_note"]


def choose_device(name: str) -> torch.device:
    """The device called `name` in a config; ``"auto"`` is CUDA when there is one, else the CPU.

    Raises
    ------
    ConfigError
        No such device, or no CUDA here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"expected device auto, cpu or cuda, found {name!r}") from error
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"expected device auto, cpu or cuda, found {name!r}")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise ConfigError(
            f"expected device {name!r}, found {found} CUDA devices that torch can use"
        )
    return device


def device_name(name: str) -> str:
    """What networks run on: the name of the GPU, or how many threads of the CPU."""
    device = choose_device(name)
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"


def computes_in(precision: str, device: torch.device) -> torch.dtype:
    """The dtype of the forward pass: bfloat16 under ``"auto"`` where the device is built for it."""
    native = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    if precision == "bfloat16" or (precision == "auto" and native):
        return torch.bfloat16
    return torch.float32


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """The context in which forward passes run; it does nothing in float32."""
    dtype = computes_in(precision, device)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


def slow_convolution_note(precision: str, device: torch.device) -> str | None:
    """What to tell the user of a cuDNN whose bfloat16 3-D convolutions are slow or wrong.

    pytorch#166122, #166643: 4 to 20 times slower, up to 17 times the memory before 9.15.
    """
    if device.type != "cuda" or computes_in(precision, device) != torch.bfloat16:
        return None
    version: int | None = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    if version is None or version >= 91500:
        return None
    return (
        "expected cuDNN >= 9.15 for 3-D convolutions in bfloat16, found"
        f" {version // 10000}.{version // 100 % 100}: they may be very slow (pytorch#166122);"
        " update nvidia-cudnn, or set train.precision to float32"
    )
