"""One training of the pair on some labels: from new weights or an encoder's, in so many epochs."""

from __future__ import annotations

import resource
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.few_labels.measure import accuracy
from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.pretrain.run import pretrain
from cryoal.pretrain.start import start_from
from cryoal.scoring.predict import predict
from cryoal.testing.array_pool import ArrayPool
from cryoal.training.fit import fit_team

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes
    from cryoal.config import Config
    from cryoal.pretrain.pretrained import Pretrained

__all__ = ["NEW", "WAYS", "Measured", "Way", "encoder_of", "seconds", "settings_of", "train"]


class Way(NamedTuple):
    """How a training begins, and how long it is."""

    start: str
    """``new``: new weights; ``encoder``: those of the encoder."""
    epochs: int
    rate: float = 1.0
    """Share of the laptop preset's learning rate."""
    batch: int = 16
    """Boxes in a step."""


NEW = Way("new", 40)
WAYS = (NEW, Way("encoder", 40, 0.1), Way("encoder", 20, 0.1))


class Measured(NamedTuple):
    """Of one training."""

    seconds: float
    """Of processor time, training alone."""
    teacher: float
    """Share of the test that the teacher names right."""
    moved: float
    """The same of its mean posterior over the moves, which is what a campaign's classifier says."""


def settings_of(given: LabelledBoxes, seed: int) -> Config:
    """The laptop preset for boxes of `given`."""
    names = [f"class {word}" if len(word) == 1 else word for word in given.classes]
    side = given.boxes.shape[1]
    return make_config(names, "laptop", [f"pool.box={side}", f"seed={seed}"])


def encoder_of(given: LabelledBoxes, folder: Path) -> tuple[Pretrained | None, float]:
    """The encoder of all boxes of a set, without labels; processor seconds if it learnt now."""
    config = settings_of(given, 0)
    folder.mkdir(parents=True, exist_ok=True)
    began = seconds()
    rows = np.arange(len(given.boxes))
    made = pretrain(ArrayPool(given.boxes), rows, config, seed=0, folder=folder)
    return made, seconds() - began


def train(
    given: LabelledBoxes,
    labelled: NDArray[np.int64],
    test: NDArray[np.int64],
    way: Way,
    encoder: Pretrained | None,
    seed: int,
) -> Measured | None:
    """Teacher and student as strategies of the paper's kind train them; None: no start for them."""
    config = settings_of(given, seed)
    team = build_team(config, ["student"], seed=seed)
    if way.start == "encoder" and (encoder is None or "teacher" not in start_from(team, encoder)):
        return None
    rate = config.train.learning_rate * way.rate
    how = replace(config.train, epochs=way.epochs, learning_rate=rate, batch_size=way.batch)
    config = replace(config, train=how)
    pool = ArrayPool(given.boxes)
    began = seconds()
    fit_team(team, pool, labelled, given.label[labelled], config, seed=seed)
    used = seconds() - began
    wanted = ("teacher_log_posterior", "averaged_log_posterior")
    told = predict(team, pool, test, wanted)
    right = [accuracy(given.label[test], told[name].argmax(axis=1)) for name in wanted]
    return Measured(used, *right)


def seconds() -> float:
    """Processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
