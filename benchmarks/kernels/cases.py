"""What is measured: operators, shapes, and the bytes that they cannot avoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from cryoal_kernels import attention_transfer_loss, dense_score, kl_score

from benchmarks.kernels import eager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["TESTS", "Case", "cases"]

# channels and side of each module for boxes of 32^3 (kernels.md 2.1)
STEMS = {
    "A": ((64, 16), (128, 8), (256, 4), (512, 2)),
    "B": ((64, 32), (128, 16), (256, 8), (512, 4)),
}
TESTS = {
    "attention_transfer_loss": "test_attention_transfer.py",
    "kl_score": "test_kl_score.py",
    "dense_score": "test_dense_score.py",
}
"""The tests of each operator, which must pass before its speed is printed."""


@dataclass(frozen=True)
class Case:
    """One operator on one shape."""

    op: str
    shape: str
    dtype: torch.dtype
    ours: Callable[..., Any]
    eager: Callable[..., Any]
    make: Callable[[torch.device], tuple[Any, ...]]
    bytes_forward: int
    bytes_backward: int = 0


def cases(on_gpu: bool) -> Iterator[Case]:
    """The table of kernels.md 2, as far as memory and patience allow on a CPU."""
    dtypes = (torch.float32, torch.bfloat16) if on_gpu else (torch.float32,)
    for dtype in dtypes:
        for stem, batch in (("A", 8), ("A", 32), ("A", 128), ("B", 8), ("B", 32), ("B", 128)):
            yield _transfer(stem, batch, dtype)
        for classes in (2, 10, 50, 100, 1000):
            for n in (10**4, 10**5, 10**6):
                if n * classes <= (10**9 if on_gpu else 10**8):
                    yield _rows(n, classes, dtype)
        yield _dense((1, 19, 688, 688), dtype)
        yield _dense((1, 10, 128, 128, 128), dtype)


def _transfer(stem: str, batch: int, dtype: torch.dtype) -> Case:
    shapes = [(batch, c, side, side, side) for c, side in STEMS[stem]]
    size = torch.empty(0, dtype=dtype).element_size()
    features = size * sum(torch.Size(s).numel() for s in shapes)
    maps = 4 * sum(batch * s[2] ** 3 for s in shapes)  # float32, of one network

    def make(device: torch.device) -> tuple[Any, ...]:
        def net() -> list[torch.Tensor]:
            return [torch.randn(s, device=device).to(dtype) for s in shapes]

        return [x.requires_grad_() for x in net()], net()

    return Case(
        "attention_transfer_loss",
        f"{stem} batch {batch}",
        dtype,
        attention_transfer_loss,
        eager.attention_transfer,
        make,
        bytes_forward=2 * features + 2 * 2 * maps,  # read both; maps are written and read
        bytes_backward=2 * features + (2 + 2) * maps,  # both maps; their gradient, out and in
    )


def _rows(n: int, classes: int, dtype: torch.dtype) -> Case:
    def make(device: torch.device) -> tuple[Any, ...]:
        teacher = 3 * torch.randn(n, classes, device=device)
        return teacher.to(dtype), (teacher + 0.3 * torch.randn_like(teacher)).to(dtype)

    counted = 2 * n * classes * torch.empty(0, dtype=dtype).element_size() + 4 * n
    return Case(
        "kl_score", f"{n} x {classes}", dtype, kl_score, eager.kl, make, counted
    )  # fmt: skip


def _dense(shape: tuple[int, ...], dtype: torch.dtype) -> Case:
    def make(device: torch.device) -> tuple[Any, ...]:
        teacher = 3 * torch.randn(shape, device=device)
        return teacher.to(dtype), (teacher + 0.3 * torch.randn_like(teacher)).to(dtype)

    size = torch.empty(0, dtype=dtype).element_size()
    return Case(
        "dense_score mse", " x ".join(map(str, shape)), dtype, dense_score, eager.dense_mse, make,
        2 * torch.Size(shape).numel() * size,
    )  # fmt: skip
