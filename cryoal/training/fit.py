"""The teacher and its companions learn together (Sec. III-B): the epoch loop, visible."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch

from cryoal.data.box_source import FrameSource
from cryoal.errors import ConfigError, DivergedError, LabelError
from cryoal.feed.device import choose_device, slow_convolution_note
from cryoal.feed.loaders import KEPT_BYTES, TrainingBoxes
from cryoal.losses.descent import optimizers
from cryoal.losses.task import IGNORED, class_weights
from cryoal.models.base import Network
from cryoal.progress import SILENT
from cryoal.records import array_facts, digest
from cryoal.seeds import stream_seed
from cryoal.training.batch_norm import refresh_statistics
from cryoal.training.batch_norm_together import together
from cryoal.training.company import BY_ITSELF
from cryoal.training.course import Course, learning_beside
from cryoal.training.diverged import Start, cause, not_finite, refuse_not_finite
from cryoal.training.resume import keep_run, resume_run, told_state
from cryoal.training.schedule import learning_rate

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.companions.team import Team
    from cryoal.config import Config, TrainConfig
    from cryoal.data.box_source import BoxSource
    from cryoal.losses.descent import Optimizer
    from cryoal.progress import Progress
    from cryoal.training.company import Company

__all__ = ["Epoch", "History", "fit_team"]

Epoch: TypeAlias = dict[str, float]
"""Of one epoch: learning_rate, teacher_loss (nats), teacher_accuracy, seconds, and what the
companions told, such as student_loss, student_accuracy and transfer_loss (eq. 1, without its
weight); means over the boxes as they were seen in training."""


@dataclass(frozen=True)
class History:
    """What happened in training."""

    epochs: tuple[Epoch, ...]
    after: dict[str, float]
    """What companions told that were trained after the teacher."""

    def as_json(self) -> dict[str, list[float]]:
        """One list for each number of :data:`Epoch`."""
        return {name: [epoch[name] for epoch in self.epochs] for name in self.epochs[0]}


def fit_team(
    team: Team,
    pool: BoxSource,
    index: NDArray[np.int64],
    targets: NDArray[np.integer[Any]],
    config: Config,
    *,
    seed: int,
    unlabelled: NDArray[np.int64] | None = None,
    device: torch.device | None = None,
    checkpoint: Path | None = None,
    checkpoint_seconds: float = 30.0,
    company: Company = BY_ITSELF,
    progress: Progress = SILENT,
) -> History:
    """Train `team` in place on labelled boxes; it is on `device`, in eval mode, at the end.

    Each step shows one batch, augmented once, to all models. The teacher learns by the task loss
    (and by what a companion adds to it: :meth:`~cryoal.companions.base.Companion.joint`), each
    companion by its own, with the teacher's maps of the same forward. Companions that do not learn
    beside the teacher are trained when it is ready.

    Parameters
    ----------
    team
        Where training starts: see :func:`cryoal.training.checkpoint.start_team`.
    index, targets
        Positions in the pool, and the class number of each, in any order. For a segmentation masks
        ``(n, h, w)``: the class number of each pixel, -1 where it does not count.
    seed
        Decides the batches and the augmentation of each epoch, together with its number.
    unlabelled
        Positions of boxes that companions may look at without labels; default none.
    device
        Default: that of ``config.device``.
    checkpoint
        A file written every `checkpoint_seconds` and at the end. If it is there already and of the
        same boxes, labels, settings and seed, training goes on from it: to the same bits on the
        CPU with the same number of threads as if it had never stopped. Of another run, or damaged,
        it is written over. The caller removes it.
    company
        Who trains together: each calls this with the same, sees its part of every batch and has the
        same team in the end. Batches and augmentation are those of one process, batch norm is over
        the whole batch (:mod:`cryoal.training.batch_norm_together`); dropout is drawn by each. The
        first alone reads and writes `checkpoint`, which may have been that of another number of
        them.

    Raises
    ------
    LabelError
        Fewer than two boxes, a class number out of range, as many targets as boxes missing, or no
        pixel that counts.
    ConfigError
        Masks for a backbone that gives one class a box, or one class a box for a dense one;
        ``augment.recrop`` where the pool has no frames to cut; fewer boxes in a batch than there
        are processes.
    DivergedError
        A loss, a weight or a running statistic became infinite or NaN. `checkpoint` is still of an
        epoch before.
    """
    train = config.train
    _check(index, targets, config.classes)
    _check_networks(team, config, dense=targets.ndim > 1)
    if config.augment.recrop and not isinstance(pool, FrameSource):
        raise ConfigError(
            "expected augment.recrop = false for what is not cut from frames with masks, found true"
        )
    by_place = np.argsort(index, kind="stable")  # labels in any order train the same team
    index, targets = index[by_place], targets[by_place]
    device = choose_device(config.device) if device is None else device
    if note := slow_convolution_note(train.precision, device):
        progress.say(note)
    team.to(device)
    optimizer = _optimizer(team, train, device)
    identity = _identity(team, pool, index, targets, config, seed)
    done: list[Epoch] = []
    if company.rank:
        checkpoint = None
    if checkpoint is not None:
        done = resume_run(checkpoint, identity, team, optimizer, progress)
    done = told_state(company, team, optimizer, done)

    # cut anew, the middle squares are read for batch norm and companions alone
    boxes = TrainingBoxes(pool, index, device, keep=0 if config.augment.recrop else KEPT_BYTES)
    labels = torch.from_numpy(targets)
    if targets.ndim == 1:  # masks may be larger than their images: they go batch by batch
        labels = labels.to(device)
    weights = class_weights(targets, len(config.classes), train.class_weights).to(device)
    team.train()
    course = Course(
        team, optimizer, pool, index, boxes, labels, weights, config, seed, device, company
    )
    with together([*learning_beside(team).values()], company):
        done = _epochs(course, done, identity, checkpoint, checkpoint_seconds, progress)
        if train.batch_norm == "refreshed":
            for model in learning_beside(team).values():
                for network in _networks(model):
                    refresh_statistics(
                        network,
                        boxes,
                        len(index),
                        precision=train.precision,
                        device=device,
                        company=company,
                    )
            refuse_not_finite(
                learning_beside(team), "after the labelled boxes were shown once more"
            )
    team.train(False)
    after: dict[str, float] = {}
    for name, companion in team.companions.items():
        companion.train()
        after |= companion.fit_after(
            team.teacher,
            boxes,
            labels,
            pool,
            np.zeros(0, np.int64) if unlabelled is None else np.sort(unlabelled),
            config,
            seed=stream_seed(seed, "after", name),
            device=device,
            progress=progress,
        )
        companion.eval()
        if company.size > 1:  # each has trained it; on GPUs not to the same bits
            companion.load_state_dict(company.told(_on_cpu(companion, company)))
        refuse_not_finite({name: companion}, "after training")
    return History(tuple(done), after)


def _epochs(
    course: Course,
    done: list[Epoch],
    identity: str,
    checkpoint: Path | None,
    checkpoint_seconds: float,
    progress: Progress,
) -> list[Epoch]:
    """Go through the epochs that are not `done`, and keep where it is now and then."""
    team, optimizer, train = course.team, course.optimizer, course.config.train
    begun: Start | None = Start.of(team, optimizer, len(done))
    kept = time.monotonic()
    for number in progress.track(range(len(done), train.epochs), "training", unit="epochs"):
        began = time.perf_counter()
        means = course.epoch(number)
        if wrong := _wrong(team, means, f"epoch {number + 1} of {train.epochs}"):
            why = cause(course, begun, number, progress)
            saved = checkpoint is not None and checkpoint.exists()
            kept_run = f"; {checkpoint} is of an epoch before" if saved else ""
            raise DivergedError(f"{wrong}: {why}{kept_run}")
        if begun is not None and not begun.reaches(number + 1):
            begun = None
        seconds = round(time.perf_counter() - began, 4)
        done.append({"learning_rate": learning_rate(train, number), **means, "seconds": seconds})
        last = number + 1 == train.epochs
        if checkpoint is not None and (last or time.monotonic() - kept >= checkpoint_seconds):
            keep_run(checkpoint, identity, team, optimizer, done)
            kept = time.monotonic()
    return done


def _on_cpu(model: torch.nn.Module, company: Company) -> dict[str, torch.Tensor]:
    """What the first has to tell; of the others nothing."""
    return {} if company.rank else {k: v.cpu() for k, v in model.state_dict().items()}


def _optimizer(team: Team, train: TrainConfig, device: torch.device) -> Optimizer:
    """One for all that learns beside the teacher; weight decay is L2 in both kinds."""
    weights = [p for model in learning_beside(team).values() for p in model.parameters()]
    rate, decay = train.learning_rate, train.weight_decay
    kinds, made = optimizers(device), {"lr": rate, "weight_decay": decay}
    moving: Optimizer
    if train.optimizer == "adam":
        moving = kinds.Adam(weights, **made)
    else:
        moving = kinds.SGD(weights, momentum=train.momentum, **made)
    return moving


def _networks(model: torch.nn.Module) -> list[Network]:
    """The networks in a model: itself, or those that a companion holds."""
    return [m for m in model.modules() if isinstance(m, Network)]


def _wrong(team: Team, means: dict[str, float], when: str) -> str | None:
    """What is not finite after an epoch: a loss, or else a weight or a running statistic."""
    for name, mean in means.items():
        if not np.isfinite(mean):
            return f"expected a finite {name} in {when}, found {mean}"
    found = not_finite(learning_beside(team))
    return found and f"expected finite weights and running statistics after {when}, found {found}"


def _identity(
    team: Team,
    pool: BoxSource,
    index: NDArray[np.int64],
    targets: NDArray[np.integer[Any]],
    config: Config,
    seed: int,
) -> str:
    return digest(
        {
            "boxes": [str(key) for key in pool.keys[index]],
            "targets": array_facts(targets),
            "classes": config.classes,
            "model": config.model.shaping(),
            "train": asdict(config.train),
            "augment": asdict(config.augment),
            "seed": seed,
            "companions": sorted(team.companions),
        }
    )


def _check(
    index: NDArray[np.int64], targets: NDArray[np.integer[Any]], classes: tuple[str, ...]
) -> None:
    if len(index) != len(targets):
        raise LabelError(f"expected a class for each of {len(index)} boxes, found {len(targets)}")
    if len(index) < 2:
        raise LabelError(f"expected at least 2 labelled boxes to train, found {len(index)}")
    least = 0 if targets.ndim == 1 else IGNORED
    wrong = targets[(targets < least) | (targets >= len(classes))]
    if len(wrong):
        raise LabelError(f"expected classes 0 to {len(classes) - 1}, found {wrong[0]}")
    if not (targets != IGNORED).any():
        raise LabelError(f"expected a pixel with a class in {len(index)} masks, found none")


def _check_networks(team: Team, config: Config, *, dense: bool) -> None:
    for role, model in team.models().items():
        for network in _networks(model):
            if network.is_dense != dense:
                wanted = "each pixel, for masks," if dense else "each box, not for each pixel,"
                names = {"student": config.model.student}
                raise ConfigError(
                    f"expected backbones with logits for {wanted}"
                    f" found {names.get(role, config.model.teacher)} as {role}"
                )
