"""Published numbers, each with the table or figure that it is from: ``published.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Published", "read_published"]


@dataclass(frozen=True)
class Published:
    """A curve of somebody else's: percent by share of the pool that is labelled, in percent."""

    experiment: str
    where: str
    measure: str
    strategy: str
    points: tuple[tuple[float, float], ...]


def read_published() -> list[Published]:
    """Every published curve, in the order of the file."""
    found: dict[tuple[str, str, str, str], list[tuple[float, float]]] = {}
    with Path(__file__).with_name("published.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = row["experiment"], row["where"], row["measure"], row["strategy"]
            found.setdefault(key, []).append((float(row["share"]), float(row["percent"])))
    return [Published(*key, tuple(points)) for key, points in found.items()]
