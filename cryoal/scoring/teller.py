"""Who can tell fields of boxes: a team, heads on descriptors, formulas."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from cryoal.data.box_source import BoxSource
    from cryoal.progress import Progress
    from cryoal.scoring.evidence import Head

__all__ = ["Teller"]


class Teller(ABC):
    """Tells some fields of evidence of the boxes that it is asked about."""

    gives: Collection[str]
    """Names of the fields, ``head`` among them where there is a last layer."""

    @abstractmethod
    def look(
        self,
        pool: BoxSource,
        index: NDArray[np.int64],
        fields: Sequence[str],
        progress: Progress,
    ) -> dict[str, NDArray[np.float32]]:
        """Some of these fields for boxes of `pool` by position; rows in the order of `index`."""

    is_slow: ClassVar[bool] = False
    """Whether networks look: then boxes are worth sharing out."""

    def move(self, device: torch.device) -> None:  # noqa: B027 who has no network stays
        """Compute there from now on."""

    def last_layer(self) -> Head:
        """The last layer; asked only where `gives` has ``head``."""
        raise LookupError(f"expected one who has a last layer, found {type(self).__name__}")
