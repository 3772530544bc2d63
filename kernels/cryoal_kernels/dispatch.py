"""Which implementation computes: Triton's on a GPU, torch's everywhere else."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Backend", "backend", "implementation"]

Backend: TypeAlias = Literal["triton", "torch"]

_CHOICES = ("auto", "triton", "torch")
_ran: Backend | None = None


def backend() -> Backend | None:
    """What computed the last call in this process; ``None`` before the first.

    ``CRYOAL_KERNELS=auto`` (default) takes Triton for tensors on a GPU where Triton is installed,
    and torch otherwise; ``triton`` insists on it; ``torch`` never imports it.
    """
    return _ran


def implementation(tensor: Tensor, name: str) -> Any:
    """The module `name` of the reference or of the Triton kernels, for data like `tensor`."""
    global _ran
    _ran = _choose(tensor)
    return _module("reference" if _ran == "torch" else "gpu", name)


def _choose(tensor: Tensor) -> Backend:
    wanted = os.environ.get("CRYOAL_KERNELS", "auto")
    if wanted not in _CHOICES:
        raise ValueError(f"expected CRYOAL_KERNELS one of {', '.join(_CHOICES)}, found {wanted!r}")
    if wanted == "auto":
        return "triton" if tensor.is_cuda and _has_triton() else "torch"
    if wanted == "triton" and not tensor.is_cuda and os.environ.get("TRITON_INTERPRET") != "1":
        raise RuntimeError(
            f"expected tensors on a GPU for CRYOAL_KERNELS=triton, found {tensor.device}"
        )
    return "triton" if wanted == "triton" else "torch"


@cache
def _has_triton() -> bool:
    return find_spec("triton") is not None


@cache
def _module(which: str, name: str) -> Any:
    return import_module(f"cryoal_kernels.{which}.{name}")  # triton is imported here and not before
