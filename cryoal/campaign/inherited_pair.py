"""What the model that a campaign began with gives to a pair that is trained: a start, and boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cryoal.campaign.inherited import has_inherited, inherited_model, own_names
from cryoal.campaign.pretrained import begin_with_encoder
from cryoal.pretrain.start import fine_tuning
from cryoal.progress import SILENT
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.model_file import Model
    from cryoal.companions.team import Team
    from cryoal.config import Config
    from cryoal.data.box_source import BoxSource
    from cryoal.progress import Progress

__all__ = ["Lesson", "begin", "earlier_facts", "fill", "is_of", "lesson_of"]


class Lesson(NamedTuple):
    """What a pair learns from: own labels first, earlier ones behind them."""

    boxes: BoxSource
    rows: NDArray[np.int64]
    targets: NDArray[np.int64]


class Together:
    """A pool, and voxels that came with a model behind it."""

    def __init__(self, pool: BoxSource, voxels: NDArray[np.float16], digest: str) -> None:
        self._pool, self._voxels = pool, voxels
        self._names = [f"earlier {digest[:12]} {number}" for number in range(len(voxels))]

    @property
    def keys(self) -> NDArray[Any]:
        """Those of the pool, and a name for each box behind it."""
        return np.concatenate([self._pool.keys, np.array(self._names, dtype=object)])

    def __len__(self) -> int:
        return len(self._pool) + len(self._voxels)

    def read_normalised(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """Boxes in the order of `index`."""
        rows, n = np.asarray(index, np.int64), len(self._pool)
        out = np.empty((len(rows), *self._voxels.shape[1:]), np.float32)
        own = rows < n
        if own.any():
            out[own] = self._pool.read_normalised(rows[own])
        out[~own] = self._voxels[rows[~own] - n]
        return out


def earlier_facts(campaign: Campaign) -> dict[str, Any]:
    """What a training is made from besides the own labels; nothing without a model."""
    model = inherited_model(campaign) if has_inherited(campaign) else None
    if model is None:
        return {}
    reuse = campaign.config.reuse
    starts = reuse.start and is_of(campaign, model)
    weight = reuse.weight if model.card.holds_boxes else 0.0
    return {"earlier": {"model": model.card.digest, "start": starts, "weight": weight}}


def lesson_of(campaign: Campaign, labels: Mapping[str, str]) -> Lesson:
    """Own labels, and of those whose voxels came with a model the share ``reuse.weight``."""
    number = {name: i for i, name in enumerate(campaign.config.classes)}
    index = campaign.pool.index(list(labels))
    targets = np.array([number[name] for name in labels.values()], dtype=np.int64)
    model = inherited_model(campaign) if has_inherited(campaign) else None
    weight = campaign.config.reuse.weight
    if model is None or not model.card.holds_boxes or not weight:
        return Lesson(campaign.pool, index, targets)
    classes = np.array(own_names(campaign, model.card.classes), np.int64)[model.array("label")]
    known = np.flatnonzero(classes >= 0)
    drawn = stream(campaign.config.seed, "earlier voxels").permutation(known)
    some = np.sort(drawn[: round(weight * len(known))])
    boxes = Together(campaign.pool, model.array("voxels")[some], model.card.digest)
    behind = len(campaign.pool) + np.arange(len(some))
    return Lesson(boxes, np.concatenate([index, behind]), np.concatenate([targets, classes[some]]))


def begin(campaign: Campaign, team: Team, progress: Progress = SILENT) -> Config:
    """Let a new team start from the model's weights, or else the encoder's; its settings."""
    model = inherited_model(campaign) if has_inherited(campaign) else None
    if model is None or not campaign.config.reuse.start or not is_of(campaign, model):
        return begin_with_encoder(campaign, team, progress)
    fill(team, model)
    return fine_tuning(campaign.config)


def fill(team: Team, model: Model) -> None:
    """Put the model's weights into those networks of `team` that it has."""
    for role, network in team.models().items():
        if role in model.card.networks:
            network.load_state_dict(model.weights(role))


def is_of(campaign: Campaign, model: Model) -> bool:
    """Whether networks of these settings and classes are those of the model."""
    card, config = model.card, campaign.config
    if "teacher" not in card.networks or card.config.model.shaping() != config.model.shaping():
        return False
    return own_names(campaign, card.classes) == list(range(len(config.classes)))
