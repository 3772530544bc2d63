"""The operators keep torch's contract: opcheck, compile, autocast, one derivative."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cryoal_kernels import (
    AttentionTransferLoss,
    DenseScore,
    KLScore,
    attention_transfer_loss,
    dense_score,
    extract_subvolumes,
    greedy_k_center,
    kl_score,
    tap,
)
from torch import Tensor

OPS = torch.ops.cryoal


def normal(*shape: int, grad: bool = False) -> Tensor:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))
    return x.requires_grad_(grad)


def calls() -> list[tuple[str, Any, tuple[Any, ...]]]:
    features = [normal(2, 3, 2, 3, 4, grad=True), normal(2, 5, 3, 3, grad=True)]
    maps = [normal(2, 24, grad=True), normal(2, 9, grad=True)]
    plain = [m.detach().abs() for m in maps]
    distance, state = OPS.map_distance(plain, [m + 1 for m in plain], False, 1e-12)
    turned = normal(2, 4, 2, 3, 4).to(memory_format=torch.channels_last_3d)
    logits = normal(4, 6, grad=True), normal(6, 4, grad=True).T
    dense = normal(2, 3, 4, 5), normal(2, 3, 4, 5) + 1
    corners = torch.tensor([[0, 1, 2], [-1, 0, 0]])
    return [
        ("maps", OPS.attention_maps, (features,)),
        ("maps back", OPS.attention_maps_backward, ([turned], [plain[0]])),
        ("tap back", OPS.tap_backward, (turned, plain[0], turned)),
        ("distance", OPS.map_distance, (maps, [m + 1 for m in plain], False, 1e-12)),
        (
            "distance, both",
            OPS.map_distance,
            (maps, [normal(2, 24, grad=True), plain[1]], True, 1e-12),
        ),
        ("distance back", OPS.map_distance_backward, (distance, plain, plain, state, True)),
        ("rows", OPS.kl_rows, (*logits, 2.0)),
        ("dense", OPS.dense_score, (*dense, dense[0][:, 0] > 0, "js", 1.0, True)),
        ("dense, no map", OPS.dense_score, (*dense, None, "mse", 1.0, False)),
        ("crops", OPS.extract_subvolumes, (normal(5, 6, 7), corners, 3, True, torch.bfloat16)),
        ("k-center", OPS.greedy_k_center, (normal(9, 4), normal(1, 4), 3)),
    ]


@pytest.mark.filterwarnings("ignore")  # torch's own, of what its tests do to themselves
@pytest.mark.parametrize("number", range(11), ids=[name for name, _, _ in calls()])
def test_torch_accepts_the_operator(number: int) -> None:
    _, op, arguments = calls()[number]
    torch.library.opcheck(op, arguments)


@pytest.mark.filterwarnings("ignore")
def test_everything_compiles_into_one_graph() -> None:
    student = [normal(2, 3, 4, 4, 4, grad=True), normal(2, 4, 3, 5, grad=True)]
    teacher = [normal(2, 5, 4, 4, 4), normal(2, 2, 3, 5)]
    logits = normal(6, 5), normal(6, 5) + 1
    dense = normal(2, 3, 4, 5), normal(2, 3, 4, 5) + 1
    corners = torch.tensor([[0, 1, 2]])

    def everything() -> tuple[Tensor, ...]:
        passed, attention = tap(student[0])
        loss = attention_transfer_loss([attention, student[1]], teacher) + passed.sin().mean()
        box = torch.ops.cryoal.extract_subvolumes(dense[0][0], corners, 2, True, torch.float32)
        rows = greedy_k_center(logits[0], 3)
        return loss, kl_score(*logits), dense_score(*dense), box, rows

    expected = everything()
    expected[0].backward()
    gradients = [x.grad for x in student]
    for x in student:
        x.grad = None
    found = torch.compile(everything, fullgraph=True, backend="aot_eager")()
    found[0].backward()
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close([x.grad for x in student], gradients)


@pytest.mark.filterwarnings("ignore")
def test_a_compiled_loss_takes_other_batches() -> None:
    loss = torch.compile(AttentionTransferLoss(), fullgraph=True, backend="aot_eager", dynamic=True)
    for n in (2, 3, 5):
        student, teacher = [normal(n, 3, 4, 4)], [normal(n, 6, 4, 4)]
        torch.testing.assert_close(
            loss(student, teacher), attention_transfer_loss(student, teacher)
        )


def test_modules_are_the_functions() -> None:
    student, teacher = [normal(2, 3, 4, 4)], [normal(2, 6, 4, 4)]
    loss = AttentionTransferLoss(distance="mse", reduction="none")(student, teacher)
    assert torch.equal(
        loss, attention_transfer_loss(student, teacher, distance="mse", reduction="none")
    )
    logits = normal(6, 5), normal(6, 5) + normal(6, 5).roll(1)
    assert torch.equal(KLScore(temperature=2.0)(*logits), kl_score(*logits, temperature=2.0))
    dense = normal(2, 3, 4, 5), normal(2, 3, 4, 5).roll(1)
    assert torch.equal(DenseScore(metric="js")(*dense), dense_score(*dense, metric="js"))


def test_autocast_leaves_the_arithmetic_wide() -> None:
    student = [normal(2, 3, 4, 4).bfloat16().requires_grad_()]
    teacher = [normal(2, 6, 4, 4).bfloat16()]
    expected = attention_transfer_loss(student, teacher)
    with torch.autocast("cpu", torch.bfloat16):
        loss = attention_transfer_loss(student, teacher)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, expected)
    loss.backward()
    assert student[0].grad is not None
    assert student[0].grad.dtype == torch.bfloat16


def test_a_second_derivative_is_refused() -> None:
    student, teacher = [normal(2, 3, 4, 4, grad=True)], [normal(2, 6, 4, 4)]
    loss = attention_transfer_loss(student, teacher)
    (gradient,) = torch.autograd.grad(loss, student, create_graph=True)
    with pytest.raises(RuntimeError, match="no autograd formula was registered"):
        gradient.sum().backward()


def test_gradients_keep_the_strides_of_the_features() -> None:
    x = normal(2, 4, 3, 3, 3).to(memory_format=torch.channels_last_3d).requires_grad_()
    attention_transfer_loss([x], [normal(2, 2, 3, 3, 3)]).backward()
    assert x.grad is not None
    assert x.grad.stride() == x.stride()


def test_runs_are_equal_to_the_bit() -> None:
    student, teacher = [normal(3, 65, 5, 7, grad=True)], [normal(3, 33, 5, 7)]
    logits, corners = normal(50, 19), torch.tensor([[0, 1, 2]])

    def run() -> list[Tensor]:
        loss = attention_transfer_loss(student, teacher)
        (gradient,) = torch.autograd.grad(loss, student)
        box = extract_subvolumes(normal(6, 7, 8), corners, 4)
        return [loss, gradient, kl_score(logits, logits.roll(1)), box, greedy_k_center(logits, 9)]

    first = run()
    for _ in range(3):
        assert all(torch.equal(a, b) for a, b in zip(run(), first, strict=True))
