"""What a strategy may look at: one streaming pass over the candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.errors import UnknownNameError
from cryoal.progress import SILENT
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from cryoal.models.pairs import Pair
    from cryoal.progress import Progress
    from cryoal.training.loaders import BoxSource

__all__ = ["FIELDS", "Evidence", "collect"]

FIELDS = ("teacher_log_posterior", "student_log_posterior", "embedding")
"""What a strategy may name in its ``needs``."""


@dataclass(frozen=True)
class Evidence:
    """Candidates by key, and what the strategy needs of each; rows in the order of `keys`."""

    keys: Sequence[str]
    values: Mapping[str, NDArray[np.float32]]
    """Some of :data:`FIELDS`."""

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def teacher_log_posterior(self) -> NDArray[np.float32]:
        """``(n, classes)`` float32, nats: the task model's."""
        return self._value("teacher_log_posterior")

    @property
    def student_log_posterior(self) -> NDArray[np.float32]:
        """``(n, classes)`` float32, nats."""
        return self._value("student_log_posterior")

    @property
    def embedding(self) -> NDArray[np.float32]:
        """``(n, features)`` float32: the input of the teacher's last layer."""
        return self._value("embedding")

    def _value(self, field: str) -> NDArray[np.float32]:
        if field not in self.values:
            raise LookupError(f"expected {field!r} among the needs of the strategy")
        return self.values[field]


def collect(
    pair: Pair | None,
    pool: BoxSource,
    index: NDArray[np.int64],
    needs: Iterable[str],
    *,
    device: torch.device | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: Progress = SILENT,
) -> Evidence:
    """The evidence of candidates, by position in the pool: their `needs` and nothing else.

    One pass in eval mode that leaves the pair as it was. Without needs no box is read, and no pair
    is needed: the first cycle has none.

    Raises
    ------
    UnknownNameError
        A need that is no field of :class:`Evidence`.
    PoolError
        A value is not finite; names the box.
    """
    wanted = sorted(needs)
    for need in wanted:
        if need not in FIELDS:
            raise UnknownNameError(f"no evidence called {need!r}{nearest(need, FIELDS)}")
    keys = [str(key) for key in pool.keys[index]]
    if not wanted:
        return Evidence(keys, {})
    if pair is None:
        raise ValueError(f"expected a trained pair for {', '.join(wanted)}, found none")

    from cryoal.training.predict import predict  # torch: not for strategies without needs

    values = predict(
        pair,
        pool,
        index,
        wanted,
        device=device,
        batch_size=batch_size,
        precision=precision,
        progress=progress,
    )
    return Evidence(keys, values)
