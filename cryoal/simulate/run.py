"""From a recipe to a folder of files: the one call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cryoal import records
from cryoal.config import to_toml
from cryoal.crew import ALONE, keeps_jobs
from cryoal.data.staging import require_space
from cryoal.feed.device import choose_device
from cryoal.machine import processors
from cryoal.progress import SILENT
from cryoal.simulate.files import Optics, new_folder, write_labels, write_tables
from cryoal.simulate.recipe import BACKGROUND, GOLD, MEMBRANE
from cryoal.simulate.structures import load_molecules
from cryoal.simulate.studio import Studio
from cryoal.simulate.subtomograms import make_mosaic, plan_mosaics
from cryoal.simulate.tomograms import make_tomogram
from cryoal.simulate.workers import run_by_crew, run_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.crew import Crew
    from cryoal.progress import Progress
    from cryoal.simulate.files import Candidates
    from cryoal.simulate.recipe import Recipe
    from cryoal.simulate.subtomograms import Mosaic

__all__ = ["Simulated", "simulate"]


@dataclass(frozen=True)
class Simulated:
    """What :func:`simulate` wrote."""

    folder: Path
    tomograms: tuple[Path, ...]
    picks: Path
    """RELION 5 STAR: candidates of all tomograms, without their classes."""
    tomograms_star: Path
    truth: Path
    """CSV, ``key,label``: the class of every candidate."""
    test: Path | None
    """CSV, ``key,label``: those of them that are for testing; None of whole tomograms."""
    classes: tuple[str, ...]
    n_candidates: int


def simulate(
    recipe: Recipe,
    folder: Path,
    *,
    processes: int | None = None,
    device: str = "auto",
    crew: Crew = ALONE,
    progress: Progress = SILENT,
) -> Simulated:
    """Write the tomograms, or the set of subtomograms, of a recipe to a new folder.

    All of it is written or nothing. The same recipe gives the same bits on the CPU of one machine,
    however many processes there are.

    Parameters
    ----------
    processes
        As many as there are processors when None, one on a GPU; a tomogram or a mosaic of boxes is
        made by one of them. They are spawned, so a script that asks for several needs the usual
        ``if __name__ == "__main__":``.
    device
        ``auto`` (CUDA when there is one), ``cpu``, ``cuda``, ``cuda:1`` ...
    crew
        Who makes the files, in place of `processes`: they must see `folder` under its name.

    Raises
    ------
    StructureError
        A structure that cannot be read, or has nothing in it.
    SimulationError
        Something in `folder`, a structure larger than the box, or particles that find no room.
    PoolError
        The disk is full.
    """
    chosen = choose_device(device)
    if processes is None:
        processes = 1 if chosen.type == "cuda" else processors()
    with new_folder(folder) as here:
        molecules = load_molecules(recipe, progress)
        require_space(here, _n_bytes(recipe))
        records.write_text(here / "recipe.toml", to_toml(recipe))
        studio = Studio(recipe, tuple(molecules), here, chosen)
        mosaics = plan_mosaics(recipe) if recipe.kind == "subtomograms" else []
        if keeps_jobs(crew):
            run = partial(run_tasks, processes=processes, progress=progress)
        else:
            run = partial(run_by_crew, crew=crew, progress=progress)
        if mosaics:
            made = run(partial(make_mosaic, studio=studio), mosaics, unit="files")
        else:
            names = [f"TS_{number:02d}" for number in range(1, recipe.tomograms.count + 1)]
            made = run(partial(make_tomogram, studio=studio), names, unit="tomograms")
        imaging = recipe.imaging
        optics = Optics(imaging.voltage, imaging.spherical_aberration, imaging.amplitude_contrast)
        files = write_tables(here, made, recipe.voxel_spacing, optics)
        test = _write_test(here / "test.csv", mosaics, made, recipe) if mosaics else None
    labels = {label for tomogram in made for label in tomogram.labels}
    named = (*recipe.counts(), MEMBRANE, GOLD, BACKGROUND)
    return Simulated(
        folder,
        tuple(folder / f"{tomogram.name}.mrc" for tomogram in made),
        folder / files.picks.name,
        folder / files.tomograms_star.name,
        folder / files.truth.name,
        None if test is None else folder / test.name,
        tuple(name for name in named if name in labels),
        sum(len(tomogram.labels) for tomogram in made),
    )


def _write_test(
    path: Path, mosaics: list[Mosaic], made: list[Candidates], recipe: Recipe
) -> Path | None:
    """The last boxes of each class, by their number; None when there are none."""
    counts, held = recipe.counts(), recipe.subtomograms.test_per_class
    rows = [
        (key, item.label)
        for mosaic, tomogram in zip(mosaics, made, strict=True)
        for key, item in zip(tomogram.keys(), mosaic.items, strict=True)
        if item.number >= counts[item.label] - held
    ]
    if not rows:
        return None
    write_labels(path, rows)
    return path


def _n_bytes(recipe: Recipe) -> int:
    """On disk, voxels alone."""
    if recipe.kind == "subtomograms":
        copies = 2 if recipe.subtomograms.files else 1
        voxels = sum(recipe.counts().values()) * recipe.box**3 * copies
    else:
        voxels = int(np.prod(recipe.tomograms.shape)) * recipe.tomograms.count
    return voxels * np.dtype(recipe.dtype).itemsize
