"""Phantoms of which most are nothing: 4 % rings, 8 % rods, 88 % background.

I and I1: 36 rings, 72 rods and 792 picks on empty ice in three tomograms, SNR 6 and 1. All are the
pool; nothing is kept for a test, because what is told is told of the pool. They are kept, with
their blocks and what an encoder learned from them, in the folder of work
(:mod:`benchmarks.few_labels`).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.few_labels.data import BOX, LabelledBoxes, cut, labels_in

__all__ = ["IMBALANCED", "open_imbalanced"]

IMBALANCED = {"I": 6.0, "I1": 1.0}
PER_TOMOGRAM = {"ring": 12, "rod": 24, "background": 264}


def open_imbalanced(name: str, work: Path) -> LabelledBoxes:
    """The set `name`, from `work` where it has been made before."""
    path = work / f"{name}.npz"
    if not path.exists():
        _make(name, work, path)
    with np.load(path) as kept:
        everything = np.arange(len(kept["y"]))
        classes = tuple(str(word) for word in kept["classes"])
        none = everything[:0]
        return LabelledBoxes(
            name, kept["X"], kept["y"], classes, kept["tomogram"], everything, none
        )


def _make(name: str, work: Path, path: Path) -> None:
    from cryoal.config import make_config
    from cryoal.pretrain.embed import embed
    from cryoal.pretrain.run import pretrain
    from cryoal.testing.array_pool import ArrayPool
    from cryoal.testing.phantoms import write_phantoms

    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as temporary:
        folder = Path(temporary)
        files = write_phantoms(
            folder / "data",
            per_class=PER_TOMOGRAM,
            shape=(64, 288, 288),
            snr=IMBALANCED[name],
            seed=12,
        )
        boxes, keys, tomogram = cut(
            folder, files.tomograms, files.picks, files.tomograms_star, BOX, "black"
        )
        known = labels_in(files.truth)
        config = make_config(files.classes, "laptop", [f"pool.box={BOX}"])
        pool = ArrayPool(boxes)
        learned = pretrain(pool, np.arange(len(boxes)), config, seed=0, folder=folder / "encoder")
        assert learned is not None
        np.save(work / f"{name}.pretrained.npy", embed(learned, boxes))
    label = np.array([files.classes.index(known[key]) for key in keys])
    np.savez(path, X=boxes, y=label, classes=np.array(files.classes), tomogram=tomogram)
