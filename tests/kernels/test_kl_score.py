from __future__ import annotations

import math

import pytest
import torch
from cryoal_kernels import kl_score
from hypothesis import given, settings
from hypothesis import strategies as st

INF = math.inf


def exact(teacher: torch.Tensor, student: torch.Tensor) -> torch.Tensor:
    """KL(teacher || student) the textbook way, in float64."""
    log_p = torch.log_softmax(teacher.double(), 1)
    log_q = torch.log_softmax(student.double(), 1)
    return (log_p.exp() * (log_p - log_q)).sum(1)


def test_it_runs_from_teacher_to_student() -> None:
    even, sure = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]).log()
    # .5 log(.5/.9) + .5 log(.5/.1) = -.2939 + .8047
    assert kl_score(even, sure).item() == pytest.approx(0.5108, abs=5e-5)
    # .9 log(.9/.5) + .1 log(.1/.5) = .5290 - .1609
    assert kl_score(sure, even).item() == pytest.approx(0.3681, abs=5e-5)


@pytest.mark.parametrize("classes", [2, 3, 10, 50])
@pytest.mark.parametrize("gap", [3.0, 0.1, 1e-2])
def test_it_agrees_with_float64(classes: int, gap: float) -> None:
    generator = torch.Generator().manual_seed(classes)
    teacher = 3 * torch.randn(500, classes, generator=generator)
    student = teacher + gap * torch.randn(500, classes, generator=generator)
    scores = kl_score(teacher, student)
    assert scores.dtype == torch.float32
    torch.testing.assert_close(
        scores.double(), exact(teacher, student), rtol=1e-3 if gap < 0.1 else 1e-4, atol=1e-9
    )
    torch.testing.assert_close(
        kl_score(teacher.double(), student.double()).double(),
        exact(teacher, student),
        rtol=2e-7,
        atol=1e-12,
    )


def test_it_is_never_negative_where_the_models_agree_and_ranks_as_float64_does() -> None:
    generator = torch.Generator().manual_seed(0)
    teacher = 3 * torch.randn(2000, 50, generator=generator)
    student = teacher + 1e-4 * torch.randn(2000, 50, generator=generator)
    scores = kl_score(teacher, student)
    assert (scores >= 0).all()
    # the plain form in float32 loses most of the order: the reason for this one (kernels.md 0.6)
    log_p, log_q = torch.log_softmax(teacher, 1), torch.log_softmax(student, 1)
    plain = (log_p.exp() * (log_p - log_q)).sum(1)
    assert (plain < 0).any()
    truth = set(exact(teacher, student).topk(200).indices.tolist())
    assert len(truth & set(scores.topk(200).indices.tolist())) >= 196
    assert len(truth & set(plain.topk(200).indices.tolist())) < 100


def test_equal_logits_score_exactly_zero() -> None:
    logits = 5 * torch.randn(20, 7, generator=torch.Generator().manual_seed(1))
    assert torch.equal(kl_score(logits, logits), torch.zeros(20))


@given(
    st.lists(
        st.tuples(st.floats(-80, 80, width=32), st.floats(-80, 80, width=32)),
        min_size=2,
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_it_is_finite_and_never_negative_for_any_logits(pairs: list[tuple[float, float]]) -> None:
    teacher, student = torch.tensor(pairs).T
    score = kl_score(teacher[None], student[None]).item()
    assert 0.0 <= score < INF
    assert score == pytest.approx(exact(teacher[None], student[None]).item(), rel=2e-3, abs=2e-5)


@pytest.mark.parametrize("constant", [50.0, 200.0, -200.0])
def test_a_constant_added_to_a_row_changes_nothing(constant: float) -> None:
    """200 overflows a sum of exponentials in float32, -200 leaves nothing of it."""
    generator = torch.Generator().manual_seed(5)
    teacher = torch.randn(50, 6, generator=generator)
    student = teacher + 0.5 * torch.randn(50, 6, generator=generator)
    expected = exact(teacher, student)
    for t, s in ((teacher + constant, student), (teacher + constant, student - constant)):
        torch.testing.assert_close(kl_score(t, s).double(), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("classes", [6, 50])
def test_a_row_does_not_depend_on_its_neighbours(classes: int) -> None:
    generator = torch.Generator().manual_seed(6)
    teacher, student = torch.randn(2, 40, classes, generator=generator)
    alone = torch.cat([kl_score(teacher[i, None], student[i, None]) for i in range(40)])
    teacher[20, 0] = math.nan
    student[21, 1] = -INF
    alone[20], alone[21] = math.nan, INF
    # but for the last bits: vector lanes and what is left over round differently
    torch.testing.assert_close(kl_score(teacher, student), alone, equal_nan=True)


def test_its_gradient_is_that_of_the_textbook() -> None:
    generator = torch.Generator().manual_seed(7)
    logits = [torch.randn(20, 5, generator=generator, requires_grad=True) for _ in range(2)]
    kl_score(*logits, temperature=2.0).sum().backward()
    twins = [x.detach().double().requires_grad_() for x in logits]
    exact(twins[0] / 2, twins[1] / 2).sum().backward()
    for x, twin in zip(logits, twins, strict=True):
        assert x.grad is not None
        assert twin.grad is not None
        torch.testing.assert_close(x.grad.double(), twin.grad, rtol=1e-4, atol=1e-6)


def test_a_masked_class_has_no_gradient_and_spoils_none() -> None:
    teacher = torch.tensor([[0.3, -0.2, -INF]], requires_grad=True)
    student = torch.tensor([[0.1, 0.4, -INF]], requires_grad=True)
    kl_score(teacher, student).sum().backward()
    for x in (teacher, student):
        assert x.grad is not None
        assert x.grad[0, 2] == 0
        assert x.grad.isfinite().all()
        assert x.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("teacher", "student", "expected"),
    [
        ([0.0, 0.0, -INF], [0.0, 0.0, -INF], 0.0),
        # p = [.5 .5 0], q = [1/3 1/3 1/3]: log(3/2)
        ([0.0, 0.0, -INF], [0.0, 0.0, 0.0], math.log(1.5)),
        ([0.0, 0.0, 0.0], [0.0, 0.0, -INF], INF),
        ([0.0, 0.0, -300.0], [0.0, 0.0, -INF], INF),  # p underflows to 0 but is not 0
        ([-INF, -INF, -INF], [0.0, 0.0, 0.0], math.nan),
        ([0.0, 0.0, 0.0], [-INF, -INF, -INF], math.nan),
        ([INF, 0.0, 0.0], [0.0, 0.0, 0.0], math.nan),
        ([math.nan, 0.0, 0.0], [0.0, 0.0, 0.0], math.nan),
        ([0.0, 0.0, 0.0], [0.0, math.nan, 0.0], math.nan),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_masked_and_broken_logits(
    teacher: list[float], student: list[float], expected: float, dtype: torch.dtype
) -> None:
    score = kl_score(torch.tensor([teacher], dtype=dtype), torch.tensor([student], dtype=dtype))
    assert score.item() == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_the_temperature_divides_both() -> None:
    generator = torch.Generator().manual_seed(2)
    teacher, student = torch.randn(2, 30, 5, generator=generator)
    torch.testing.assert_close(
        kl_score(teacher, student, temperature=2.5), kl_score(teacher / 2.5, student / 2.5)
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_logits_are_widened_first(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(3)
    teacher, student = (20 * torch.randn(2, 30, 5, generator=generator)).to(dtype)
    assert kl_score(teacher, student).dtype == torch.float32
    torch.testing.assert_close(
        kl_score(teacher, student).double(), exact(teacher, student), rtol=1e-4, atol=1e-6
    )


def test_the_order_of_the_classes_does_not_matter() -> None:
    generator = torch.Generator().manual_seed(4)
    teacher, student = torch.randn(2, 30, 6, generator=generator)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(
        kl_score(teacher[:, order], student[:, order]), kl_score(teacher, student)
    )


def test_nothing_in_nothing_out() -> None:
    assert kl_score(torch.zeros(0, 3), torch.zeros(0, 3)).shape == (0,)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"found \(4, 3\) and \(4, 2\)"):
        kl_score(torch.zeros(4, 3), torch.zeros(4, 2))
    with pytest.raises(ValueError, match=r"found \(3,\)"):
        kl_score(torch.zeros(3), torch.zeros(3))
    with pytest.raises(ValueError, match="temperature > 0, found 0"):
        kl_score(torch.zeros(4, 3), torch.zeros(4, 3), temperature=0)
