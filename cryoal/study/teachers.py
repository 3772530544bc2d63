"""Which strategies train another teacher than the others, so that more than their picks differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.companions import COMPANIONS
from cryoal.scoring.fields import companions_for
from cryoal.strategies.base import make_strategy

if TYPE_CHECKING:
    from cryoal.study.config import StudyConfig

__all__ = ["other_teachers"]

_OF_STUDENT = ("train.transfer", "train.transfer_weight", "model.student")
"""Settings that the teacher does not notice."""


def other_teachers(study: StudyConfig) -> dict[str, str]:
    """What makes the teacher of a strategy another one on the same labels, by its name.

    Dropout that the strategy asks for, a companion whose loss the teacher learns too, and settings
    of its own. Those with the teacher of the rest are left out.
    """
    found = {}
    for variant in study.all_variants():
        strategy = make_strategy(variant.strategy)
        model = study.config(("a", "b"), study.seeds[0], variant, 8).model
        reasons = []
        if strategy.dropout > model.dropout:
            reasons.append(f"dropout of {strategy.dropout:g} before its last layer")
        for name in companions_for(strategy.needs):
            if getattr(COMPANIONS.load(name), "shapes_teacher", False):
                reasons.append(f"learns the loss of its {name} too")
        own = [s for s in variant.settings if s.partition("=")[0].strip() not in _OF_STUDENT]
        if own:
            reasons.append(f"settings of its own: {', '.join(own)}")
        if reasons:
            found[variant.name] = "; ".join(reasons)
    return found
