"""What formulas tell of boxes, before and without any learning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.companions.field import Field
from cryoal.scoring.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.data.box_source import BoxSource
    from cryoal.progress import Progress

__all__ = ["FORMULA_FIELDS", "OfFormulas"]

APPEARANCE = Field("appearance", "(n, features) float32: how a box looks, told by formula")
FORMULA_FIELDS = (APPEARANCE,)
STEP = 256  # boxes in memory at a time


class OfFormulas(Teller):
    """Tells :data:`FORMULA_FIELDS` from the boxes themselves."""

    gives = frozenset(field.name for field in FORMULA_FIELDS)

    @override
    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        progress: Progress,
    ) -> dict[str, NDArray[np.float32]]:
        """``appearance`` of each box."""
        from cryoal.descriptors.appearance import appearance

        del fields, progress
        parts = [index[i : i + STEP] for i in range(0, len(index), STEP)]
        rows = [appearance(pool.read_normalised(part)) for part in parts]
        return {APPEARANCE.name: np.concatenate(rows)}
