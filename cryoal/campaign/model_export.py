"""What a campaign has learnt, gathered so that another can begin with it."""

from __future__ import annotations

from collections import Counter
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.described import current_columns, shown_side
from cryoal.campaign.free_rows import free_rows
from cryoal.campaign.model import team_of_now
from cryoal.campaign.model_file import NORMALISATION, Model, ModelCard
from cryoal.campaign.pretrained import current_encoder
from cryoal.campaign.trainable import require_trainable
from cryoal.config import to_tree
from cryoal.errors import CampaignError
from cryoal.progress import SILENT
from cryoal.records import now

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.campaign.campaign import Campaign
    from cryoal.descriptors.columns import Columns
    from cryoal.pretrain.pretrained import Pretrained
    from cryoal.progress import Progress

__all__ = ["model_of"]

FREE = 500
"""Boxes without a label whose descriptors are kept: they tell how the pool looked."""


def model_of(campaign: Campaign, *, voxels: bool = False, progress: Progress = SILENT) -> Model:
    """All that the labels of now have taught, without the pool.

    Labels kept for measuring and those of the audit are no part of it.

    Parameters
    ----------
    voxels
        Keep the labelled boxes themselves too (two bytes a voxel), from which a pair can learn.

    Raises
    ------
    CampaignError
        There is no pool, or fewer than two classes are labelled.
    """
    if not campaign.has_pool:
        raise CampaignError(f"expected a campaign with labels, found no boxes in {campaign.typed}")
    labels = campaign.training_labels()
    require_trainable(campaign, labels)
    config, pool = campaign.config, campaign.pool
    classifier = current_classifier(campaign, labels, progress=progress)
    columns = classifier.columns
    if columns is None:  # the pair alone classifies: nothing learns from its boxes for this
        columns = current_columns(campaign, progress, may_learn=False)
    index = pool.index(list(labels))
    number = {name: i for i, name in enumerate(config.classes)}
    tensors: dict[str, Tensor] = {
        "label": torch.tensor([number[name] for name in labels.values()], dtype=torch.int64),
        "group": torch.from_numpy(np.asarray(pool.group[index], np.int64)),
    }
    side = _described(campaign, columns, index, labels, tensors)
    if voxels:
        boxes = np.stack([pool.read_normalised(index[i : i + 1])[0] for i in range(len(index))])
        tensors["voxels"] = torch.from_numpy(boxes.astype(np.float16))
    encoder = current_encoder(campaign, side, may_learn=False, progress=progress)
    if encoder is not None:
        tensors |= _under("encoder", encoder.encoder.state_dict())
    trained = classifier.trained or team_of_now(campaign, labels, progress)
    networks = {} if trained is None else trained.team.models()
    for role, network in networks.items():
        tensors |= _under(role, network.state_dict())
    counts = Counter(labels.values())
    card = ModelCard(
        made_by=f"cryoal {metadata.version('cryoal')}",
        time=now(),
        campaign=campaign.identity or "of before ids",
        classes=config.classes,
        labels={name: counts[name] for name in config.classes},
        voxel_spacing=pool.voxel_spacing,
        box=pool.box,
        density=tuple(sorted({record.density for record in pool.tomograms})),
        normalisation=NORMALISATION,
        side=side,
        blocks={made.name: (made.version, made.columns) for made in columns.made},
        tomograms=len(set(pool.tomogram_names)),
        boxes=len(pool),
        classifier=classifier.name,
        networks=tuple(networks),
        encoder=None if encoder is None else _told(encoder),
        holds_boxes=voxels,
        settings=to_tree(config),
    )
    return Model(card, tensors)


def _described(
    campaign: Campaign,
    columns: Columns,
    index: NDArray[np.int64],
    labels: dict[str, str],
    tensors: dict[str, Tensor],
) -> int:
    """Put the descriptors into `tensors`; the side that boxes were shown with."""
    free = free_rows(campaign, labels)
    free = free[
        np.unique(np.linspace(0, max(len(free) - 1, 0), FREE).astype(np.int64))[: len(free)]
    ]
    for name in columns.names:
        moments = columns.moments(name)
        tensors[f"rows/{name}"] = torch.from_numpy(columns.read(name, index))
        tensors[f"free/{name}"] = torch.from_numpy(columns.read(name, free))
        tensors[f"mean/{name}"] = torch.from_numpy(moments.mean)
        tensors[f"deviation/{name}"] = torch.from_numpy(moments.deviation)
    return shown_side(campaign)


def _under(role: str, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{role}/{name}": value.detach().cpu().clone() for name, value in weights.items()}


def _told(encoder: Pretrained) -> dict[str, Any]:
    return {**encoder.made_from, "version": encoder.version, "columns": encoder.columns}
