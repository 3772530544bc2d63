"""A particle as it is, and the same one seen with another missing wedge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.pretrain.turned import cut_wedge, freely_turned
from cryoal.pretrain.vicreg import VICReg
from cryoal.pretrain.views import imaged, moved

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

__all__ = ["Wedge"]

TILT_RANGE = 60.0
"""Degrees; usual, and a pool does not know its own."""


class Wedge(VICReg):
    """VICReg whose second view is turned freely and has the missing wedge cut once more.

    A turned particle would be seen through the wedge of its tilt series, which lies as before: its
    box, turned with its own wedge and cut by that, is what would be seen less what its own wedge
    took away (as in IsoNet; Liu et al., 2022). The first view is a box as it comes, so that boxes
    are not strange to the encoder afterwards.
    """

    @override
    def views(self, boxes: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        settings, mirror = self.config.pretrain, self.config.augment.mirror
        first = imaged(moved(boxes, self.config, rng), settings, rng)
        turned = freely_turned(boxes, mirror=mirror, shift=settings.shift, rng=rng)
        return first, imaged(cut_wedge(turned, TILT_RANGE), settings, rng)
