"""Components of boxes with known classes, as the map is made of them.

A and D1 are sets of :mod:`benchmarks.few_labels.data`, by all formulas. 10000 and 100000 are as
many points on the way from a box of A to one of its five nearest, with some noise: for time, and
for which neighbours are kept, not for how well classes lie apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SETS", "components"]

SETS = ("A", "D1", "10000", "100000")
NOISE = 0.3
COMPONENTS = 50


def components(name: str, work: Path) -> Path:
    """The file with ``rows`` and ``label`` of a set, made once."""
    path = work / f"{name}.npz"
    if path.exists():
        return path
    from cryoal.maps.principal import Principal

    rows, label = _directions(name, work) if name in ("A", "D1") else _between(int(name), work)
    some = np.unique(np.linspace(0, len(rows) - 1, min(5000, len(rows))).astype(int))
    np.savez(path, rows=Principal(rows[some], COMPONENTS)(rows), label=label, directions=rows)
    return path


def _directions(name: str, work: Path) -> tuple[np.ndarray, np.ndarray]:
    import torch

    from benchmarks.few_labels.data import open_set
    from cryoal.descriptors import BLOCKS
    from cryoal.descriptors.describe import describe
    from cryoal.novelty.directions import Directions

    boxes = open_set(name, work / "sets")
    told: dict[str, list[np.ndarray]] = {block: [] for block in BLOCKS.names()}
    for at in range(0, len(boxes.boxes), 256):
        some = torch.from_numpy(boxes.boxes[at : at + 256])
        for block, numbers in describe(some, list(told)).items():
            told[block].append(numbers.numpy())
    blocks = {block: np.concatenate(parts) for block, parts in told.items()}
    moments = {
        n: (b.mean(axis=0, dtype=float), b.std(axis=0, dtype=float)) for n, b in blocks.items()
    }
    return Directions(moments, blocks)(blocks), boxes.label


def _between(n: int, work: Path) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.neighbors import NearestNeighbors

    with np.load(components("A", work)) as kept:
        rows, label = kept["directions"], kept["label"]
    near = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors(return_distance=False)
    rng = np.random.default_rng(0)
    first = rng.integers(0, len(rows), n)
    second = near[first, rng.integers(0, 6, n)]
    found = rows[first] + rng.random((n, 1)) * (rows[second] - rows[first])
    found += rng.normal(0, NOISE / np.sqrt(rows.shape[1]), found.shape)
    return found.astype(np.float32), label[first]
