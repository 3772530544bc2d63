"""A campaign with a classification and a map that were not computed but laid down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.map_file import STEPS, Kept, write_kept
from tests.campaign.predicted import write_predictions

if TYPE_CHECKING:
    from cryoal.campaign import Campaign

RING, ROD = [0.6, 0.3, 0.1], [0.2, 0.7, 0.1]


def lay_out(campaign: Campaign) -> None:
    """Boxes 0 to 11 are rings and lie in a row on the left, 12 to 35 rods on the right.

    The rows run from the top to the bottom of the map, in the order of the pool.
    """
    write_predictions(campaign, 12 * [RING] + 24 * [ROD])
    n = len(campaign.pool)
    x = np.where(np.arange(n) < 12, 0.1, 0.9)
    y = np.concatenate([np.linspace(0, 1, 12), np.linspace(0, 1, n - 12)])
    steps = np.rint(STEPS * np.stack([x, y], axis=1)).astype(np.int64)
    rows = np.arange(n)
    write_kept(campaign.path, Kept("descriptors", 0, 1000, n, None, rows, steps))
