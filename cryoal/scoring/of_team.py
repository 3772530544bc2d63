"""What a trained team tells of boxes. Imports torch when it looks, not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.companions.field import Field
from cryoal.scoring.evidence import Head
from cryoal.scoring.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.data.box_source import BoxSource
    from cryoal.progress import Progress
    from cryoal.scoring.ready import Ready

__all__ = ["EMBEDDING", "HEAD", "LOG_POSTERIOR", "TEACHER_FIELDS", "OfTeam"]

HEAD = Field("head", "the last layer: logits are embedding @ weight.T + bias", "classification")
"""Known beside the candidates."""

LOG_POSTERIOR = Field(
    "log_posterior", "(n, classes) float32, nats: the classifier's", "classification"
)
EMBEDDING = Field("embedding", "(n, features) float32: the input of the classifier's last layer")
TEACHER_FIELDS = (
    LOG_POSTERIOR,
    EMBEDDING,
    Field("teacher_log_posterior", "(n, classes) float32, nats", "classification"),
    Field(
        "averaged_log_posterior",
        "(n, classes) float32, nats: of the mean posterior over the moves that it learnt with",
        "classification",
    ),
    Field("gradient_norm", "(n,): gradients of the expected loss, summed over the parameters"),
    Field("dense_entropy", "(n,): entropy, nats, mean over the pixels", "segmentation"),
    Field("dense_margin", "(n,): largest probability less the second, likewise", "segmentation"),
    Field("dense_confidence", "(n,): largest probability, likewise", "segmentation"),
)
"""Heads on descriptors give the first two as well."""


class OfTeam(Teller):
    """Tells what the teacher and its companions know; the teacher is the classifier.

    Parameters
    ----------
    team
        In eval mode while it looks; neither weights nor running statistics nor modes are changed.
    device, batch_size, precision
        As in :func:`cryoal.scoring.predict.predict`.
    """

    is_slow = True

    def __init__(
        self,
        team: Team,
        *,
        device: torch.device | None = None,
        batch_size: int | None = None,
        precision: str = "float32",
    ) -> None:
        self.team = team
        self._device, self._batch_size, self._precision = device, batch_size, precision
        self._ready: Ready | None = None
        told = {field.name for companion in team.companions.values() for field in companion.gives}
        self.gives = frozenset({HEAD.name, *(field.name for field in TEACHER_FIELDS), *told})

    @override
    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        progress: Progress,
    ) -> dict[str, NDArray[np.float32]]:
        """The fields, in one pass of the models that they need."""
        from cryoal.scoring.predict import predict
        from cryoal.scoring.ready import Ready

        if self._ready is None:
            self._ready = Ready(self.team, self._precision)
        return predict(
            self.team,
            pool,
            index,
            fields,
            device=self._device,
            batch_size=self._batch_size,
            precision=self._precision,
            ready=self._ready,
            progress=progress,
        )

    @override
    def move(self, device: torch.device) -> None:
        self.team.to(device)
        self._device = device

    @override
    def last_layer(self) -> Head:
        """The teacher's."""
        weight, bias = (
            p.detach().float().cpu().numpy() for p in self.team.teacher.head.parameters()
        )
        return Head(weight, bias)
