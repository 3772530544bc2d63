"""How far the student's answer is from the teacher's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from cryoal_kernels.scores import Metric
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["disagreement"]


def disagreement(
    teacher_log_posterior: NDArray[np.float32],
    student_log_posterior: NDArray[np.float32],
    metric: Metric = "kl",
) -> NDArray[np.float32]:
    """Distance of the two posteriors of each row, ``(n,)`` float32, never negative.

    ``"kl"``: KL(teacher || student), nats (eq. 3). ``"js"``: Jensen-Shannon, nats, in [0, log 2].
    ``"mse"``: the mean over the classes of the squared difference (eq. 4).
    """
    # here, so that strategies can be listed without waiting for torch
    import cryoal_kernels
    import torch

    rows = torch.tensor(teacher_log_posterior), torch.tensor(student_log_posterior)
    if metric == "kl":
        scores: Tensor = cryoal_kernels.kl_score(*rows)
    else:  # rows are images of one pixel
        scores = cryoal_kernels.dense_score(*(x[..., None] for x in rows), metric=metric)
    found: NDArray[np.float32] = scores.numpy()
    return found
