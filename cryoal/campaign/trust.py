"""From which probability on a class can be used, and how many boxes it has, without an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.commands import command
from cryoal.errors import FileFormatError
from cryoal.how_many import how_many
from cryoal.records import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.records import Json

__all__ = [
    "SHARE",
    "is_asked",
    "read_trust",
    "said_of_trust",
    "thresholds",
    "told_of_trust",
    "trust_of",
]

SHARE = 0.9
"""What is told of: nine of ten right."""


def trust_of(
    campaign: Campaign, classifier: Classifier, labels: Mapping[str, str]
) -> dict[str, Json] | None:
    """What ``predictions.json`` keeps, by class; None where nothing is known.

    ``rungs``: ``[probability, expected, at least]`` (:func:`cryoal.heads.rungs.rungs`); ``count``:
    ``[expected, low, high]`` boxes of the whole pool (:func:`cryoal.heads.counts.counts`), those of
    known class as they are.

    It is known of heads alone, where labels could be held out: the pair's teacher is no other one
    for each box that it has not seen.
    """
    heads = classifier.heads
    if classifier.name != "heads" or heads is None or heads.evidence is None:
        return None
    if not heads.evidence.is_sound:
        return None
    from cryoal.heads.counts import counts
    from cryoal.heads.rungs import rungs

    known = {**campaign.test_labels(), **labels}
    counted = counts(heads.evidence, len(campaign.pool) - len(known))
    found: dict[str, Json] = {}
    for name, some, count in zip(
        campaign.config.classes, rungs(heads.evidence), counted, strict=True
    ):
        certain = sum(label == name for label in known.values())
        found[name] = {
            "rungs": [[round(value, 4) for value in rung] for rung in some],
            "count": [round(value + certain, 1) for value in count],
        }
    return found


def read_trust(campaign: Campaign) -> dict[str, Any] | None:
    """What :func:`trust_of` said of the last classification.

    None where nothing was known, or there is none, or it is of a version that did not ask.
    """
    path = campaign.path / "predictions.json"
    try:
        found = read_json(path).get("trust") if path.exists() else None
    except FileFormatError:  # a cache: as good as none
        return None
    return found if isinstance(found, dict) else None


def is_asked(campaign: Campaign) -> bool:
    """Whether the last classification asked what is known; older versions did not."""
    path = campaign.path / "predictions.json"
    return path.exists() and "trust" in read_json(path)


def thresholds(trust: Mapping[str, Any], share: float) -> dict[str, float | None]:
    """For each class the smallest probability from which on `share` is right; None: unknown."""
    from cryoal.heads.rungs import Rung, smallest

    return {
        name: smallest([Rung(*rung) for rung in of_class["rungs"]], share)
        for name, of_class in trust.items()
    }


def told_of_trust(
    trust: Mapping[str, Any], probabilities: Mapping[str, Sequence[float]]
) -> dict[str, Json]:
    """By class: ``from``, the smallest probability (or None), ``boxes`` from there on, ``count``.

    Parameters
    ----------
    probabilities
        By class, those of the boxes that the classifier decided.
    """
    found: dict[str, Json] = {}
    for name, least in thresholds(trust, SHARE).items():
        there = probabilities.get(name, ())
        boxes = None if least is None else sum(p >= least for p in there)
        found[name] = {"from": least, "boxes": boxes, "count": trust[name]["count"]}
    return found


def said_of_trust(campaign: Campaign, told: Mapping[str, Any] | None) -> list[str]:
    """Lines to print after a classification."""
    if told is None:
        return []
    lines = [
        f"{100 * SHARE:.0f} % right among boxes without a label, as far as labels tell "
        "(an audit measures it):"
    ]
    for name, of_class in told.items():
        _, low, high = of_class["count"]
        least, boxes = of_class["from"], of_class["boxes"]
        if least is None:
            said = "unknown"
        elif least > 0:
            said = f"from p >= {least:g} on, {how_many(boxes, 'box')}"
        else:
            said = "the one box that is" if boxes == 1 else f"all {boxes} boxes that are"
            said += " called so"
        lines.append(f"  {name}: {said}; the pool has {low:.0f} to {high:.0f}")
    if any(of_class["from"] is None for of_class in told.values()):
        lines.append(f"audit to know what is unknown: {command('audit', campaign.typed, '-n', 60)}")
    return lines
