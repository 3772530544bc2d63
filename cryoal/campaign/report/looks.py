"""What the classes look like: of each the boxes it is surest of, and those at its threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.averages import average_class
from cryoal.campaign.class_boxes import boxes_of_class, known_threshold
from cryoal.campaign.poses import pose_of_each
from cryoal.campaign.thumbnails import picture, slab_picture
from cryoal.campaign.trust import SHARE
from cryoal.errors import CampaignError
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.class_boxes import ClassBoxes
    from cryoal.campaign.overview import Overview
    from cryoal.data.pool import Pool
    from cryoal.progress import Progress

__all__ = ["ClassLook", "Seen", "Strip", "looks_of", "said_of_threshold"]

AVERAGED = 200
"""Boxes of a class in its mean, at most: to turn one by its pose takes some milliseconds."""
MOST, FEW, MANY = 10, 5, 8
"""Boxes of a strip, and where there are more classes than the last."""


@dataclass(frozen=True)
class Seen:
    """One box."""

    key: str
    image: str
    """``data:`` URI of a PNG: the xy slab through its middle."""
    said: str
    """Its probability."""


@dataclass(frozen=True)
class Strip:
    """Some boxes and which they are."""

    said: str
    boxes: tuple[Seen, ...]


@dataclass(frozen=True)
class ClassLook:
    """One class."""

    name: str
    n_classifier: int
    """Boxes that the classifier calls so, without those of the audit."""
    n_expert: int
    threshold: float | None
    """From which on labels tell that nine of ten are right."""
    strips: tuple[Strip, ...]
    mean: str = ""
    """``data:`` URI of slabs xy, xz and yz through the mean; empty where there is none."""
    mean_said: str = ""
    """Of which boxes, and how they were turned."""


def looks_of(campaign: Campaign, whole: Overview, progress: Progress) -> list[ClassLook]:
    """Every class in turn; before the first classification what experts have called so."""
    names = campaign.config.classes
    most = MOST if len(names) <= MANY else FEW
    found = []
    poses = pose_of_each(campaign.pool)  # once: a large table of picks takes seconds
    for name in progress.track(names, "drawing classes", unit="classes"):
        n_expert = int(((whole.label == whole.number(name)) & ~whole.is_held).sum())
        if whole.told is None:
            groups: tuple[ClassBoxes, ...] = boxes_of_class(campaign, whole, name, "labelled", most)
            strips, mean = _strips(campaign.pool, groups), _mean(campaign, whole, name, poses)
            found.append(ClassLook(name, 0, n_expert, None, strips, *mean))
            continue
        least = known_threshold(campaign, name)
        surest = boxes_of_class(campaign, whole, name, "surest", most)
        n = surest[0].n_all
        edge: tuple[ClassBoxes, ...] = ()
        if n > most:  # else all have been shown
            edge = boxes_of_class(
                campaign,
                whole,
                name,
                "least" if least is None else "threshold",
                most if least is None else 2 * (most // 2),
                threshold=least,
            )
        groups = (*surest, *edge)
        strips, mean = _strips(campaign.pool, groups), _mean(campaign, whole, name, poses)
        found.append(ClassLook(name, n, n_expert, least, strips, *mean))
    return found


def _mean(
    campaign: Campaign, whole: Overview, name: str, poses: NDArray[np.float64]
) -> tuple[str, str]:
    """The picture of the mean in a contrast of its own, and what it is of."""
    try:
        found = average_class(campaign, name, most=AVERAGED, whole=whole, of_pool=poses)
    except CampaignError:  # of fewer than two boxes there is none
        return "", ""
    low, high = np.percentile(found.volume, [0.5, 99.5])
    how = {
        "pose": "each turned by the pose of its pick",
        "none": "as they lie in their tomograms",
        "sphere": "all turns",
    }[found.align]
    image = picture(found.volume, (float(low), max(float(high), float(low) + 1e-6)))
    return image, f"Mean of {how_many(found.n, 'box')}, {how}: xy, xz, yz"


def _strips(pool: Pool, groups: Sequence[ClassBoxes]) -> tuple[Strip, ...]:
    return tuple(
        Strip(
            f"{group.said}, {len(group.rows)} of {group.n_all}",
            tuple(
                Seen(str(pool.keys[row]), slab_picture(box), "" if math.isnan(p) else f"{p:.3f}")
                for row, p, box in zip(
                    group.rows.tolist(),
                    group.probability.tolist(),
                    pool.read_shown(np.asarray(group.rows)),
                    strict=True,
                )
            ),
        )
        for group in groups
        if len(group.rows)
    )


def said_of_threshold(look: ClassLook) -> str:
    """Where the class can be used, in words."""
    if look.threshold is None:
        return f"from which probability on {100 * SHARE:.0f} % are right is not known"
    if look.threshold <= 0:
        return f"{100 * SHARE:.0f} % of them or more should be right, as far as labels tell"
    return (
        f"from p >= {look.threshold:g} on {100 * SHARE:.0f} % or more should be right, as far as "
        "labels tell"
    )
