"""How an operator is registered, on both devices at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch._library.custom_ops import CustomOpDef

__all__ = ["operator"]


def operator(schema: str) -> Callable[[Callable[..., Any]], CustomOpDef]:
    """Registers a function as ``torch.ops.cryoal.<its name>``; add its shapes and gradients after.

    The CPU's kernel is not registered by ``register_kernel``: that imports torch's compiler, and
    with it Triton, at the first call.
    """

    def register(function: Callable[..., Any]) -> CustomOpDef:
        name = f"cryoal::{function.__name__}"
        define = torch.library.custom_op(name, mutates_args=(), device_types="cuda", schema=schema)
        made: CustomOpDef = define(function)
        torch.library.impl(name, "cpu", function)
        return made

    return register
