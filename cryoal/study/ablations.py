"""The paper's own comparisons, each as variants of one study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryoal.errors import UnknownNameError
from cryoal.registry import nearest
from cryoal.study.config import Variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.study.config import StudyConfig

__all__ = ["ABLATIONS", "with_ablation"]

_KT = "knowledge-transfer"


def _transfers() -> tuple[Variant, ...]:
    names = ("attention", "attention-code", "mse", "l1", "kl")
    return tuple(Variant(f"transfer-{name}", _KT, (f"train.transfer={name}",)) for name in names)


def _weights() -> tuple[Variant, ...]:
    return tuple(
        Variant(f"lambda-{weight}", _KT, (f"train.transfer_weight={weight}",))
        for weight in (0, 1, 10, 100, 1000)
    )


def _same(*names: str) -> tuple[Variant, ...]:
    return tuple(Variant(name, name) for name in names)


ABLATIONS: Mapping[str, tuple[Variant, ...]] = {
    # Fig. 5, left: what the student is taught by
    "transfer-distance": _transfers(),
    # lambda of L = L_task + lambda L_trans, which is 100 in the paper
    "transfer-weight": _weights(),
    # Fig. 5, right: how the distance of teacher and student is told
    "uncertainty-distance": _same(
        _KT,
        "student-teacher-kl",
        "jensen-shannon",
        "posterior-mse",
        "posterior-l1",
        "feature-attention",
        "feature-mse",
        "feature-l1",
    ),
    # whether a cycle starts from new weights
    "restart": tuple(Variant(how, _KT, (f"train.restart={how}",)) for how in ("scratch", "warm")),
}
"""By name; Fig. 6, Tables III, V and VIII are settings of a study: `calibrate`, `gradients`,
`deeper`."""


def with_ablation(study: StudyConfig, name: str) -> StudyConfig:
    """The study with the variants of one ablation in place of its strategies.

    Raises
    ------
    UnknownNameError
        No such ablation; the message gives the nearest.
    """
    if name not in ABLATIONS:
        raise UnknownNameError(f"no ablation called {name!r}{nearest(name, list(ABLATIONS))}")
    return replace(study, name=f"{study.name}: {name}", strategies=(), variants=ABLATIONS[name])
