"""A small network and few epochs, so that ten seeds fit into minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.companions.build import build_team
from cryoal.config import make_config
from cryoal.testing.array_pool import ArrayPool
from cryoal.training.fit import fit_team

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes
    from cryoal.companions.team import Team

__all__ = ["SETTINGS", "taught"]

SETTINGS = "laptop, model.width=8"
"""Half the width of the preset, its 40 epochs, from new weights."""


def taught(
    given: LabelledBoxes,
    labelled: NDArray[np.int64],
    unlabelled: NDArray[np.int64],
    seed: int,
    companions: Sequence[str] = (),
) -> tuple[Team, ArrayPool]:
    """A team that learnt these labels, and the boxes for looking at them."""
    preset, *settings = SETTINGS.split(", ")
    names = [name if len(name) > 1 else f"class {name}" for name in given.classes]
    side = given.boxes.shape[1]
    config = make_config(names, preset, [*settings, f"pool.box={side}", f"seed={seed}"])
    team, pool = build_team(config, companions, seed=seed), ArrayPool(given.boxes)
    targets = given.label[labelled]
    fit_team(team, pool, labelled, targets, config, seed=seed, unlabelled=unlabelled)
    return team, pool
