"""Small teachers of two and three axes, and a training loop that keeps to the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cryoal.companions.base import Companion, Lesson
from cryoal.config import Config, make_config
from cryoal.feed.loaders import TrainingBoxes
from cryoal.losses.task import task_loss
from cryoal.models.base import Network, Output
from cryoal.progress import SILENT
from cryoal.seeds import stream
from cryoal.testing.array_pool import ArrayPool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ImagePool", "SmallNetwork", "fit_alone", "look", "settings", "teach", "teacher_of"]

CPU = torch.device("cpu")


class SmallNetwork(Network):
    """Two modules of one convolution with batch norm each, for boxes or images."""

    n_modules = 2

    def __init__(self, axes: int, channels: int, width: int, n_classes: int) -> None:
        super().__init__()
        convolution = {2: nn.Conv2d, 3: nn.Conv3d}[axes]
        norm = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}[axes]
        self.first = nn.Sequential(
            convolution(channels, width, 3, 2, 1), norm(width), nn.ReLU(inplace=True)
        )
        self.second = nn.Sequential(
            convolution(width, 2 * width, 3, 2, 1), norm(2 * width), nn.ReLU(inplace=True)
        )
        self.last = nn.Linear(2 * width, n_classes)

    @property
    def head(self) -> nn.Linear:
        return self.last

    def forward(self, boxes: Tensor) -> Output:
        first = self.first(boxes)
        second = self.second(first)
        embedding = second.flatten(2).mean(2)
        return Output(self.last(embedding), (first, second), embedding)


class ImagePool(ArrayPool):
    """Images ``(n, 3, h, w)``; what they promise is that of a pool of boxes."""

    channels = 3


def teacher_of(shape: Sequence[int], n_classes: int = 2, seed: int = 0) -> SmallNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return SmallNetwork(len(shape) - 1, shape[0], 4, n_classes)


def settings(*more: str, classes: Sequence[str] = ("empty", "ball")) -> Config:
    defaults = ["model.width=4", "model.teacher=resnet10", "train.batch_size=16"]
    return make_config(classes, settings=[*defaults, "train.learning_rate=0.05", *more])


def teach(
    teacher: Network,
    companion: Companion,
    pool: ArrayPool,
    index: NDArray[np.int64],
    targets: NDArray[np.int64],
    config: Config,
    seed: int = 0,
) -> list[dict[str, float]]:
    """Both learn for the epochs of `config`; what was told at each step."""
    boxes = TrainingBoxes(pool, index, CPU)
    labels = torch.from_numpy(targets)
    weights = torch.ones(len(config.classes))
    parts = [teacher, companion] if companion.learns_beside else [teacher]
    optimizer = torch.optim.SGD(
        [p for part in parts for p in part.parameters()],
        lr=config.train.learning_rate,
        momentum=0.9,
    )
    teacher.train()
    companion.train()
    told = []
    for epoch in range(config.train.epochs):
        order = stream(seed, "epoch", epoch).permutation(len(index))
        for rows in np.array_split(order, -(-len(index) // config.train.batch_size)):
            x = boxes[rows].reshape(len(rows), *_shape(pool))
            y = labels[torch.from_numpy(rows)]
            output = teacher(x)
            losses = cross_entropy(output.logits, y, reduction="none").detach()
            lesson = Lesson(x, y, weights, output, losses, epoch / config.train.epochs, "float32")
            optimizer.zero_grad()
            joint = companion.joint(lesson)
            loss = task_loss(output.logits, y, weights)
            torch.autograd.backward(loss if joint is None else loss + joint.loss)
            detached = Output(
                output.logits.detach(),
                tuple(each.detach() for each in output.maps),
                output.embedding.detach(),
            )
            own = companion.learn(
                Lesson(x, y, weights, detached, losses, lesson.done, lesson.precision)
            )
            if own is not None:
                torch.autograd.backward(own.loss)
            optimizer.step()
            told.append(
                {
                    name: float(value)
                    for taught in (joint, own)
                    if taught is not None
                    for name, value in taught.told.items()
                }
            )
    teacher.eval()
    companion.eval()
    return told


def fit_alone(
    companion: Companion,
    teacher: Network,
    pool: ArrayPool,
    labelled: NDArray[np.int64],
    targets: NDArray[np.int64],
    config: Config,
    *,
    unlabelled: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """``fit_after`` on some boxes of a pool; by default the others are unlabelled."""
    if unlabelled is None:
        unlabelled = np.setdiff1d(np.arange(len(pool)), labelled)
    return companion.fit_after(
        teacher.eval(),
        TrainingBoxes(pool, labelled, CPU),
        torch.from_numpy(targets),
        pool,
        unlabelled,
        config,
        seed=seed,
        device=CPU,
        progress=SILENT,
    )


def look(
    companion: Companion, teacher: Network, pool: ArrayPool, index: NDArray[np.int64]
) -> NDArray[np.float32]:
    """What a companion tells of boxes of a pool."""
    teacher.eval()
    companion.eval()
    boxes = torch.from_numpy(pool.read_normalised(index)).reshape(len(index), *_shape(pool))
    with torch.inference_mode():
        found = companion.look(boxes, teacher(boxes))
    assert found.dtype == torch.float32
    return found.numpy()


def _shape(pool: ArrayPool) -> tuple[int, ...]:
    one = pool.read_normalised(np.zeros(1, dtype=np.int64)).shape[1:]
    return one if isinstance(pool, ImagePool) else (1, *one)
