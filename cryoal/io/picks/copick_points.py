"""Particles as points of copick, for its JSON files and its CSV."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart

__all__ = ["Points", "points_of"]

PROBABILITY = "cryoalProbability"


@dataclass(frozen=True)
class Points:
    """What copick says of particles, a row each."""

    xyz: NDArray[np.float64]
    """Angstrom to four decimals; a location is where the particle is, so no transform moves it."""
    transform: NDArray[np.float64]
    """``(n, 4, 4)``."""
    score: list[float]
    """1 where nobody told one, as copick has it."""
    group: list[int]


def points_of(part: ParticlePart) -> Points:
    """A point for each particle, in order."""
    n = len(part)
    transform = np.tile(np.eye(4), (n, 1, 1))
    if part.rotation is not None:
        transform[:, :3, :3] = part.rotation
    told = part.extra.get(PROBABILITY)
    scores = part.scores if told is None else [float(text or "nan") for text in told]
    label = part.source.group_column(part.columns)
    groups = ["0"] * n if label is None else part.columns[label]
    return Points(
        np.round(part.position_zyx_angstrom[:, ::-1], 4) + 0.0,
        transform,
        [1.0 if math.isnan(score) else float(f"{score:.6g}") for score in scores],
        [int(text) if text.isdecimal() else 0 for text in groups],
    )
