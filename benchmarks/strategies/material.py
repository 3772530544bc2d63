"""Random evidence in a folder, one ``.npy`` file a field, so that a child reads its needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from cryoal.scoring.evidence import Evidence, Head
from cryoal.scoring.fields import is_context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_evidence", "write_evidence"]


def write_evidence(folder: Path, n: int, features: int, classes: int, labelled: int) -> None:
    """Fill `folder`: `n` candidates whose keys are in no order, and what is labelled."""
    rng = np.random.default_rng(0)
    keys = [f"TS_{i % 100:03d}/{i:06d}" for i in rng.permutation(n)]
    (folder / "keys.json").write_text(json.dumps(keys))

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.standard_normal(shape, dtype=np.float32)

    def log_posterior(*shape: int) -> NDArray[np.float32]:
        logits = 2.0 * normal(*shape)
        return np.asarray(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))

    for name, found in {
        "embedding": normal(n, features),
        "labelled_embedding": normal(labelled, features),
        "log_posterior": log_posterior(n, classes),
        "teacher_log_posterior": log_posterior(n, classes),
        "student_log_posterior": log_posterior(n, classes),
        "committee_log_posterior": log_posterior(n, 3, classes),
        "weight": normal(classes, features) / np.float32(features**0.5),
        "bias": normal(classes),
    }.items():
        np.save(folder / f"{name}.npy", found)


def read_evidence(folder: Path, needs: Iterable[str]) -> Evidence:
    """Evidence with these needs."""

    def load(name: str) -> NDArray[np.float32]:
        found: NDArray[np.float32] = np.load(folder / f"{name}.npy")
        return found

    asked = set(needs)
    context: dict[str, object] = {
        name: load(name) for name in asked if is_context(name) and name != "head"
    }
    if "head" in asked:
        context["head"] = Head(load("weight"), load("bias"))
    keys = json.loads((folder / "keys.json").read_text())
    return Evidence(keys, {name: load(name) for name in asked if not is_context(name)}, context)
