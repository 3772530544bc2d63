from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from cryoal_kernels import attention_map, attention_transfer_loss

if TYPE_CHECKING:
    from torch import Tensor

SHAPES = [  # student and teacher of each module: channel counts may differ
    ((2, 3, 4, 4, 4), (2, 5, 4, 4, 4)),
    ((2, 4, 2, 3, 5), (2, 4, 2, 3, 5)),
    ((2, 6, 1, 1, 1), (2, 2, 1, 1, 1)),
    ((2, 3, 7, 5), (2, 2, 7, 5)),
]


def features(which: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed + 100 * which)
    return [torch.randn(pair[which], generator=generator, dtype=dtype) for pair in SHAPES]


def literally(student: list[Tensor], teacher: list[Tensor]) -> float:
    """Eq. 1 with loops and Python floats, nothing shared with the code under test."""
    total = 0.0
    for s_maps, t_maps in zip(student, teacher, strict=True):
        for s, t in zip(s_maps, t_maps, strict=True):
            vectors = []
            for one in (s, t):
                rows = one.reshape(one.shape[0], -1).tolist()
                vector = [sum(abs(a) ** 2 for a in column) for column in zip(*rows, strict=True)]
                norm = math.sqrt(sum(v * v for v in vector))
                vectors.append([v / norm for v in vector])
            total += math.dist(*vectors)
    return total / len(student[0])


def test_a_map_is_the_sum_of_squares_over_channels() -> None:
    x = torch.tensor([[[[1.0, 2.0]], [[3.0, -4.0]]]])  # 1 + 9, 4 + 16
    torch.testing.assert_close(attention_map(x), torch.tensor([[10.0, 20.0]]))


def test_half_precision_squares_do_not_overflow() -> None:
    x = torch.full((1, 512, 2, 2, 2), 300.0, dtype=torch.float16)  # 300^2 > 65504
    assert attention_map(x).dtype == torch.float32
    assert attention_map(x)[0, 0].item() == pytest.approx(512 * 300**2)


def test_hand_worked_distance() -> None:
    # student map [9, 16] / sqrt(337), teacher map [1, 0]
    student, teacher = torch.tensor([[[[3.0, 4.0]]]]), torch.tensor([[[[1.0, 0.0]]]])
    r = math.sqrt(337)
    expected = math.hypot(9 / r - 1, 16 / r)
    assert attention_transfer_loss([student], [teacher]).item() == pytest.approx(expected)


def test_it_is_the_literal_formula() -> None:
    student, teacher = features(0), features(1)
    loss = attention_transfer_loss(student, teacher)
    assert loss.dtype == torch.float64
    assert loss.item() == pytest.approx(literally(student, teacher), rel=1e-14)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_narrow_input_is_computed_in_float32(dtype: torch.dtype) -> None:
    student = [x.to(dtype) for x in features(0)]
    teacher = [x.to(dtype) for x in features(1)]
    exact = literally([x.double() for x in student], [x.double() for x in teacher])
    loss = attention_transfer_loss(student, teacher)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(exact, rel=1e-6)


def test_strides_do_not_matter() -> None:
    student, teacher = features(0)[:2], features(1)[:2]
    turned = [x.to(memory_format=torch.channels_last_3d) for x in student]
    sliced = [torch.stack([x, x], dim=-1)[..., 0] for x in teacher]
    torch.testing.assert_close(
        attention_transfer_loss(turned, sliced), attention_transfer_loss(student, teacher)
    )


def test_the_scale_of_the_features_does_not_matter() -> None:
    student, teacher = features(0), features(1)
    torch.testing.assert_close(
        attention_transfer_loss([1e3 * x for x in student], [1e-3 * x for x in teacher]),
        attention_transfer_loss(student, teacher),
    )


def test_reductions_agree() -> None:
    student, teacher = features(0), features(1)
    each = attention_transfer_loss(student, teacher, reduction="none")
    assert each.shape == (2, 4)
    for how, value in (("mean", each.sum(1).mean()), ("sum", each.sum())):
        loss = attention_transfer_loss(student, teacher, reduction=how)  # type: ignore[arg-type]
        torch.testing.assert_close(loss, value)


def test_the_mean_square_is_the_square_over_the_voxels() -> None:
    student, teacher = features(0), features(1)
    norm = attention_transfer_loss(student, teacher, reduction="none")
    mean = attention_transfer_loss(student, teacher, distance="mse", reduction="none")
    voxels = torch.tensor([x[0, 0].numel() for x in student])
    torch.testing.assert_close(mean, norm.square() / voxels)


def test_its_gradient_is_right() -> None:
    student = [x.requires_grad_() for x in features(0)]
    teacher = features(1)

    def loss(*maps: Tensor) -> Tensor:
        return attention_transfer_loss(maps, teacher)

    assert torch.autograd.gradcheck(loss, tuple(student))


def test_no_gradient_reaches_the_teacher_unless_asked() -> None:
    student = [x.requires_grad_() for x in features(0)]
    teacher = [x.requires_grad_() for x in features(1)]
    torch.autograd.backward(attention_transfer_loss(student, teacher))
    assert all(x.grad is None for x in teacher)
    assert all(x.grad is not None for x in student)
    torch.autograd.backward(attention_transfer_loss(student, teacher, teacher_grad=True))
    assert all(x.grad is not None for x in teacher)


def test_zero_maps_cost_one_and_have_no_gradient() -> None:
    dead = torch.zeros(2, 3, 4, 4, 4, requires_grad=True)
    alive = features(1)[0].float()
    loss = attention_transfer_loss([dead], [alive])
    torch.autograd.backward(loss)
    assert loss.item() == pytest.approx(1.0)
    torch.testing.assert_close(dead.grad, torch.zeros_like(dead))


@pytest.mark.parametrize("value", [0.0, 1.5])
def test_equal_maps_cost_nothing_and_have_a_finite_gradient(value: float) -> None:
    student = torch.full((2, 3, 4, 4, 4), value, requires_grad=True)
    loss = attention_transfer_loss([student], [student.detach().clone()])
    torch.autograd.backward(loss)
    assert loss.item() == 0.0
    torch.testing.assert_close(student.grad, torch.zeros_like(student))


def test_it_lies_between_zero_and_root_two_for_each_module() -> None:
    left, right = torch.zeros(1, 1, 2, 2, 2), torch.zeros(1, 1, 2, 2, 2)
    left[0, 0, 0, 0, 0] = 3.0
    right[0, 0, 1, 1, 1] = 5.0  # looks elsewhere entirely
    loss = attention_transfer_loss([left, left], [right, right])
    assert loss.item() == pytest.approx(2 * math.sqrt(2))


def test_input_is_not_written_to() -> None:
    student, teacher = features(0), features(1)
    copies = [x.clone() for x in student + teacher]
    attention_transfer_loss(student, teacher)
    for x, copy in zip(student + teacher, copies, strict=True):
        assert torch.equal(x, copy)


def test_wrong_arguments_are_named() -> None:
    student, teacher = features(0), features(1)
    with pytest.raises(ValueError, match="found 3 and 4"):
        attention_transfer_loss(student[:3], teacher)
    with pytest.raises(ValueError, match="found 0 and 0"):
        attention_transfer_loss([], [])
    with pytest.raises(ValueError, match=r"module 2.*\(2, 5, 4, 4, 4\)"):
        attention_transfer_loss(student[:2], [teacher[0], teacher[0]])
    with pytest.raises(ValueError, match="one batch and spatial size in module 1"):
        attention_transfer_loss([student[0][:1]], [teacher[0]])
    with pytest.raises(ValueError, match="found 'l1'"):
        attention_transfer_loss(student, teacher, distance="l1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="found 'max'"):
        attention_transfer_loss(student, teacher, reduction="max")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"found shape \(3, 4\)"):
        attention_map(torch.zeros(3, 4))


def test_the_folder_kernels_is_no_package() -> None:
    """`kernels` is a package of others on PyPI, which ours must not hide."""
    import cryoal_kernels

    root = Path(cryoal_kernels.__file__).parents[1]
    assert not (root / "__init__.py").exists()


@pytest.mark.parametrize("distance", ["l2", "mse"])
def test_its_gradients_are_right_for_both_networks(distance: str) -> None:
    both = [x.requires_grad_() for x in (*features(0)[1:], *features(1)[1:])]

    def loss(*maps: Tensor) -> Tensor:
        half = len(maps) // 2
        return attention_transfer_loss(
            maps[:half],
            maps[half:],
            distance=distance,  # type: ignore[arg-type]
            teacher_grad=True,
            reduction="none",
        )

    assert torch.autograd.gradcheck(loss, tuple(both))


def test_the_gradient_of_maps_below_eps_is_that_of_a_division() -> None:
    """Weak maps, and maps that one network has and the other has not, in float64."""
    weak = torch.full((2, 2, 2, 2), 0.1, dtype=torch.float64).cumsum(3).requires_grad_()
    strong = features(1)[3][:, :, :2, :2].clone().requires_grad_()

    def loss(s: Tensor, t: Tensor) -> Tensor:
        return attention_transfer_loss([s, t], [t, s], eps=0.5, teacher_grad=True)

    assert torch.autograd.gradcheck(loss, (weak, strong))


def test_strange_layouts_have_right_gradients() -> None:
    base = features(0)[1]
    teacher = features(1)[1]
    layouts = [
        base.to(memory_format=torch.channels_last_3d),
        base.transpose(2, 4).contiguous().transpose(2, 4),
        torch.stack([base, base], dim=-1)[..., 1],
        base[:, :1].expand(-1, 4, -1, -1, -1),
    ]
    for x in layouts:
        plain = x.contiguous().clone().requires_grad_()
        leaf = x.detach().requires_grad_()
        expected = torch.autograd.grad(attention_transfer_loss([plain], [teacher]), plain)
        found = torch.autograd.grad(attention_transfer_loss([leaf], [teacher]), leaf)
        torch.testing.assert_close(found, expected)


def test_nan_stays_nan() -> None:
    student = features(0)[:1]
    student[0][0, 0, 0, 0, 0] = math.nan
    each = attention_transfer_loss(student, features(1)[:1], reduction="none")
    assert each[0].isnan()
    assert not each[1].isnan()


def test_maps_may_be_given_themselves() -> None:
    student, teacher = features(0), features(1)
    maps = [attention_map(x) for x in teacher]
    assert torch.equal(
        attention_transfer_loss(student, maps), attention_transfer_loss(student, teacher)
    )


def test_a_map_of_one_voxel_costs_nothing_and_has_no_gradient() -> None:
    """Normalised it is 1 whatever it was; what rounding leaves is no direction."""
    generator = torch.Generator().manual_seed(5)
    student = torch.randn(200, 3, 1, 1, 1, generator=generator).requires_grad_()
    teacher = torch.randn(200, 3, 1, 1, 1, generator=generator)
    loss = attention_transfer_loss([student], [teacher], reduction="sum")
    torch.autograd.backward(loss)
    assert loss.item() < 200 * 2e-7
    assert student.grad is not None
    size = student.detach().abs().amax(dim=(1, 2, 3, 4))
    assert (student.grad.abs().amax(dim=(1, 2, 3, 4)) * size < 1e-5).all()


def test_many_blocks_are_the_plain_formula() -> None:
    """Features larger than a piece that is computed at once, in both directions of cutting."""
    generator = torch.Generator().manual_seed(6)
    for shape in ((70, 512, 2, 2, 2), (2, 64, 20, 20, 21)):
        student = torch.randn(shape, generator=generator).requires_grad_()
        teacher = torch.randn(shape, generator=generator)
        u, w = (
            torch.nn.functional.normalize(x.double().square().sum(1).flatten(1), dim=1)
            for x in (student, teacher)
        )
        expected = torch.linalg.vector_norm(u - w, dim=1).mean()
        loss = attention_transfer_loss([student], [teacher])
        torch.testing.assert_close(loss.double(), expected, rtol=1e-6, atol=0)
        (found,) = torch.autograd.grad(loss, student)
        (exact,) = torch.autograd.grad(expected, student)
        torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-9)
