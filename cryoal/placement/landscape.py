"""How far each place of a tomogram stands out from what is around it, at three sizes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COARSEST", "SCALES", "Landscape", "coarse_factor", "landscape"]

SCALES = (1 / 12, 1 / 6, 1 / 3)
"""Sigma of the Gaussians, in boxes: a particle fills a third to all of its box."""

SURROUND = 2.0  # a Gaussian so many times as wide is subtracted: no gradient of ice is left
NEAR = 2.5  # boxes: mean and scatter are those of a cube of this edge
CLIP = 3.0  # local sigma: a gold bead or a membrane counts like a particle, not like a hundred
GOLD = 5.0  # sigma of the whole; what is beyond is cut before anything is averaged
FLAT = 0.3  # of the scatter where it is high: what has less is empty, and is not blown up to noise
SAMPLE = 100_000  # places that moments are taken of
HIGH = 90  # percent, so that even a tomogram that is mostly empty has specimen there
FINEST, COARSEST = 12, 8
"""Coarse voxels of a box's edge at least: of most tomograms, and of those that are large."""


@dataclass(frozen=True)
class Landscape:
    """Local contrast of a part of a tomogram, on coarse voxels."""

    values: NDArray[np.float32]
    """(z, y, x, scales), in local standard deviations, within +-3."""
    factor: int
    """Voxels of the tomogram along the edge of a coarse one."""
    start: tuple[int, int, int]
    """Voxel of the tomogram at which the part begins."""
    shape: tuple[int, int, int]
    """Of the tomogram, voxels."""

    @cached_property
    def moments(self) -> NDArray[np.float64]:
        """(3, 2 scales): mean, standard deviation and skewness of contrast and of its square."""
        flat = self.values.reshape(-1, self.values.shape[-1])
        some = flat[:: max(1, len(flat) // SAMPLE)].astype(np.float64)
        both = np.concatenate([some, some**2], axis=1)
        mean = both.mean(axis=0)
        sd = np.maximum(both.std(axis=0), 1e-6)
        return np.stack([mean, sd, ((both - mean) ** 3).mean(axis=0) / sd**3])

    def coarse(self, voxel_zyx: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places given in voxels of the tomogram, in coarse voxels of the part."""
        return (voxel_zyx - self.start + 0.5) / self.factor - 0.5


def coarse_factor(box: int, finest: int = FINEST) -> int:
    """By how much to bin a tomogram, so that a box of `box` voxels has `finest` at least."""
    return max(1, box // finest)


def landscape(
    coarse: NDArray[np.float32],
    box: int,
    factor: int,
    start: tuple[int, int, int],
    shape: tuple[int, int, int],
) -> Landscape:
    """From the coarse voxels of a part: differences of Gaussians in units of their surroundings.

    At each of :data:`SCALES` the difference of two Gaussians, less its mean over a cube of 2.5
    boxes, over its standard deviation there. So a slab's face, carbon and slopes of thickness have
    no more of it than ice, and picks on nothing have 0 on average wherever they crowd.
    """
    from scipy import ndimage

    middle = float(np.median(coarse))
    scatter = 1.4826 * float(np.median(np.abs(coarse - middle))) or float(coarse.std()) or 1.0
    clipped = np.clip((coarse - middle) / scatter, -GOLD, GOLD).astype(np.float32)
    edge = round(NEAR * box / factor) | 1
    cube = [min(edge, n | 1) for n in coarse.shape]
    out = np.empty((*coarse.shape, len(SCALES)), np.float32)
    for number, scale in enumerate(SCALES):
        sigma = max(scale * box / factor, 0.5)
        contrast = ndimage.gaussian_filter(clipped, sigma, truncate=3.0)
        contrast -= ndimage.gaussian_filter(clipped, SURROUND * sigma, truncate=3.0)
        mean = ndimage.uniform_filter(contrast, cube)
        variance = ndimage.uniform_filter(contrast * contrast, cube) - mean * mean
        spread = np.sqrt(np.maximum(variance, 0.0))
        floor = FLAT * float(np.percentile(spread, HIGH)) or 1.0
        out[..., number] = np.clip((contrast - mean) / np.maximum(spread, floor), -CLIP, CLIP)
    return Landscape(out, factor, start, shape)
