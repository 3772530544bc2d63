"""What only a GPU can show; skipped without one."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import torch
from cryoal_kernels import (
    attention_map,
    attention_transfer_loss,
    backend,
    dense_score,
    extract_subvolumes,
    greedy_k_center,
    kl_score,
)
from torch import Tensor

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

ACCURACY = {torch.float64: 1e-11, torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 1e-2}
SHAPES = [(3, 64, 8, 8, 8), (3, 19, 5, 7, 3), (3, 65, 2, 2, 2)]


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator("cuda").manual_seed(seed)
    return torch.randn(shape, generator=generator, device="cuda", dtype=torch.float64).to(dtype)


def everything(dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Each operator once, on the GPU."""
    student = [normal(*shape, dtype=dtype).requires_grad_() for shape in SHAPES]
    teacher = [normal(*shape, seed=1, dtype=dtype) for shape in SHAPES]
    loss = attention_transfer_loss(student, teacher)
    gradients = torch.autograd.grad(loss, student)
    found = [loss.detach(), *gradients]
    for classes in (2, 10, 33, 1000, 5000):
        found.append(kl_score(normal(99, classes, dtype=dtype), normal(99, classes, seed=1)))
    dense = normal(2, 19, 33, 65, dtype=dtype), normal(2, 19, 33, 65, seed=1, dtype=dtype)
    for metric in ("mse", "kl", "js"):
        found += dense_score(*dense, metric=metric, return_map=True)  # type: ignore[call-overload]
    corners = torch.tensor([[0, 1, 2], [-3, 20, 5]], device="cuda")
    found.append(extract_subvolumes(normal(40, 41, 42), corners, 16, dtype=torch.float32))
    found.append(greedy_k_center(normal(500, 70, dtype=dtype), 20))
    return found


@pytest.mark.parametrize("dtype", list(ACCURACY))
def test_a_gpu_computes_what_the_reference_does(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = everything(dtype)
    assert backend() == "triton"
    monkeypatch.setenv("CRYOAL_KERNELS", "torch")
    expected = everything(dtype)
    assert backend() == "torch"
    tolerance = ACCURACY[dtype]
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def test_twenty_runs_are_equal_to_the_bit() -> None:
    first = everything()
    for _ in range(20):
        assert all(torch.equal(a, b) for a, b in zip(everything(), first, strict=True))


def test_a_graph_replays_to_the_bit() -> None:
    stream = torch.cuda.Stream()
    teacher, student = normal(4, 10), normal(4, 10, seed=1)
    features, other = normal(*SHAPES[0]), normal(*SHAPES[0], seed=1)

    def captured() -> list[Tensor]:
        leaf = features.detach().requires_grad_()
        loss = attention_transfer_loss([leaf], [other])
        return [loss, *torch.autograd.grad(loss, leaf), kl_score(teacher, student),
                greedy_k_center(features.flatten(1), 2)]  # fmt: skip

    with torch.cuda.stream(stream):
        expected = captured()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = captured()
    graph.replay()
    torch.cuda.synchronize()
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_more_than_two_to_the_31_elements() -> None:
    x = torch.ones(130, 512, 32, 32, 32, dtype=torch.bfloat16, device="cuda")  # 4.4 GB
    x[-1] = 2.0
    maps = attention_map(x)
    assert (maps[:-1] == 512).all()
    assert (maps[-1] == 2048).all()
    flat = x.view(-1, 512)
    scores = kl_score(flat, flat)
    assert (scores == 0).all()


def test_the_inductor_agrees() -> None:
    student = [normal(*shape).requires_grad_() for shape in SHAPES]
    teacher = [normal(*shape, seed=1) for shape in SHAPES]
    compiled = torch.compile(attention_transfer_loss, fullgraph=True)
    torch.testing.assert_close(
        compiled(student, teacher), attention_transfer_loss(student, teacher)
    )


def test_the_loss_needs_little_more_than_its_gradients() -> None:
    student = [normal(64, 64, 32, 32, 32, dtype=torch.bfloat16).requires_grad_()]
    teacher = [normal(64, 64, 32, 32, 32, seed=1, dtype=torch.bfloat16)]
    attention_transfer_loss(student, teacher).backward()
    student[0].grad = None
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    attention_transfer_loss(student, teacher).backward()
    size = student[0].numel() * 2
    assert torch.cuda.max_memory_allocated() - before <= 1.1 * size  # the gradient, and maps


@pytest.mark.skipif(not shutil.which("compute-sanitizer"), reason="compute-sanitizer is absent")
@pytest.mark.parametrize("tool", ["memcheck", "racecheck", "initcheck"])
def test_the_sanitizer_finds_nothing(tool: str) -> None:
    code = "from tests.kernels.test_cuda import everything; everything()"
    done = subprocess.run(
        ["compute-sanitizer", f"--tool={tool}", "--error-exitcode=9", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
