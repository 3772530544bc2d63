"""Where a project of copick keeps its picks: ``ExperimentRuns/RUN/Picks/*.json``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.errors import PicksError
from cryoal.io.picks.file import PickFile
from cryoal.within import require_within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["pick_files", "tomograms_of"]

RUNS, PICKS = "ExperimentRuns", "Picks"
TOMOGRAMS, NO_TOMOGRAM = "VoxelSpacing*/*.zarr", "_features.zarr"
LOCAL = ("local://", "file://")


def pick_files(file: PickFile) -> list[tuple[str | None, PickFile]] | None:
    """The run and the JSON file of each set of picks below what was given, in order.

    Given is a project, its ``ExperimentRuns``, a run, its ``Picks``, or a configuration, whose
    overlay comes first; None where it is none of them.

    Raises
    ------
    PicksError
        A configuration of another kind than folders, or of a folder that is not there.
    """
    folders = [file.path] if file.is_folder else list(_roots(file.json, file.path))
    found: dict[Path, None] = {}
    is_copick = False
    for folder in folders:
        for picks in _picks_folders(folder):
            is_copick = True
            names = (path for path in picks.iterdir() if not path.name.startswith("."))
            for path in sorted(names):
                if path.name.endswith((".json", ".json.gz")) and path.is_file():
                    found.setdefault(path.resolve())
    if not is_copick:
        return None
    return [(path.parent.parent.name, PickFile(path)) for path in found]


def tomograms_of(file: PickFile, names: Sequence[str]) -> dict[str, Path]:
    """The tomogram of each of the runs `names`, where there is no doubt which.

    The one of its kind (``VoxelSpacing10.000/wbp.zarr``) that all runs have, else the only one of
    a run; none where several kinds are there for all.
    """
    found: dict[str, dict[Path, Path]] = {}
    folders = [file.path] if file.is_folder else list(_roots(file.json, file.path))
    runs = [picks.parent for folder in folders for picks in _picks_folders(folder)]
    runs += [run for folder in folders for run in (folder / RUNS).glob("*") if run.is_dir()]
    for run in runs:
        if run.name in names:
            for path in sorted(run.glob(TOMOGRAMS)):
                if not path.name.endswith(NO_TOMOGRAM):
                    found.setdefault(run.name, {}).setdefault(path.relative_to(run), path)
    kinds = [set(of_run) for of_run in found.values()]
    common = set.intersection(*kinds) if kinds else set()
    if len(common) == 1:
        kind = next(iter(common))
        return {name: of_run[kind] for name, of_run in found.items()}
    return {name: next(iter(of_run.values())) for name, of_run in found.items() if len(of_run) == 1}


def _picks_folders(folder: Path) -> list[Path]:
    if folder.name == PICKS:
        return [folder.resolve()]
    if (folder / PICKS).is_dir():
        return [folder / PICKS]
    runs = folder / RUNS if (folder / RUNS).is_dir() else folder
    if runs.resolve().name != RUNS:
        return []
    return sorted(run / PICKS for run in runs.iterdir() if (run / PICKS).is_dir())


def _roots(config: Any, path: Path) -> Iterator[Path]:
    """The folders of a configuration, the overlay first, as copick finds them.

    One of another kind (the data portal's) has an overlay only; its own picks are not here.
    """
    roots = {key: config[key] for key in ("overlay_root", "static_root") if config.get(key)}
    for key, root in roots.items():
        place = str(root)
        for scheme in LOCAL:
            place = place.removeprefix(scheme)
        if "://" in place:
            raise PicksError(
                f"expected a project of copick in folders, found {key} {root} in {path}: bring it "
                "here first (copick sync picks)"
            )
        require_within(Path(place), PicksError)
        if not Path(place).is_dir():
            raise PicksError(f"expected a folder as {key} of {path}, found none at {place}")
        yield Path(place)
