"""How one particle may look another time: what two views of a box have in common is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.training.augment import augment

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import Config, PretrainConfig

__all__ = ["blurred", "imaged", "moved"]


def moved(boxes: Tensor, config: Config, rng: np.random.Generator) -> Tensor:
    """Each box moved as the missing wedge allows, and shifted by up to ``pretrain.shift`` voxels.

    Turns and mirror images are those of ``augment``: a class that differs by its hand alone is not
    made the same as its mirror image.
    """
    return augment(boxes, replace(config.augment, shift=config.pretrain.shift), rng)


def imaged(boxes: Tensor, config: PretrainConfig, rng: np.random.Generator) -> Tensor:
    """Each box with another contrast, more noise, and less sharp.

    Multiplied by ``exp(u)``, `u` uniform in +- `config.contrast`; white noise is added whose
    standard deviation is uniform up to `config.noise` (that of the box is about 1); then blurred by
    a Gaussian whose standard deviation is uniform up to `config.blur` voxels. Without these two,
    the noise of a box, which both views share, is the easiest thing to know it by.
    """
    each = (len(boxes), 1, 1, 1, 1)
    factor = np.exp(rng.uniform(-config.contrast, config.contrast, each)).astype(np.float32)
    noise = rng.standard_normal(tuple(boxes.shape), dtype=np.float32)
    noise *= rng.uniform(0, config.noise, each).astype(np.float32)
    widths = rng.uniform(0, config.blur, len(boxes))
    on_device = (torch.from_numpy(a).to(boxes.device) for a in (factor, noise))
    scale, added = on_device
    return blurred(boxes * scale + added, widths)


def blurred(boxes: Tensor, widths: NDArray[np.float64]) -> Tensor:
    """Boxes ``(n, c, s, s, s)``, each convolved with a Gaussian of its width in voxels.

    In Fourier space, so that faces touch those opposite.
    """
    side = boxes.shape[-1]
    k, half = np.fft.fftfreq(side), np.fft.rfftfreq(side)
    squares = k[:, None, None] ** 2 + k[:, None] ** 2 + half**2
    kept = np.exp(-2 * np.pi**2 * widths[:, None, None, None] ** 2 * squares).astype(np.float32)
    spectra = torch.fft.rfftn(boxes, dim=(-3, -2, -1))
    spectra *= torch.from_numpy(kept).to(boxes.device)[:, None]
    found: Tensor = torch.fft.irfftn(spectra, s=(side,) * 3, dim=(-3, -2, -1))
    return found
