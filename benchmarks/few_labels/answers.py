"""Who answers: heads on descriptors, alone or with what they teach each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.heads.choose import fit_heads
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

__all__ = ["blocks_of", "by_heads"]

AT_ONCE = 256
MOST_UNLABELLED = 2000


def blocks_of(given: LabelledBoxes, work: Path) -> dict[str, NDArray[np.float32]]:
    """Every block of every box, and ``pretrained`` where ``NAME.pretrained.npy`` is in `work`.

    Computed once and kept in `work`. Pretraining sees all boxes of a set, without labels.
    """
    path = work / f"{given.name}.blocks.npz"
    if not path.exists():
        import torch

        from cryoal.descriptors.crop import fourier_crop, smallest_side
        from cryoal.descriptors.describe import describe

        boxes = torch.from_numpy(given.boxes)
        side = smallest_side(boxes[:AT_ONCE])
        parts: dict[str, list[NDArray[np.float32]]] = {}
        for start in range(0, len(boxes), AT_ONCE):
            some = fourier_crop(boxes[start : start + AT_ONCE], side)
            for name, rows in describe(some).items():
                parts.setdefault(name, []).append(rows.numpy())
        arrays: Mapping[str, NDArray[np.float32]] = {
            name: np.concatenate(each) for name, each in parts.items()
        }
        np.savez(path, **arrays)  # type: ignore[arg-type]
    with np.load(path) as kept:
        found = {name: kept[name] for name in kept.files}
    learned = work / f"{given.name}.pretrained.npy"
    if learned.exists():
        found["pretrained"] = np.load(learned)
    return found


def by_heads(
    blocks: Mapping[str, NDArray[np.float32]],
    label: NDArray[np.int64],
    n_classes: int,
    labelled: NDArray[np.int64],
    pool: NDArray[np.int64],
    asked: NDArray[np.int64],
    seed: int,
    *,
    together: bool,
) -> NDArray[np.float64]:
    """The posterior of each row `asked`; columns are standardised over `pool` alone.

    `label` counts where `labelled` says so, and nowhere else. `together`: heads teach each other on
    the rows of the pool without a label, as in a campaign.
    """
    mean_std = {k: (rows[pool].mean(axis=0), rows[pool].std(axis=0)) for k, rows in blocks.items()}
    unlabelled = None
    if together:
        rest = np.setdiff1d(pool, labelled)
        if len(rest) > MOST_UNLABELLED:
            rest = stream(seed, "unlabelled").choice(rest, MOST_UNLABELLED, replace=False)
        unlabelled = {k: rows[rest] for k, rows in blocks.items()}
    heads = fit_heads(
        {k: rows[labelled] for k, rows in blocks.items()},
        label[labelled],
        n_classes,
        mean_std=mean_std,
        seed=seed,
        unlabelled=unlabelled,
    )
    told = heads.log_posterior({k: rows[asked] for k, rows in blocks.items()})
    return np.exp(told.astype(np.float64))
