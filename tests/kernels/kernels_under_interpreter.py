"""What the public tests cannot say about the Triton kernels themselves.

Collected by :mod:`tests.kernels.test_interpreter` alone, in a process with ``TRITON_INTERPRET=1``.
"""

from __future__ import annotations

import math

import pytest
import torch
from cryoal_kernels import backend, kl_score
from cryoal_kernels.gpu import attention, scores
from cryoal_kernels.reference import attention as exact_attention
from cryoal_kernels.reference import scores as exact_scores
from hypothesis import given, settings
from hypothesis import strategies as st

# The interpreter truncates to bfloat16 where torch and the GPU round.
NARROW = {torch.float64: 1e-12, torch.float32: 2e-6, torch.float16: 2e-3, torch.bfloat16: 1e-2}


@pytest.fixture(autouse=True)
def _poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh memory holds NaN: what a kernel does not write shows."""
    for name in ("empty", "empty_like"):
        plain = getattr(torch, name)

        def fill(*args: object, plain=plain, **named: object) -> torch.Tensor:  # type: ignore[no-untyped-def]
            x: torch.Tensor = plain(*args, **named)
            return x.fill_(math.nan) if x.is_floating_point() else x

        monkeypatch.setattr(torch, name, fill)
    plain_new = torch.Tensor.new_empty

    def new(x: torch.Tensor, *args: object, **named: object) -> torch.Tensor:
        made = plain_new(x, *args, **named)  # type: ignore[arg-type]
        return made.fill_(math.nan) if made.is_floating_point() else made

    monkeypatch.setattr(torch.Tensor, "new_empty", new)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        (torch.float64, (1, 1, 1)),
        (torch.float64, (2, 19, 300)),
        (torch.float32, (1, 2, 27)),
        (torch.float32, (3, 65, 8)),
        (torch.float16, (1, 3, 1025)),
        (torch.bfloat16, (3, 64, 64)),
    ],
)
@pytest.mark.parametrize("layout", ["contiguous", "channels last", "sliced"])
def test_maps_and_gradients_are_the_reference(
    dtype: torch.dtype, shape: tuple[int, int, int], layout: str
) -> None:
    x = normal(*shape).to(dtype)
    if layout == "channels last":
        x = x.transpose(1, 2).contiguous().transpose(1, 2)
    elif layout == "sliced":
        x = torch.stack([x, x], dim=-1)[..., 1]
    wide, grad = x.double(), normal(shape[0], shape[2], seed=1).to(x)
    tolerance = {"rtol": NARROW[dtype], "atol": NARROW[dtype]}
    found = attention.attention_map(x).double()
    tight = 1e-12 if dtype == torch.float64 else 2e-6
    torch.testing.assert_close(found, exact_attention.attention_map(wide), rtol=tight, atol=tight)
    for also in (None, x):
        found = attention.attention_map_backward(x, grad, also)
        expected = exact_attention.attention_map_backward(
            wide, grad.double(), None if also is None else also.double()
        )
        assert found.dtype == dtype
        torch.testing.assert_close(found.double(), expected, **tolerance)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_distances_and_gradients_are_the_reference(squared: bool, dtype: torch.dtype) -> None:
    sizes = [1, 8, 27, 1000, 2049]
    student = [normal(3, v).square() for v in sizes]
    teacher = [normal(3, v, seed=1).square() for v in sizes]
    student[1][0], teacher[2][1], teacher[3][2] = 0.0, 0.0, student[3][2]  # dead, dead, equal
    narrow = [[m.to(dtype) for m in maps] for maps in (student, teacher)]
    grad = normal(3, 5)
    rtol = 1e-11 if dtype == torch.float64 else 3e-5
    expected, exact_state = exact_attention.map_distance(student, teacher, squared, 1e-12)
    found, state = attention.map_distance(*narrow, squared, 1e-12)
    torch.testing.assert_close(found.double(), expected, rtol=rtol, atol=rtol)
    gradients = attention.map_distance_backward(grad.to(dtype), *narrow, state, True)
    exact = exact_attention.map_distance_backward(grad, student, teacher, exact_state, True)
    torch.testing.assert_close([g.double() for g in gradients], exact, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(
    ("classes", "dtype"),
    [
        (1, torch.float32),
        (2, torch.bfloat16),
        (19, torch.float64),
        (19, torch.float16),
        (33, torch.float32),
        (64, torch.float16),
        (1000, torch.float64),
        (4097, torch.float32),
    ],
)
def test_rows_are_the_reference(classes: int, dtype: torch.dtype) -> None:
    teacher = (3 * normal(7, classes)).to(dtype)
    student = (teacher.double() + normal(7, classes, seed=1)).to(dtype)
    for temperature in (1.0, 2.5):
        expected = exact_scores.kl_rows(teacher.double(), student.double(), temperature)
        found = scores.kl_rows(teacher, student, temperature)
        rtol = 1e-10 if dtype == torch.float64 else 5e-6
        torch.testing.assert_close(found.double(), expected, rtol=rtol, atol=1e-9)


@given(st.integers(1, 70), st.integers(1, 70), st.floats(1e-3, 30))
@settings(max_examples=8, deadline=None)
def test_any_rows_are_the_reference_and_never_negative(n: int, classes: int, gap: float) -> None:
    teacher = (3 * normal(n, classes)).float()
    student = teacher + (gap * normal(n, classes, seed=1)).float()
    found = kl_score(teacher, student)
    assert backend() == "triton"
    assert (found >= 0).all()
    expected = exact_scores.kl_rows(teacher.double(), student.double(), 1.0)
    torch.testing.assert_close(found.double(), expected, rtol=2e-3, atol=1e-7)


def test_masked_classes_of_long_rows() -> None:
    teacher, student = 3 * normal(5, 70).float(), 3 * normal(5, 70, seed=1).float()
    teacher[0, 3] = student[0, 3] = -math.inf
    teacher[1, 3] = student[2, 3] = -math.inf
    teacher[3] = -math.inf
    student[4, 69] = math.nan
    found = scores.kl_rows(teacher, student, 1.0)
    expected = exact_scores.kl_rows(teacher, student, 1.0)
    torch.testing.assert_close(found, expected, equal_nan=True)
    assert found[2] == math.inf
    assert found[3:].isnan().all()


def test_offsets_beyond_two_to_the_31() -> None:
    """Strides so large that 32-bit products wrap; the memory between is never touched."""
    step = 2**31 // 2 + 11
    store = torch.Tensor().half()
    store.untyped_storage().resize_(2 * (2 * step + 64))  # pages that nobody writes cost nothing
    x = store.as_strided((1, 3, 8), (1, step, 1))
    values = normal(1, 3, 8).half()
    x.copy_(values)
    torch.testing.assert_close(attention.attention_map(x), attention.attention_map(values))
    teacher, student = x[0].T, values[0].T  # (8, 3): classes far apart
    torch.testing.assert_close(scores.kl_rows(teacher, student, 1.0), torch.zeros(8))
