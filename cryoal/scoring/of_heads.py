"""What heads on descriptors tell of boxes; no network is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.scoring.evidence import Head
from cryoal.scoring.of_formulas import APPEARANCE
from cryoal.scoring.of_team import EMBEDDING, HEAD, LOG_POSTERIOR
from cryoal.scoring.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cryoal.data.box_source import BoxSource
    from cryoal.descriptors.columns import Columns
    from cryoal.heads.choose import Heads
    from cryoal.progress import Progress

__all__ = ["OfColumns", "OfHeads"]

STEP = 4096  # rows of descriptors in memory at a time


class OfColumns(Teller):
    """Tells how boxes look from what is kept of them: see :class:`~cryoal.scoring.of_formulas`."""

    gives = frozenset({APPEARANCE.name})

    def __init__(self, columns: Columns, name: str) -> None:
        self._columns, self._name = columns, name

    @override
    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        progress: Progress,
    ) -> dict[str, NDArray[np.float32]]:
        """``appearance``: the rows of one descriptor."""
        del pool, fields, progress
        return {APPEARANCE.name: self._columns.read(self._name, index)}


class OfHeads(Teller):
    """Tells the posterior of heads, and what one linear head on all descriptors sees."""

    gives = frozenset({LOG_POSTERIOR.name, EMBEDDING.name, HEAD.name})

    def __init__(self, heads: Heads, columns: Columns) -> None:
        self._heads, self._columns = heads, columns

    @override
    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        progress: Progress,
    ) -> dict[str, NDArray[np.float32]]:
        """``log_posterior`` and ``embedding``, some rows at a time."""
        del pool, progress
        tells: dict[str, Callable[[dict[str, NDArray[np.float32]]], NDArray[np.float32]]] = {
            LOG_POSTERIOR.name: self._heads.log_posterior,
            EMBEDDING.name: self._heads.embedding,
        }
        found: dict[str, list[NDArray[np.float32]]] = {field: [] for field in fields}
        for start in range(0, len(index), STEP):
            part = index[start : start + STEP]
            rows = {name: self._columns.read(name, part) for name in self._columns.names}
            for field in fields:
                found[field].append(tells[field](rows))
        return {field: np.concatenate(parts) for field, parts in found.items()}

    def look_with_votes(
        self, index: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """``log_posterior``, and ``(n, members)`` classes (:meth:`Heads.look`)."""
        steps = [index[start : start + STEP] for start in range(0, max(len(index), 1), STEP)]
        looked = [
            self._heads.look({name: self._columns.read(name, part) for name in self._columns.names})
            for part in steps
        ]
        return (
            np.concatenate([log_p for log_p, _ in looked]),
            np.concatenate([votes for _, votes in looked]),
        )

    @override
    def last_layer(self) -> Head:
        """That of the linear head."""
        weight, bias = self._heads.last_layer
        return Head(weight, bias)
