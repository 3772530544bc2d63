"""What several teachers say together: each is trained on the same labels, from another seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.scoring.of_team import LOG_POSTERIOR, OfTeam
from cryoal.scoring.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.data.box_source import BoxSource
    from cryoal.progress import Progress

__all__ = ["OfMembers", "log_mean"]


class OfMembers(Teller):
    """Tells the mean posterior of teachers; a look costs as many passes as there are."""

    gives = frozenset({LOG_POSTERIOR.name})
    is_slow = True

    def __init__(self, teams: Sequence[Team], *, precision: str = "float32") -> None:
        self._each = [OfTeam(team, precision=precision) for team in teams]

    @override
    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        progress: Progress,
    ) -> dict[str, NDArray[np.float32]]:
        """``log_posterior``: log of the mean."""
        return {field: log_mean(*self.one_by_one(pool, index, field, progress)) for field in fields}

    @override
    def move(self, device: torch.device) -> None:
        for team in self._each:
            team.move(device)

    def one_by_one(
        self, pool: BoxSource, index: NDArray[np.int64], field: str, progress: Progress
    ) -> list[NDArray[np.float32]]:
        """A field of posteriors by each teacher, ``(n, classes)`` float32, nats."""
        return [team.look(pool, index, [field], progress)[field] for team in self._each]


def log_mean(*log_posteriors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Log of the mean of posteriors, in float64 on the way; of one itself, to the bit."""
    if len(log_posteriors) == 1:
        return np.asarray(log_posteriors[0], np.float32)
    each = np.stack([p.astype(np.float64) for p in log_posteriors])
    found = np.logaddexp.reduce(each, axis=0) - np.log(len(each))
    return np.asarray(found, np.float32)
