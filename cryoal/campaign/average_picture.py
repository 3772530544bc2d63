"""The mean of a class as a picture: the slices through its middle, and a scale bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.montage import scale_bar
from cryoal.campaign.sheet import Bar, Grey, Sheet, Words, width_of
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.campaign.averages import Average

__all__ = ["draw_average"]

SIDE, EDGE, GAP, FONT = 85.0, 11.0, 3.0, 8.0  # points: slices of 30 mm
DARKEST, BRIGHTEST = 0.5, 99.5  # percentiles: a single voxel sets no contrast


def draw_average(found: Average) -> Sheet:
    """Slices xy, xz and yz of one voxel, the axis named first to the right."""
    volume, edge = found.volume, found.volume.shape[0]
    low, high = np.percentile(volume, [DARKEST, BRIGHTEST])
    share = np.clip((volume - low) / max(float(high - low), 1e-12), 0, 1)
    grey = np.rint(255 * share).astype(np.uint8)
    middle = edge // 2
    slices = {"xy": grey[middle], "xz": grey[:, middle], "yz": grey[:, :, middle]}
    how = {"pose": "by pose", "none": "as they lie", "sphere": "all turns"}[found.align]
    title = f"{found.name}: mean of {how_many(found.n, 'box')}, {how}"
    width = max(3 * SIDE + 2 * GAP, width_of(title, FONT))
    top = EDGE + 1.7 * FONT
    pictures, words = [], [Words(EDGE, EDGE + FONT, FONT, title, is_bold=True)]
    for place, (plane, values) in enumerate(slices.items()):
        x = EDGE + place * (SIDE + GAP)
        pictures.append(Grey(x, top, SIDE, SIDE, values, f"{plane} slice of {title}"))
        words.append(Words(x + SIDE / 2, top + SIDE + 1.1 * FONT, FONT, plane, "middle"))
    base = top + SIDE + 2.9 * FONT
    length = scale_bar(edge * found.spacing)
    drawn = SIDE * length / (edge * found.spacing)
    words.append(Words(EDGE + drawn + FONT / 2, base, FONT, f"{length / 10:g} nm"))
    bars = [Bar(EDGE, base - 0.45 * FONT, drawn, 1.6)]
    return Sheet(width + 2 * EDGE, base + EDGE, title, pictures, words, bars)
