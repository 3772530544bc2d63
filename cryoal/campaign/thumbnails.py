"""Boxes as small pictures: three slabs through the middle, grey, inside the page."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["WINDOW", "orthoslices", "picture", "slab_picture"]

WINDOW = (-2.5, 3.0)  # by eye, on a microtubule at 10.5 A and on phantoms
"""Black and white, in units of the tomogram's own noise (z-scores), the same for every box."""

PANEL = 64  # pixels of the edge of one slab
GAP = 3  # white pixels between two slabs
STEPS = [v // 4 * 255 // 63 for v in range(256)]
"""64 greys: noise hides the steps, and pages with boxes of 16 or 32 voxels lose a quarter."""


def orthoslices(
    box: NDArray[np.float32], at: tuple[int, int, int] | None = None, thickness: int = 3
) -> NDArray[np.float32]:
    """Means of `thickness` voxels about `at` (z, y, x; the centre unless given): xy, xz and yz.

    In each of the three slabs, (3, b, b), the axis named first runs to the right and the other one
    downwards. At the border a slab is as thick as the box allows.
    """
    edge = box.shape[0]
    z, y, x = (
        slice(max(0, i - thickness // 2), min(edge, i - thickness // 2 + thickness))
        for i in at or (edge // 2,) * 3
    )
    return np.stack([box[z].mean(axis=0), box[:, y].mean(axis=1), box[:, :, x].mean(axis=2)])


def picture(box: NDArray[np.float32], window: tuple[float, float] = WINDOW) -> str:
    """The orthoslices of `box`, (b, b, b) z-scores, side by side as a ``data:`` URI of a PNG."""
    return _strip(orthoslices(box), window)


def slab_picture(box: NDArray[np.float32], window: tuple[float, float] = WINDOW) -> str:
    """The first of the orthoslices of `box` alone, xy, as a ``data:`` URI of a PNG."""
    return _strip(orthoslices(box)[:1], window)


def _strip(slabs: NDArray[np.float32], window: tuple[float, float]) -> str:
    from PIL import Image

    low, high = window
    grey = np.clip((slabs - low) / (high - low), 0.0, 1.0)
    strip = Image.new("L", (len(slabs) * (PANEL + GAP) - GAP, PANEL), 255)
    for number, slab in enumerate(grey):
        small = Image.fromarray(np.rint(slab * 255).astype(np.uint8))
        large = small.resize((PANEL, PANEL), Image.Resampling.BICUBIC)
        strip.paste(large.point(STEPS), (number * (PANEL + GAP), 0))
    file = io.BytesIO()
    strip.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
