"""The student looks where the teacher looks (eq. 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cryoal_kernels

from cryoal.errors import PairMismatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["attention_transfer"]


def attention_transfer(student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
    """Distance between normalised attention maps, summed over modules (eq. 1).

    Parameters
    ----------
    student, teacher
        Feature maps of matching modules, each ``(n, c_l, d, h, w)`` or ``(n, c_l, h, w)``.
        Channel counts may differ, spatial sizes may not. No gradient reaches `teacher`.

    Returns
    -------
    Tensor
        Scalar, mean over the batch, in [0, sqrt(2) N] for N modules (maps are >= 0).

    Raises
    ------
    PairMismatchError
        The number of modules or a spatial size differs; names the module.
    """
    try:
        return cryoal_kernels.attention_transfer_loss(student, teacher)
    except ValueError as error:
        raise PairMismatchError(str(error)) from error
