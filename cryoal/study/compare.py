"""All cells of a study, one after the other; several processes may share the work."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from cryoal.campaign.campaign import check_names
from cryoal.errors import DivergedError, LockHeldError
from cryoal.locks import locked
from cryoal.progress import SILENT
from cryoal.study.cell import Cell
from cryoal.study.dataset import study_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.progress import Progress
    from cryoal.study.config import StudyConfig

__all__ = ["cells", "compare", "kept_picks", "read_rows", "run_alone", "split_of"]


def cells(study: StudyConfig, folder: Path) -> list[Cell]:
    """Every cell, strategies of one seed side by side, so that a study stopped early is fair.

    Raises
    ------
    UnknownNameError
        A strategy, backbone or dataset that is not there; the message gives the nearest.
    ConfigError
        The study asks a task for what it cannot give; see :meth:`Cell.check`.
    """
    dataset = study_dataset(study.data)
    found = []
    for seed in study.seeds:
        for variant in study.all_variants():
            config = study.config(dataset.classes, seed, variant, dataset.box)
            check_names(config, variant.strategy)
            where = folder / "cells" / f"{variant.name}-{seed}"
            cell = Cell(study, variant, seed, dataset, config, where)
            cell.check()
            found.append(cell)
    return found


def compare(
    study: StudyConfig, folder: Path, *, progress: Progress = SILENT
) -> list[dict[str, Any]]:
    """Run what is not done yet; the rows of all cells.

    A cell that another process is running is left to it. A cell that diverges is given up, and
    said; the others go on.
    """
    todo = cells(study, folder)
    for number, cell in enumerate(todo, start=1):
        rows = run_alone(cell, progress)
        if rows is None:
            continue
        last = rows[-1]
        progress.say(
            f"{number} of {len(todo)} {cell.folder.name}: {last['accuracy']:.3f}"
            f" with {last['n_labelled']} labels"
        )
    return [row for cell in todo for row in cell.rows()]


def run_alone(cell: Cell, progress: Progress = SILENT) -> list[dict[str, Any]] | None:
    """Run what is not done of a cell; its rows.

    None when another process is running it, or when a training diverges; either is said.

    Raises
    ------
    LockError
        The disk cannot lock, or does not answer; nothing was run.
    """
    cell.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(cell.folder / ".lock", seconds=0))
        except LockHeldError:
            progress.say(f"{cell.folder.name}: another process runs it")
            return None
        try:
            return cell.run(progress)
        except DivergedError as error:
            progress.say(f"{cell.folder.name}: given up; {error}")
            return None


def split_of(study: StudyConfig) -> tuple[str, bool]:
    """How train and test were split, and whether that flatters; empty of published data sets."""
    if study.data.kind != "campaign":  # the others may be large, and have nothing to tell
        return "", False
    dataset = study_dataset(study.data)
    return dataset.split, dataset.flatters


def kept_picks(study: StudyConfig, folder: Path) -> list[tuple[str, Path]]:
    """What ``embeddings = true`` kept of the last query of each strategy, of the first seed."""
    found = []
    for variant in study.all_variants():
        files = sorted((folder / "cells" / f"{variant.name}-{study.seeds[0]}").glob("picks_*.npz"))
        found += [(variant.name, file) for file in files[-1:]]
    return found


def read_rows(study: StudyConfig, folder: Path) -> list[dict[str, Any]]:
    """The rows of the cycles that are over, of all cells."""
    return [row for cell in cells(study, folder) for row in cell.rows()]
