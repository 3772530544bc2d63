"""How one particle may look another time: what two views of a box have in common is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.training.augment import augment

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.config import Config, PretrainConfig

__all__ = ["imaged", "moved"]


def moved(boxes: Tensor, config: Config, rng: np.random.Generator) -> Tensor:
    """Each box moved as the missing wedge allows, and shifted by up to ``pretrain.shift`` voxels.

    Turns and mirror images are those of ``augment``: a class that differs by its hand alone is not
    made the same as its mirror image.
    """
    return augment(boxes, replace(config.augment, shift=config.pretrain.shift), rng)


def imaged(boxes: Tensor, config: PretrainConfig, rng: np.random.Generator) -> Tensor:
    """Each box with another contrast and more noise.

    Multiplied by ``exp(u)``, `u` uniform in +- `config.contrast`; white noise is added whose
    standard deviation is uniform up to `config.noise` (that of the box is about 1).
    """
    each = (len(boxes), 1, 1, 1, 1)
    factor = np.exp(rng.uniform(-config.contrast, config.contrast, each)).astype(np.float32)
    strength = rng.uniform(0, config.noise, each).astype(np.float32)
    noise = rng.standard_normal(tuple(boxes.shape), dtype=np.float32)
    noise *= strength
    on_device = (torch.from_numpy(a).to(boxes.device) for a in (factor, noise))
    scale, added = on_device
    return boxes * scale + added
