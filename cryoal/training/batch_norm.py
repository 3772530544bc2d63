"""Statistics of batch norm, taken anew for the weights that training ended with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from cryoal.feed.device import autocast
from cryoal.seeds import stream
from cryoal.training.company import BY_ITSELF, part_of

if TYPE_CHECKING:
    from cryoal.feed.loaders import TrainingBoxes
    from cryoal.models.base import Network
    from cryoal.training.company import Company

__all__ = ["refresh_statistics"]

BATCH = 128


def refresh_statistics(
    network: Network,
    boxes: TrainingBoxes,
    n: int,
    *,
    precision: str,
    device: torch.device,
    company: Company = BY_ITSELF,
) -> None:
    """Replace the running means and variances of `network` by those of the `n` training boxes.

    Running averages (momentum 0.1) trail the weights by tens of steps, and an active-learning cycle
    may have no more: 20 labels and 15 epochs are 30 steps, after which eval mode classified 4 %
    of the phantoms right with the averages, 68 % with refreshed statistics (docs/log.md).

    The boxes are shown as they are, in mixed batches of nearly equal size (in pool order a batch
    would be one tomogram); each layer keeps the plain mean over them. Weights are not touched.
    """
    layers = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # torch's word for a plain mean
    was_training = network.training
    network.train()
    with torch.no_grad():
        mixed = stream(0, "batch norm").permutation(n)
        for rows in np.array_split(mixed, -(-n // BATCH)):
            with autocast(precision, device):
                network(boxes[rows[part_of(company, rows)]])
    network.train(was_training)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
