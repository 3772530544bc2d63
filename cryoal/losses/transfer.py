"""How a student is made to follow its teacher: eq. 1 and what it is compared with (Fig. 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from cryoal_kernels import attention_transfer_loss, kl_score

from cryoal.errors import PairMismatchError
from cryoal.losses.attention_transfer import attention_transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from cryoal.models.base import Output

__all__ = ["TRANSFERS", "feature_distance"]


def _attention(student: Output, teacher: Output) -> Tensor:
    """Eq. 1."""
    return attention_transfer(student.maps, teacher.maps)


def _attention_code(student: Output, teacher: Output) -> Tensor:
    """The mean of squares of the code of Zagoruyko and Komodakis (2017)."""
    maps = [m.detach() for m in teacher.maps]
    return attention_transfer_loss(student.maps, maps, distance="mse")


def _mse(student: Output, teacher: Output) -> Tensor:
    """Mean squared difference of the features, summed over the modules."""
    return feature_distance("mse", student.maps, [m.detach() for m in teacher.maps]).mean()


def _l1(student: Output, teacher: Output) -> Tensor:
    """Mean absolute difference of the features, summed over the modules."""
    return feature_distance("l1", student.maps, [m.detach() for m in teacher.maps]).mean()


def _kl(student: Output, teacher: Output) -> Tensor:
    """KL(teacher || student) of the posteriors, nats, mean over the boxes or all pixels."""
    rows = (x.movedim(1, -1).flatten(end_dim=-2) for x in (teacher.logits.detach(), student.logits))
    return kl_score(*rows).mean()


TRANSFERS: Mapping[str, Callable[[Output, Output], Tensor]] = {
    "attention": _attention,
    "attention-code": _attention_code,
    "mse": _mse,
    "l1": _l1,
    "kl": _kl,
}
"""``(student, teacher) -> scalar``; no gradient reaches the teacher."""


def feature_distance(kind: str, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
    """``(n,)``: how far the features of each box are apart, summed over the modules.

    Parameters
    ----------
    kind
        ``"attention"`` (eq. 1), ``"mse"`` or ``"l1"``: means over channels and voxels, for which
        the modules must have the same channels.

    Raises
    ------
    PairMismatchError
        The number of modules or the shape of one differs; names the module.
    """
    if kind == "attention":
        try:
            return attention_transfer_loss(student, teacher, reduction="none").sum(dim=1)
        except ValueError as error:
            raise PairMismatchError(str(error)) from error
    total = torch.zeros(len(student[0]), device=student[0].device)
    for number, (s, t) in enumerate(zip(student, teacher, strict=True), start=1):
        if s.shape != t.shape:
            raise PairMismatchError(
                f"expected features of one shape in module {number} for {kind!r},"
                f" found student {tuple(s.shape)} and teacher {tuple(t.shape)}"
            )
        gap = s.float() - t.float()
        values = gap.square() if kind == "mse" else gap.abs()
        total = total + values.flatten(start_dim=1).mean(dim=1)
    return total
