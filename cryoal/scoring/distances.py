"""How far the student's answer is from the teacher's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cryoal_kernels
import torch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["disagreement"]


def disagreement(
    teacher_log_posterior: NDArray[np.float32], student_log_posterior: NDArray[np.float32]
) -> NDArray[np.float32]:
    """KL(teacher || student) of each row in nats, ``(n,)`` float32, never negative (eq. 3)."""
    scores: NDArray[np.float32] = cryoal_kernels.kl_score(
        torch.tensor(teacher_log_posterior), torch.tensor(student_log_posterior)
    ).numpy()
    return scores
