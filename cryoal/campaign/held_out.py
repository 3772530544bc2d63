"""What a teacher says of labels that it was not shown: trained anew without each part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.inherited_pair import begin, lesson_of
from cryoal.companions.build import build_team
from cryoal.errors import FileFormatError
from cryoal.feed.device import choose_device
from cryoal.heads.folds import dealt, units
from cryoal.records import is_there, read_json, write_json
from cryoal.scoring.predict import predict
from cryoal.seeds import stream, stream_seed
from cryoal.training.fit import fit_team

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.model import TrainedTeam
    from cryoal.progress import Progress

__all__ = ["parts_of", "teacher_held_out"]

FILE = "held_out.json"


def teacher_held_out(
    campaign: Campaign, labels: dict[str, str], trained: TrainedTeam, progress: Progress
) -> NDArray[np.float32]:
    """``(labelled, classes)`` log-posteriors, nats, in the order of `labels`.

    A teacher alone, with the settings and the seed of the pair, for each of ``classifier.folds``
    parts of the labels; kept beside the pair. A part that is all of one class's labels, so that
    fewer than two classes are left, gets a flat posterior. Of several members one is judged: each
    other would cost as much again.
    """
    file = trained.folder / FILE
    try:
        kept = read_json(file) if is_there(file) else {}
    except FileFormatError:  # a cache: as good as none
        kept = {}
    folds, made_from = campaign.config.classifier.folds, trained.report["made_from"]
    if kept.get("made_from") == made_from and kept.get("folds") == folds:
        return np.array(kept["log_posterior"], np.float32)

    config = campaign.config
    lesson, n = lesson_of(campaign, labels), len(labels)
    index, targets = lesson.rows[:n], lesson.targets[:n]
    behind = np.arange(n, len(lesson.rows))  # of an earlier campaign: never held out
    seed = stream_seed(made_from["seed"], "held out", made_from["labels"])
    part = parts_of(targets, folds, seed, campaign.pool.group[index])
    found = np.full((len(targets), len(config.classes)), -np.log(len(config.classes)), np.float32)
    device = choose_device(config.device)
    for fold in progress.track(range(folds), "cross-validating the teacher", unit="trainings"):
        shown, held = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
        shown = np.concatenate([shown, behind])
        of = lesson.targets[shown]
        if not len(held) or len(np.unique(of)) < 2:
            continue
        team = build_team(config, (), seed=stream_seed(seed, fold)).to(device)
        alone = begin(campaign, team)
        fit_team(team, lesson.boxes, lesson.rows[shown], of, alone, seed=seed)
        field = "averaged_log_posterior"
        precision = config.train.precision
        looked = predict(team, campaign.pool, index[held], [field], precision=precision)
        found[held] = looked[field]
    told = {"made_from": made_from, "folds": folds, "log_posterior": found.tolist()}
    write_json(file, told)
    return found


def parts_of(
    targets: NDArray[np.int64],
    folds: int,
    seed: int,
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """``(labelled,)``: in which of `folds` parts each is, the labels of a class spread out.

    Labels with the same number in `groups`, of one filament, are in the same part, but for those
    of which there are more than a part holds.
    """
    n = len(targets)
    order = stream(seed, "parts").permutation(n)
    by_class = order[np.argsort(targets[order], kind="stable")]
    part = np.empty(n, np.int64)
    part[by_class] = dealt(units(groups, n, folds)[by_class], folds)
    return part
