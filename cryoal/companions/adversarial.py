"""What VAAL and SRAAL share: a discriminator of latents, and batches from both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from cryoal.errors import DivergedError
from cryoal.feed.loaders import stream_boxes
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import Config
    from cryoal.data.box_source import BoxSource
    from cryoal.feed.loaders import TrainingBoxes

__all__ = [
    "BothSides",
    "both_sides",
    "discriminator",
    "mean_of_each",
    "state_loss",
    "steps_of_teacher",
    "told_at_the_end",
]

PER_WIDTH = 8  # hidden units of the discriminator: 512 at the paper's width of 64


def discriminator(latent: int, width: int) -> nn.Sequential:
    """Latents ``(n, latent)`` to one logit ``(n, 1)``, by two hidden layers of 8 `width`."""
    hidden = PER_WIDTH * width
    return nn.Sequential(
        nn.Linear(latent, hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Linear(hidden, 1),
    )


def steps_of_teacher(n_labelled: int, config: Config, floor: int) -> int:
    """As many steps as the teacher took on `n_labelled` boxes, and `floor` at least."""
    return max(floor, config.train.epochs * -(-n_labelled // config.train.batch_size))


class BothSides(NamedTuple):
    """One batch of labelled boxes and one of unlabelled boxes, as many of each where there are."""

    boxes: Tensor
    """``(n, *shape)``, the labelled ones first: one forward sees both, with the statistics of
    batch norm in common. In a forward of its own each side would be shifted to mean 0, which hides
    what a discriminator is to find."""
    rows: NDArray[np.int64]
    """Positions in the labelled set of the first ``len(rows)``."""


def both_sides(
    labelled: TrainingBoxes,
    n_labelled: int,
    pool: BoxSource,
    unlabelled: NDArray[np.int64],
    shape: tuple[int, ...],
    *,
    steps: int,
    batch_size: int,
    seed: int,
    device: torch.device,
) -> Iterator[BothSides]:
    """One batch for each step, drawn without replacement within a batch, as they are in the pool.

    Unlabelled boxes are read one batch ahead and never kept.
    """
    rng = stream(seed, "both sides")
    n_rows, n_others = min(batch_size, n_labelled), min(batch_size, len(unlabelled))
    rows = [rng.choice(n_labelled, n_rows, replace=False) for _ in range(steps)]
    others = [np.sort(rng.choice(unlabelled, n_others, replace=False)) for _ in range(steps)]
    stream_of_others = stream_boxes(pool, np.concatenate(others), n_others, device)
    for mine, other in zip(rows, stream_of_others, strict=True):
        known = labelled[mine]
        boxes = torch.cat([known.reshape(-1, *shape), other.reshape(-1, *shape)])
        yield BothSides(boxes, mine)


def mean_of_each(values: Tensor, n_labelled: int) -> Tensor:
    """Mean over the labelled part of ``(n,)`` plus mean over the rest: both count the same."""
    return values[:n_labelled].mean() + values[n_labelled:].mean()


def state_loss(logits: Tensor, states: Tensor, n_labelled: int) -> Tensor:
    """Cross-entropy of the states ``(n,)`` in [0, 1] that a discriminator gives, in nats."""
    return mean_of_each(
        binary_cross_entropy_with_logits(logits[:, 0], states, reduction="none"), n_labelled
    )


def told_at_the_end(sums: Mapping[str, Tensor], steps: int) -> dict[str, float]:
    """Means over all steps.

    Raises
    ------
    DivergedError
        One of them is not finite; names it.
    """
    means = {name: round(float(total) / steps, 6) for name, total in sums.items()}
    for name, mean in means.items():
        if not np.isfinite(mean):
            raise DivergedError(f"expected a finite {name} of {steps} steps, found {mean}")
    return means
