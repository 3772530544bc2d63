"""All cells of a study, one after the other or by a crew; several processes may share the work."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from cryoal.campaign.campaign import check_names
from cryoal.crew import ALONE, keeps_jobs
from cryoal.errors import DivergedError, LockHeldError
from cryoal.feed.device import device_name
from cryoal.locks import locked
from cryoal.progress import SILENT
from cryoal.study.cell import Cell
from cryoal.study.dataset import study_dataset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from cryoal.crew import Crew
    from cryoal.progress import Progress
    from cryoal.study.config import StudyConfig

__all__ = [
    "Ran",
    "cells",
    "compare",
    "kept_picks",
    "read_rows",
    "run_alone",
    "run_cells",
    "split_of",
]

T = TypeVar("T")


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
    study: StudyConfig, folder: Path, *, crew: Crew = ALONE, progress: Progress = SILENT
) -> list[dict[str, Any]]:
    """Run what is not done yet; the rows of all cells.

    Each cell is a whole job of `crew`. A cell that another process is running is left to it. One
    that diverges is given up, and said; the others go on.
    """
    todo = cells(study, folder)
    for number, ran in run_cells(todo, crew, progress):
        if ran.rows is not None:
            last = ran.rows[-1]
            progress.say(
                f"{number + 1} of {len(todo)} {todo[number].folder.name}: {last['accuracy']:.3f}"
                f" with {last['n_labelled']} labels"
            )
    return [row for cell in todo for row in cell.rows()]


class Ran(NamedTuple):
    """What came of a cell."""

    rows: list[dict[str, Any]] | None
    """None when another process runs it, or when a training diverged."""
    lines: tuple[str, ...]
    """What was said, where nobody could hear it."""
    seconds: float | None
    """None of a cell that had begun before."""
    device: str


def run_cells(
    todo: Sequence[Cell], crew: Crew = ALONE, progress: Progress = SILENT
) -> Iterator[tuple[int, Ran]]:
    """Run what is not done of each cell, as a job of `crew`; which it was, and what came of it."""
    arguments: list[tuple[Cell, Progress | None]] = [(cell, progress) for cell in todo]
    if not keeps_jobs(crew):  # a bar cannot travel
        arguments = [(replace(cell, folder=cell.folder.absolute()), None) for cell in todo]
    for number, ran in crew.jobs(run_told, arguments):
        for line in ran.lines:
            progress.say(line)
        yield number, ran


def run_told(cell: Cell, progress: Progress | None) -> Ran:
    """:func:`run_alone`, with what is said of it where there is no `progress` to say it to."""
    notes = _Notes()
    is_new = not any(cell.folder.glob("c*.*"))  # no cell.json, no cycle, no checkpoint
    began = time.perf_counter()
    rows = run_alone(cell, notes if progress is None else progress)
    seconds = time.perf_counter() - began if is_new else None
    return Ran(rows, tuple(notes.lines), seconds, device_name(cell.config.device))


class _Notes:
    """Keeps what is said, and shows nothing."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def track(
        self, items: Iterable[T], what: str, total: int | None = None, unit: str = ""
    ) -> Iterator[T]:
        return SILENT.track(items, what, total, unit)

    def say(self, line: str) -> None:
        self.lines.append(line)


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
