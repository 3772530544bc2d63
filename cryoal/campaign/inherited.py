"""What a campaign has from an earlier one, where it began with a model (``init --from``).

Its labelled boxes are there as descriptors, beside which those of this campaign stand. Each is
standardised over its own pool, or those of this campaign over the earlier pool: by which of the two
the earlier labels are surer of the boxes here. Contrast that differs asks for the first, shares of
classes that differ for the second, and the surer one was the better in nine of ten trials
(docs/reuse.md).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from cryoal.commands import command
from cryoal.errors import CampaignVersionError, FileFormatError
from cryoal.records import digest, is_there, read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.model_file import Model
    from cryoal.descriptors.columns import Columns
    from cryoal.heads.along import Along
    from cryoal.records import Json

__all__ = [
    "CARD",
    "FILE",
    "Beside",
    "MeanStd",
    "beside",
    "can_classify",
    "has_inherited",
    "inherited_facts",
    "inherited_model",
    "kept_card",
    "require_classifiable",
]

FILE = "inherited.safetensors"
"""The model that the campaign began with."""

CARD = "inherited.json"
"""Its card, for those who do not load it, and what was found of it beside this pool."""

FEWEST_BOXES = 20
"""Of this pool, below which mean and scatter of its own say little."""

SURER_ON = 500
"""Boxes on which it is seen by which scale the earlier labels are surer."""

MeanStd: TypeAlias = "dict[str, tuple[NDArray[np.floating], NDArray[np.floating]]]"


class Beside(NamedTuple):
    """What heads learn from beside the own labels, and how own boxes are standardised with it."""

    along: Along
    mean_std: MeanStd
    told: dict[str, Any]
    """``digest``, ``labels``, ``weight`` and ``scale``: ``earlier`` or ``own``."""


def has_inherited(campaign: Campaign) -> bool:
    """Whether the campaign began with a model."""
    return is_there(campaign.path / FILE)


def kept_card(campaign: Campaign) -> dict[str, Any] | None:
    """The card of the model that the campaign began with; None without one.

    The model is not loaded, unless what is kept of its card is lost.
    """
    if not has_inherited(campaign):
        return None
    with suppress(FileFormatError, FileNotFoundError):
        card = read_json(campaign.path / CARD).get("card")
        if isinstance(card, dict):
            return card
    model = inherited_model(campaign)
    return None if model is None else asdict(model.card)


def inherited_facts(campaign: Campaign) -> dict[str, Any]:
    """What decides about a classifier besides the own labels; nothing without a model."""
    if not has_inherited(campaign):
        return {}
    card = kept_card(campaign) or {}
    return {"inherited": [card.get("digest"), campaign.config.reuse.weight]}


def inherited_model(campaign: Campaign) -> Model | None:
    """The model that the campaign began with.

    Raises
    ------
    FileFormatError
        It is damaged; says what to do.
    """
    path = campaign.path / FILE
    if not is_there(path):
        return None
    facts = path.stat()
    try:
        return _read(path, facts.st_mtime_ns, facts.st_size)
    except FileFormatError as error:
        again = command("model", "import", campaign.typed, "FILE")
        raise FileFormatError(f"{error}; restore it: {again}") from error


@lru_cache(maxsize=2)
def _read(path: Path, *stamp: int) -> Model:
    from cryoal.campaign.model_file import read_model

    del stamp  # another file, another entry
    return read_model(path)


def own_names(campaign: Campaign, classes: tuple[str, ...]) -> list[int]:
    """The number here of each class of a model, by its name of now; -1: there is none."""
    number = {name: i for i, name in enumerate(campaign.config.classes)}
    renamed = campaign.config.new_names()
    return [number.get(renamed.get(name, name), -1) for name in classes]


def can_classify(campaign: Campaign, labels: Mapping[str, str]) -> bool:
    """Whether there is anything to learn from: labels of two classes, here or earlier."""
    if len(set(labels.values())) >= 2:
        return True
    card = kept_card(campaign)
    if card is None:
        return False
    names = tuple(name for name, n in card.get("labels", {}).items() if n)
    return len({*own_names(campaign, names)} - {-1}) >= 2


def require_classifiable(campaign: Campaign, labels: dict[str, str]) -> None:
    """Raise CampaignError unless :func:`can_classify`."""
    from cryoal.campaign.trainable import require_trainable

    if not can_classify(campaign, labels):
        require_trainable(campaign, labels)


def beside(campaign: Campaign, labels: Mapping[str, str], columns: Columns) -> Beside | None:
    """What stands beside the own `labels`; None where nothing does.

    Where ``reuse.weight`` is 0 the earlier labels count until own ones are of two classes.

    Raises
    ------
    FileFormatError
        The model is damaged.
    CampaignVersionError
        Its descriptors are those of another version.
    """
    from cryoal.heads.along import Along

    weight = campaign.config.reuse.weight
    if not weight and len(set(labels.values())) >= 2:
        return None
    model = inherited_model(campaign)
    if model is None:
        return None
    names = _common(campaign, model, columns)
    classes = np.array(own_names(campaign, model.card.classes), np.int64)[model.array("label")]
    known = classes >= 0
    if not known.any():
        return None
    rows, mean, deviation = (model.blocks(kind) for kind in ("rows", "mean", "deviation"))
    along = Along(
        {name: rows[name][known] for name in names},
        classes[known],
        model.array("group")[known],
        {name: (mean[name], deviation[name]) for name in names},
        weight or 1.0,
    )
    scale = _scale(campaign, model, along, columns)
    moments = {name: columns.moments(name) for name in names}
    own: MeanStd = {name: (m.mean, m.deviation) for name, m in moments.items()}
    told = {
        "digest": model.card.digest,
        "labels": int(known.sum()),
        "weight": along.weight,
        "scale": scale,
    }
    return Beside(along, own if scale == "own" else dict(along.mean_std), told)


def _common(campaign: Campaign, model: Model, columns: Columns) -> list[str]:
    """Descriptors that both have, in the same version."""
    here = {made.name: (made.version, made.columns) for made in columns.made}
    both = [name for name, version in here.items() if model.card.blocks.get(name) == version]
    if not both:
        raise CampaignVersionError(
            f"expected descriptors of {model.card.made_by} in {campaign.path / FILE} to be those "
            "of this cryoal, found none: export the model again by this version"
        )
    return both


def _scale(campaign: Campaign, model: Model, along: Along, columns: Columns) -> str:
    """``own`` or ``earlier``: by which pool's mean and scatter the boxes here are standardised."""
    of: dict[str, Json] = {
        "model": model.card.digest,
        "classes": campaign.config.classes,
        "boxes": [[part.added, len(part)] for part in campaign.pool.parts],
        "blocks": list(along.blocks),
    }
    made_from = digest(of)
    file = campaign.path / CARD
    facts: dict[str, Any] = {}
    with suppress(FileFormatError, FileNotFoundError):
        facts = read_json(file)
    kept = facts.get("scale")
    if isinstance(kept, dict) and kept.get("of") == made_from:
        return str(kept["scale"])
    scale, surest = _surer(campaign, model, along, columns)
    if not campaign.is_read_only:
        card = facts.get("card") or asdict(model.card)
        told: dict[str, Json] = {"of": made_from, "scale": scale, "surest": surest}
        write_json(file, {"card": card, "scale": told})
    return scale


def _surer(
    campaign: Campaign, model: Model, along: Along, columns: Columns
) -> tuple[str, dict[str, float]]:
    from cryoal.heads.choose import fit_heads

    n = len(campaign.pool)
    if n < FEWEST_BOXES or len(np.unique(along.classes)) < 2:
        return "earlier", {}
    free = model.blocks("free")
    nothing = {name: rows[:0] for name, rows in along.blocks.items()}
    heads = fit_heads(
        nothing,
        np.zeros(0, np.int64),
        len(campaign.config.classes),
        mean_std=along.mean_std,
        seed=campaign.config.seed,
        unlabelled={name: free[name] for name in along.blocks},
        along=along._replace(weight=1.0),
    )
    some = np.unique(np.linspace(0, n - 1, SURER_ON).round().astype(np.int64))
    rows = {name: columns.read(name, some) for name in along.blocks}
    surest = {}
    for scale in ("earlier", "own"):
        seen = dict(rows)
        if scale == "own":  # told as the earlier pool's rows are: the heads divide by its scatter
            for name, (mean, deviation) in along.mean_std.items():
                here = columns.moments(name)
                spread = np.where(here.deviation > 0, here.deviation, 1.0)
                seen[name] = ((rows[name] - here.mean) / spread * deviation + mean).astype(
                    np.float32
                )
        surest[scale] = float(np.exp(heads.log_posterior(seen)).max(axis=1).mean())
    return max(surest, key=lambda name: surest[name]), surest


def earlier_label_counts(campaign: Campaign) -> dict[str, int]:
    """Labels of each class of now that the earlier campaign had."""
    card = kept_card(campaign)
    if card is None:
        return {}
    names = tuple(card["labels"])
    counts: dict[str, int] = {}
    for at, name in zip(own_names(campaign, names), names, strict=True):
        if at >= 0:  # two of its classes may be one by now
            mine = campaign.config.classes[at]
            counts[mine] = counts.get(mine, 0) + card["labels"][name]
    return counts
