"""Cycles as the engine leaves them on disk, without training anything."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from cryoal.campaign.predictions_table import Looked, columns_of, row_of
from cryoal.campaign.query import Asked, Query, write_query
from cryoal.records import digest, digest_of_file, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.campaign.campaign import Campaign

HISTORY = {
    "teacher_loss": [1.25, 0.5],
    "student_loss": [1.5, 0.75],
    "transfer_loss": [0.625, 0.25],
    "seconds": [2.0, 2.0],
}
ENVIRONMENT = {
    "time": "2026-11-22T09:30:00.000Z",
    "python": "3.11.2",
    "machine": "x86_64",
    "versions": {"torch": "2.13.0", "triton": None},
}


def measured(campaign: Campaign, hits: int, n: int = 20) -> dict[str, Any]:
    """A test result whose numbers are all different."""
    return {
        "n": n,
        "accuracy": hits / n,
        "macro_f1": hits / n - 0.05,
        "classes": list(campaign.config.classes),
        "recall": [0.123, 0.234, 0.345],
        "precision": [0.456, 0.567, 0.678],
        "f1": [0.789, 0.891, 0.912],
        "support": [11, 12, 13],
        "confusion": [[9, 1, 0], [2, 8, 1], [0, 0, 0]],
    }


def write_cycle(
    campaign: Campaign,
    number: int,
    suggestions: Sequence[tuple[str, str | None]],
    *,
    n_labelled: int = 0,
    test: dict[str, Any] | None = None,
    torch: str = "2.13.0",
) -> None:
    """A cycle that asked these keys with these suggestions; trained if there is one."""
    trained = any(name is not None for _, name in suggestions)
    asked = tuple(
        Asked(key, 0.5 + i if trained else None, name, 0.75 if name else None)
        for i, (key, name) in enumerate(suggestions)
    )
    strategy = "entropy" if trained else "random"
    reason = None if trained else "fewer than two classes are labelled: drawn at random"
    query = Query(number, strategy, reason, 0, 54, 30, n_labelled, asked)
    folder = campaign.path / f"cycle_{number:03d}"
    write_query(folder, query, campaign.pool)
    write_report_json(campaign, folder.name, number, trained, n_labelled, test, torch)


def write_model(campaign: Campaign, number: int, n_labelled: int, test: dict[str, Any]) -> None:
    """The pair trained on the labels of now."""
    write_report_json(campaign, "model", number, True, n_labelled, test)


def write_report_json(
    campaign: Campaign,
    name: str,
    number: int,
    trained: bool,
    n_labelled: int,
    test: dict[str, Any] | None,
    torch: str = "2.13.0",
) -> None:
    write_json(
        campaign.path / name / "report.json",
        {
            "cycle": number,
            "n_labelled": n_labelled,
            "labels": {},
            "trained": trained,
            "seconds": {"train": 12.25, "score": 1.5} if trained else {"score": 0.125},
            "history": HISTORY if trained else {},
            "test": test,
        },
    )
    environment = {**ENVIRONMENT, "versions": {"torch": torch, "triton": None}}
    write_json(campaign.path / name / "environment.json", environment)


def write_predictions(
    campaign: Campaign, called: Mapping[str, str], p: float | Mapping[str, float] = 0.9
) -> None:
    """A classification that calls each box so, with this probability, or that of its key."""
    classes, standing = campaign.config.classes, campaign.standing()
    path = campaign.path / "predictions.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns_of(classes))
        for key in campaign.pool.keys.tolist():
            sure = p if isinstance(p, float) else p[key]
            rest = (1 - sure) / (len(classes) - 1)
            posterior = [f"{sure if name == called[key] else rest:.6f}" for name in classes]
            looked = Looked(key, "heads", posterior, [""] * 4)
            writer.writerow(row_of(looked, classes, standing)[0])
    facts = {"labels": digest(campaign.training_labels()), "n_boxes": len(campaign.pool)}
    write_json(path.with_suffix(".json"), {**facts, "table": digest_of_file(path)})
