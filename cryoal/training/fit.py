"""The teacher and the student learn together (Sec. III-B): the epoch loop, visible."""

from __future__ import annotations

import time
from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from cryoal.errors import ConfigError, LabelError
from cryoal.losses.attention_transfer import attention_transfer
from cryoal.losses.task import class_weights, task_loss
from cryoal.progress import SILENT
from cryoal.records import digest
from cryoal.seeds import stream
from cryoal.training.augment import augment
from cryoal.training.batch_norm import refresh_statistics
from cryoal.training.device import autocast, choose_device, slow_convolution_note
from cryoal.training.loaders import TrainingBoxes
from cryoal.training.resume import keep_run, resume_run
from cryoal.training.schedule import batches, learning_rate

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.config import Config, TrainConfig
    from cryoal.models.pairs import Pair
    from cryoal.progress import Progress
    from cryoal.training.loaders import BoxSource

__all__ = ["Epoch", "History", "fit_pair"]


@dataclass(frozen=True)
class Epoch:
    """Means over the boxes of one epoch, as they were seen in training."""

    learning_rate: float
    teacher_loss: float
    """Task loss of the teacher, nats."""
    student_loss: float
    """Task loss of the student alone, nats."""
    transfer_loss: float
    """Eq. 1, without its weight."""
    teacher_accuracy: float
    student_accuracy: float
    seconds: float


@dataclass(frozen=True)
class History:
    """What happened in training, epoch by epoch."""

    epochs: tuple[Epoch, ...]

    def as_json(self) -> dict[str, list[float]]:
        """One list for each number of :class:`Epoch`."""
        names = Epoch.__dataclass_fields__
        columns = zip(*map(astuple, self.epochs), strict=True)
        return {name: list(column) for name, column in zip(names, columns, strict=True)}


def fit_pair(
    pair: Pair,
    pool: BoxSource,
    index: NDArray[np.int64],
    targets: NDArray[np.int64],
    config: Config,
    *,
    seed: int,
    device: torch.device | None = None,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 30.0,
    progress: Progress = SILENT,
) -> History:
    """Train `pair` in place on labelled boxes; it is on `device`, in eval mode, at the end.

    Each step shows one batch, augmented once, to both models. The teacher learns by the task loss
    alone; the student by task loss + lambda eq. 1, with the teacher's maps of the same forward.

    Parameters
    ----------
    pair
        Where training starts: see :func:`cryoal.training.checkpoint.start_pair`.
    index, targets
        Positions in the pool, and the class number of each, in any order.
    seed
        Decides the batches and the augmentation of each epoch, together with its number.
    device
        Default: that of ``config.device``.
    checkpoint
        A file written every `checkpoint_seconds` and at the end. If it is there already and of the
        same boxes, labels, settings and seed, training goes on from it: to the same bits on the
        CPU with the same number of threads as if it had never stopped. The caller removes it.

    Raises
    ------
    LabelError
        Fewer than two boxes, a class number out of range, or as many targets as boxes missing.
    ConfigError
        The loss became infinite or NaN.
    FileFormatError
        `checkpoint` is damaged.
    """
    train = config.train
    _check(index, targets, config.classes)
    by_place = np.argsort(index, kind="stable")  # labels in any order train the same pair
    index, targets = index[by_place], targets[by_place]
    device = choose_device(config.device) if device is None else device
    if note := slow_convolution_note(train.precision, device):
        progress.say(note)
    pair.to(device)
    optimizer = torch.optim.SGD(
        [*pair.teacher.parameters(), *pair.student.parameters()],
        lr=train.learning_rate,
        momentum=train.momentum,
        weight_decay=train.weight_decay,
    )
    identity = _identity(pool, index, targets, config, seed)
    done: list[Epoch] = []
    if checkpoint is not None:
        done = [Epoch(**row) for row in resume_run(checkpoint, identity, pair, optimizer, progress)]

    boxes = TrainingBoxes(pool, index, device)
    labels = torch.from_numpy(targets).to(device)
    weights = class_weights(targets, len(config.classes), train.class_weights).to(device)
    pair.teacher.train()
    pair.student.train()
    kept = time.monotonic()
    for number in progress.track(range(len(done), train.epochs), "training", unit="epochs"):
        start = time.perf_counter()
        rng = stream(seed, "epoch", number)
        rate = learning_rate(train, number)
        for group in optimizer.param_groups:
            group["lr"] = rate
        sums = torch.zeros(5, device=device)
        for rows in batches(len(index), train.batch_size, rng):
            x = augment(boxes[rows], config.augment, rng)
            y = labels[torch.from_numpy(rows).to(device)]
            sums += len(rows) * _step(pair, optimizer, x, y, weights, train)
        means = [round(mean, 6) for mean in (sums / len(index)).tolist()]
        if not np.isfinite(means).all():
            raise ConfigError(
                f"expected a finite loss in epoch {number + 1}, found {means[0]} (teacher) and"
                f" {means[1]} (student): train.learning_rate {train.learning_rate} is too high"
            )
        seconds = round(time.perf_counter() - start, 4)
        done.append(Epoch(*(rate, *means, seconds)))
        last = number + 1 == train.epochs
        if checkpoint is not None and (last or time.monotonic() - kept >= checkpoint_seconds):
            keep_run(checkpoint, identity, pair, optimizer, [asdict(epoch) for epoch in done])
            kept = time.monotonic()
    if train.batch_norm == "refreshed":
        for network in (pair.teacher, pair.student):
            refresh_statistics(network, boxes, len(index), precision=train.precision, device=device)
    pair.teacher.eval()
    pair.student.eval()
    return History(tuple(done))


def _step(
    pair: Pair,
    optimizer: torch.optim.SGD,
    x: Tensor,
    y: Tensor,
    weights: Tensor,
    train: TrainConfig,
) -> Tensor:
    """One batch for both models; the five means of :class:`Epoch`, left on the device."""
    optimizer.zero_grad()
    with autocast(train.precision, x.device):
        teacher = pair.teacher(x)
    teacher_loss = task_loss(teacher.logits, y, weights)
    torch.autograd.backward(
        teacher_loss
    )  # at once: the teacher's graph is freed before the student
    with autocast(train.precision, x.device):
        student = pair.student(x)
    student_loss = task_loss(student.logits, y, weights)
    transfer_loss = attention_transfer(student.maps, teacher.maps)
    torch.autograd.backward(student_loss + train.transfer_weight * transfer_loss)
    optimizer.step()
    right = [(output.logits.argmax(1) == y).float().mean() for output in (teacher, student)]
    return torch.stack([teacher_loss, student_loss, transfer_loss, *right]).detach()


def _identity(
    pool: BoxSource,
    index: NDArray[np.int64],
    targets: NDArray[np.int64],
    config: Config,
    seed: int,
) -> str:
    return digest(
        {
            "boxes": [str(key) for key in pool.keys[index]],
            "targets": targets.tolist(),
            "classes": config.classes,
            "model": asdict(config.model),
            "train": asdict(config.train),
            "augment": asdict(config.augment),
            "seed": seed,
        }
    )


def _check(index: NDArray[np.int64], targets: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    if len(index) != len(targets):
        raise LabelError(f"expected a class for each of {len(index)} boxes, found {len(targets)}")
    if len(index) < 2:
        raise LabelError(f"expected at least 2 labelled boxes to train, found {len(index)}")
    wrong = targets[(targets < 0) | (targets >= len(classes))]
    if len(wrong):
        raise LabelError(f"expected classes 0 to {len(classes) - 1}, found {wrong[0]}")
