"""Particles as points of copick, for its JSON files and its CSV."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.write_table import decimals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart

__all__ = ["Point", "points_of"]

PROBABILITY = "cryoalProbability"


@dataclass(frozen=True)
class Point:
    """Numbers as the text to write; `score` is "1.0" where nobody told one, as copick has it."""

    xyz: list[str]
    transform: NDArray[np.float64]
    """4 x 4 without a translation: the location is where the particle is."""
    score: str
    group: str


def points_of(part: ParticlePart) -> Iterator[Point]:
    """A point for each particle, in order."""
    rotation = part.rotation
    label = part.source.group_column(part.columns)
    groups = ["0"] * len(part) if label is None else list(part.columns[label])
    told = part.extra.get(PROBABILITY)
    for row, position in enumerate(part.position_zyx_angstrom):
        transform = np.eye(4)
        if rotation is not None:
            transform[:3, :3] = rotation[row]
        score = part.scores[row] if told is None else float(told[row] or "nan")
        yield Point(
            decimals(position[::-1]),
            transform,
            "1.0" if math.isnan(score) else f"{score:.6g}",
            groups[row] if groups[row].isdecimal() else "0",
        )
