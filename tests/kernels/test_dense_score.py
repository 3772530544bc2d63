from __future__ import annotations

import math

import pytest
import torch
from cryoal_kernels import dense_score, kl_score
from hypothesis import given, settings
from hypothesis import strategies as st

INF = math.inf
METRICS = ["mse", "kl", "js"]


def literally(teacher: torch.Tensor, student: torch.Tensor, metric: str) -> torch.Tensor:
    """The textbook formula at each voxel, ``(n, voxels)``, in float64."""
    p, q = (x.double().flatten(2).softmax(1) for x in (teacher, student))
    if metric == "mse":
        return (p - q).square().mean(1)
    if metric == "kl":
        return torch.special.xlogy(p, p / q).sum(1)
    m = (p + q) / 2
    return (torch.special.xlogy(p, p / m) + torch.special.xlogy(q, q / m)).sum(1) / 2


def logits(shape: tuple[int, ...], gap: float = 1.0, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    teacher = 3 * torch.randn(shape, generator=generator)
    return [teacher, teacher + gap * torch.randn(shape, generator=generator)]


@pytest.mark.parametrize("metric", METRICS)
def test_hand_worked_voxel(metric: str) -> None:
    teacher = torch.tensor([0.5, 0.5]).log().view(1, 2, 1, 1)
    student = torch.tensor([0.9, 0.1]).log().view(1, 2, 1, 1)
    # mse (.4^2 + .4^2) / 2; kl .5 log(.5/.9) + .5 log(.5/.1); js with m = (.7, .3):
    # (.5 log(.5/.7) + .5 log(.5/.3) + .9 log(.9/.7) + .1 log(.1/.3)) / 2
    expected = {"mse": 0.16, "kl": 0.5108, "js": 0.1017}[metric]
    score = dense_score(teacher, student, metric=metric)  # type: ignore[call-overload]
    assert score.item() == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("shape", [(1, 2, 1), (3, 3, 5, 7), (2, 19, 3, 4, 5), (1, 40, 11)])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_it_is_the_literal_formula(metric: str, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    teacher, student = (x.to(dtype) for x in logits(shape))
    exact = literally(teacher, student, metric)
    score, whole = dense_score(
        teacher,
        student,
        metric=metric,  # type: ignore[call-overload]
        return_map=True,
    )
    assert score.dtype == whole.dtype == torch.float32
    assert whole.shape == shape[:1] + shape[2:]
    torch.testing.assert_close(score.double(), exact.mean(1), rtol=3e-6, atol=1e-9)
    torch.testing.assert_close(whole.double().flatten(1), exact, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("metric", ["kl", "js"])
@pytest.mark.parametrize("gap", [1e-1, 1e-2, 1e-3])
def test_it_is_exact_where_the_models_almost_agree(metric: str, gap: float) -> None:
    teacher, student = logits((20, 10, 8, 8), gap)
    exact = literally(teacher, student, metric).mean(1)
    score = dense_score(teacher, student, metric=metric)  # type: ignore[call-overload]
    torch.testing.assert_close(score.double(), exact, rtol=1e-3, atol=0)
    assert torch.equal(dense_score(teacher, teacher, metric=metric), torch.zeros(20))  # type: ignore[call-overload]


@pytest.mark.parametrize("metric", METRICS)
def test_masked_voxels_may_hold_anything(metric: str) -> None:
    teacher, student = logits((2, 4, 5, 6))
    mask = torch.rand(2, 5, 6, generator=torch.Generator().manual_seed(1)) < 0.5
    exact = literally(teacher, student, metric)
    teacher.masked_fill_(~mask[:, None], math.nan)
    score, whole = dense_score(
        teacher,
        student,
        metric=metric,  # type: ignore[call-overload]
        mask=mask,
        return_map=True,
    )
    kept = mask.flatten(1)
    expected = (exact * kept).sum(1) / kept.sum(1)
    torch.testing.assert_close(score.double(), expected, rtol=3e-6, atol=1e-9)
    assert (whole[~mask] == 0).all()


def test_a_sample_without_voxels_has_no_score() -> None:
    teacher, student = logits((2, 4, 5, 6))
    mask = torch.ones(2, 5, 6, dtype=torch.bool)
    mask[1] = False
    score = dense_score(teacher, student, mask=mask)
    assert not score[0].isnan()
    assert score[1].isnan()


def test_strides_and_chunks_do_not_matter() -> None:
    teacher, student = logits((2, 5, 4, 9, 40))
    expected = dense_score(teacher, student, metric="kl")
    turned = teacher.to(memory_format=torch.channels_last_3d)
    sliced = torch.stack([student, student], dim=-1)[..., 1]
    swapped = teacher.transpose(3, 4).contiguous().transpose(3, 4)
    torch.testing.assert_close(dense_score(turned, sliced, metric="kl"), expected)
    torch.testing.assert_close(dense_score(swapped, student, metric="kl"), expected)


@pytest.mark.parametrize("metric", ["kl", "js"])
@pytest.mark.parametrize(
    ("teacher", "student", "kl", "js"),
    [
        ([0.0, 0.0, -INF], [0.0, 0.0, -INF], 0.0, 0.0),
        ([0.0, 0.0, 0.0], [-INF, 0.0, 0.0], INF, None),
        ([0.0, -INF], [-INF, 0.0], INF, math.log(2)),
        ([-INF, -INF], [0.0, 0.0], math.nan, math.nan),
        ([INF, 0.0], [0.0, 0.0], math.nan, math.nan),
        ([math.nan, 0.0], [0.0, 0.0], math.nan, math.nan),
        ([0.0, 0.0], [0.0, math.nan], math.nan, math.nan),
        ([100.0, -100.0], [-100.0, 100.0], 200.0, math.log(2)),
    ],
)
def test_masked_and_broken_logits(
    teacher: list[float], student: list[float], kl: float, js: float | None, metric: str
) -> None:
    expected = kl if metric == "kl" else js
    if expected is None:
        expected = literally(
            torch.tensor([[teacher]]).mT, torch.tensor([[student]]).mT, "js"
        ).item()
    t, s = (torch.tensor(x).view(1, -1, 1) for x in (teacher, student))
    score = dense_score(t, s, metric=metric).item()  # type: ignore[call-overload]
    assert score == pytest.approx(expected, rel=1e-5, abs=1e-7, nan_ok=True)


@given(st.integers(1, 6), st.integers(1, 70), st.floats(0.1, 40), st.sampled_from(METRICS))
@settings(max_examples=25, deadline=None)
def test_it_is_never_negative_and_the_mean_of_its_map(
    classes: int, voxels: int, gap: float, metric: str
) -> None:
    teacher, student = logits((2, classes, voxels), gap, seed=voxels)
    score, whole = dense_score(
        teacher,
        student,
        metric=metric,  # type: ignore[call-overload]
        return_map=True,
    )
    assert (whole >= 0).all()
    torch.testing.assert_close(score, whole.mean(1), rtol=1e-5, atol=1e-7)


def test_the_kl_of_a_map_is_that_of_its_rows() -> None:
    teacher, student = logits((1, 6, 50))
    _, whole = dense_score(teacher, student, metric="kl", temperature=2.5, return_map=True)
    rows = kl_score(teacher[0].T, student[0].T, temperature=2.5)
    torch.testing.assert_close(whole[0], rows)


def test_input_is_not_written_to() -> None:
    pair = logits((2, 3, 4, 5))
    copies = [x.clone() for x in pair]
    for metric in METRICS:
        dense_score(pair[0], pair[1], metric=metric)  # type: ignore[call-overload]
    kl_score(pair[0][0, :, 0], pair[1][0, :, 0])
    assert all(torch.equal(x, copy) for x, copy in zip(pair, copies, strict=True))


def test_wrong_arguments_are_refused() -> None:
    x = torch.zeros(2, 3, 4, 4)
    with pytest.raises(ValueError, match=r"found \(2, 3, 4, 4\) and \(2, 3, 4, 1\)"):
        dense_score(x, x[..., :1])
    with pytest.raises(ValueError, match="found 'l1'"):
        dense_score(x, x, metric="l1")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match=r"a mask \(2, 4, 4\) on cpu, found \(4, 4\)"):
        dense_score(x, x, mask=torch.ones(4, 4, dtype=torch.bool))
    with pytest.raises(TypeError, match=r"found torch.float32"):
        dense_score(x, x, mask=torch.ones(2, 4, 4))
    with pytest.raises(TypeError, match=r"found torch.int64"):
        dense_score(x.long(), x.long())
