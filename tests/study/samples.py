"""Made-up rows of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

CLASSES = ["ring", "rod", "<b>ice & more</b>"]


def row(strategy: str, seed: int, cycle: int, accuracy: float, **others: Any) -> dict[str, Any]:
    """One row with 100 more labels in each cycle; nothing optional is there."""
    return {
        "study": "made up",
        "strategy": strategy,
        "seed": seed,
        "cycle": cycle,
        "n_labelled": 100 * cycle,
        "n_validation": 0,
        "accuracy": accuracy,
        "macro_f1": accuracy,
        "recall": [accuracy] * 3,
        "support": [30, 20, 10],
        "classes": CLASSES,
        "train_accuracy": 1.0,
        "student_accuracy": None,
        "validation_accuracy": None,
        "picked_accuracy": None,
        "high_gradient": None,
        "n_picked": None,
        "seconds": {"train": 2.0, "score": 0.5, "select": 0.25},
        "bound": None,
        "advice": [],
    } | others


def campaign_rows(
    strategies: Sequence[str], n_seeds: int, n_cycles: int, n_classes: int = 3
) -> list[dict[str, Any]]:
    """Curves that rise and differ a little, with every optional number."""
    rng = np.random.default_rng(7)
    names = CLASSES + [f"class {i}" for i in range(3, n_classes)]
    rows = []
    for place, strategy in enumerate(strategies):
        for seed in range(n_seeds):
            for cycle in range(1, n_cycles + 1):
                level = 0.93 - 0.45 * np.exp(-(0.28 + 0.02 * place) * cycle)
                recall = np.clip(level + rng.normal(0, 0.02, n_classes) - 0.02, 0, 1)
                recall[-1] -= 0.1
                accuracy = float(np.clip(level + rng.normal(0, 0.006), 0, 1))
                has_student = strategy.startswith("knowledge")
                rows.append(
                    row(
                        strategy,
                        seed,
                        cycle,
                        accuracy,
                        n_validation=50,
                        macro_f1=float(recall.mean()),
                        recall=recall.tolist(),
                        support=[80 - 5 * i for i in range(n_classes)],
                        classes=names[:n_classes],
                        train_accuracy=min(1.0, accuracy + 0.2 / cycle),
                        student_accuracy=accuracy - 0.03 if has_student else None,
                        validation_accuracy=accuracy + 0.01,
                        picked_accuracy=accuracy - 0.3 + 0.01 * place,
                        high_gradient=int(10 + 4 * place + rng.integers(0, 5)),
                        n_picked=100,
                        seconds={
                            "train": 20.0 + 3 * cycle,
                            "score": 1.5 + place,
                            "select": 0.1 * place,
                        },
                        bound={"distance": 0.3, "error": 0.5 - 0.02 * cycle, "loss": 0.4}
                        if has_student
                        else None,
                        advice=["plateau"] if cycle >= n_cycles - 1 else [],
                    )
                )
    return rows
