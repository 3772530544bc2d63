"""Cells of an experiment, run by the engine of ``cryoal compare``; a row for each that is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import rows
from cryoal.campaign.campaign import check_names
from cryoal.crew import ALONE
from cryoal.locks import locked
from cryoal.study.cell import Cell
from cryoal.study.compare import run_cells

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.paper.protocol import Protocol
    from cryoal.crew import Crew
    from cryoal.data.datasets.base import Dataset
    from cryoal.progress import Progress

__all__ = ["RESULT", "row_of", "run"]

RESULT = "paper"
KEY = ("experiment", "protocol", "departures", "strategy", "seed", "n_train", "n_test", "labels")


def run(
    protocol: Protocol, dataset: Dataset, out: Path, progress: Progress, crew: Crew = ALONE
) -> None:
    """Run the cells that are not done, strategies of one seed side by side; rows to paper.csv.

    Killed and started again it goes on where it was. Several processes may be started with the same
    `out`: each takes the cells that no other is running. Each cell is a whole job of `crew`. A cell
    that diverges is said and left.
    """
    study = protocol.study
    facts = rows.circumstances("torch", "monai", "numpy")  # of the code that is loaded now
    todo = []
    for seed in study.seeds:
        for variant in study.all_variants():
            config = study.config(dataset.classes, seed, variant, dataset.box)
            check_names(config, variant.strategy)
            folder = out / protocol.folder / f"{variant.name}-{seed}"
            todo.append(Cell(study, variant, seed, dataset, config, folder))
            todo[-1].check()
    for number, ran in run_cells(todo, crew, progress):
        if ran.rows is None:
            continue
        last = ran.rows[-1]
        progress.say(
            f"{number + 1} of {len(todo)} {todo[number].folder.name}:"
            f" {last[protocol.preset.measure]:.4f} with {last['n_labelled']} labels"
        )
        with locked(out / ".rows.lock"):
            keep({**facts, **row_of(protocol, dataset, ran.rows, ran.device, ran.seconds)})


def keep(row: dict[str, object]) -> None:
    """Append the row of a cell, unless there is one of the same cell."""
    known = {tuple(other[name] for name in KEY) for other in rows.read(RESULT)}
    if tuple(str(row[name]) for name in KEY) not in known:
        rows.append(RESULT, [row])


def row_of(
    protocol: Protocol,
    dataset: Dataset,
    cycles: Sequence[dict[str, Any]],
    device: str,
    wall_seconds: float | None,
) -> dict[str, object]:
    """One cell in one row; numbers of the cycles are lists with spaces between.

    `wall_seconds` is empty when the cell was stopped on its way and gone on with.
    """
    first = cycles[0]

    def each(name: str) -> str:
        return " ".join("" if c[name] is None else f"{c[name]:.4f}" for c in cycles).strip()

    def spent(step: str) -> str:
        return f"{sum(c['seconds'].get(step, 0.0) for c in cycles):.1f}"

    return {
        "device": device,
        "experiment": protocol.experiment,
        "protocol": "quick" if protocol.is_quick else "full",
        "departures": " ".join(protocol.departures),
        "strategy": first["strategy"],
        "seed": first["seed"],
        "n_train": len(dataset.train),
        "n_test": len(dataset.test),
        "labels": " ".join(str(c["n_labelled"]) for c in cycles),
        "accuracy": each("accuracy"),
        "macro_f1": each("macro_f1"),
        "miou": each("miou"),
        "train_accuracy": each("train_accuracy"),
        "student_accuracy": each("student_accuracy"),
        "high_gradient": " ".join(
            f"{c['high_gradient'] / c['n_picked']:.4f}"
            for c in cycles
            if c["high_gradient"] is not None
        ),
        "deeper_accuracy": each("deeper_accuracy"),
        "last_recall": " ".join(f"{recall:.4f}" for recall in cycles[-1]["recall"]),
        "train_seconds": spent("train"),
        "score_seconds": spent("score"),
        "select_seconds": spent("select"),
        "wall_seconds": "" if wall_seconds is None else f"{wall_seconds:.1f}",
    }
