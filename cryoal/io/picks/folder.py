"""A folder with a file of picks for each tomogram, as programs keep them that know of one only."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.errors import PicksError
from cryoal.io.picks.blocks import merge_blocks
from cryoal.io.picks.file import PickFile
from cryoal.io.picks.geometry import Located
from cryoal.io.picks.picks import Picks
from cryoal.io.picks.telling import fitting, the_one
from cryoal.io.texts import joined as joined_columns
from cryoal.io.texts import same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.star import StarTable
    from cryoal.io.volumes.base import Volume

__all__ = ["FolderFiles", "JoinedPicks", "files_in", "joined"]

SHOWN = 4  # names in a line


@dataclass(frozen=True)
class FolderFiles:
    """What is in a folder: files of picks, the format of the first and why, and other files.

    `others` (a table of classes, a list of tomograms) are passed over, and :func:`joined` says so.
    """

    picks: list[PickFile]
    told: tuple[str, str]
    others: list[str]


def files_in(folder: PickFile, format_name: str | None = None) -> FolderFiles | None:
    """The files of picks in it, by name; those of its folders where it has none itself, or None.

    Zarr is not looked into.

    Raises
    ------
    PicksError
        Picks of several formats, while no `format_name` is given.
    """
    for level in _levels(folder.path):
        files = [PickFile(path, folder.tomograms) for path in level]
        formats = {file.path: fitting(file) for file in files}
        if format_name:
            chosen = [file for file in files if format_name in formats[file.path]]
            if not chosen and len({file.suffix for file in files}) == 1:
                chosen = files  # the user's word against what they look like
        else:
            chosen = [file for file in files if formats[file.path]]
            names = {the_one(file, formats[file.path])[0]: file for file in chosen}
            if len(names) > 1:
                found = ", ".join(f"{name} ({f.path.name})" for name, f in names.items())
                raise PicksError(
                    f"expected files of one format in the folder {folder.path}, found {found}: "
                    "say which (--format), or name the file of picks"
                )
        if chosen:
            picks = {file.path for file in chosen}
            others = [path.name for path in level if path not in picks]
            return FolderFiles(
                chosen, next(iter(formats[chosen[0].path].items()), ("", "")), others
            )
    return None


def _levels(folder: Path) -> list[list[Path]]:
    """The files of the folder, and all those below it."""
    below: list[Path] = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and ".zarr" not in f)
        below += [Path(where) / name for name in sorted(files) if not name.startswith(".")]
    return [[path for path in below if path.parent == folder], below]


def joined(path: Path, found: FolderFiles, read: Callable[[PickFile], Picks]) -> Picks:
    """All that is in the files of picks, each read by `read` in its own frame and unit.

    Rows go by the name of their file, or of its folder in `path`, where they name no tomogram.
    One file is read as if it had been given itself.

    Raises
    ------
    PicksError
        No row is left, or files have coordinates in other columns, or other optics groups.
    """
    files = found.picks
    if len(files) == 1 and files[0].path.parent == path:
        return read(files[0])
    parts = [_named(picks, file, path) for file in files if len(picks := read(file))]
    if not parts:
        raise PicksError(f"expected picks that are to be read (--only), found none in {path}")
    first = parts[0]
    for part in parts:
        for what, one, other in (
            ("columns of coordinates", _coordinates(first), _coordinates(part)),
            ("optics groups", first.blocks.get("optics"), part.blocks.get("optics")),
        ):
            if one != other:
                raise PicksError(
                    f"expected the same {what} in all files of {path}, found others in "
                    f"{part.path}: add it by itself"
                )
    labels = dict.fromkeys(label for part in parts for label in part.columns)
    columns: StarTable = {
        label: joined_columns([part.columns.get(label) or same("", len(part)) for part in parts])
        for label in labels
    }
    blocks = merge_blocks([part.blocks for part in parts])
    if "optics" in first.blocks:
        blocks["optics"] = first.blocks["optics"]
    remarks = [f"{part.path.name}: {remark}" for part in parts for remark in part.remarks]
    return JoinedPicks(
        **{
            **{name: getattr(first, name) for name in Picks.__dataclass_fields__},
            "path": path,
            "columns": columns,
            "blocks": blocks,
            "tomogram": [name for part in parts for name in part.tomogram],
            "remarks": [*remarks, *_passed_over(path, found.others)],
        },
        parts=tuple(parts),
    )


def _named(picks: Picks, file: PickFile, folder: Path) -> Picks:
    places = file.path.relative_to(folder).parts
    stem = file.name[: len(file.name) - len(file.suffix)] or file.name
    own = places[0] if len(places) > 1 else stem
    return replace(picks, tomogram=[name or own for name in picks.tomogram])


def _coordinates(picks: Picks) -> tuple[str, ...]:
    return tuple(picks.convention.coordinate_labels(picks.columns))


def _passed_over(folder: Path, others: Sequence[str]) -> list[str]:
    if not others:
        return []
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return [f"no picks in {', '.join(others[:SHOWN])}{more} of {folder}"]


@dataclass(frozen=True)
class JoinedPicks(Picks):
    """Picks of several files, `parts`, whose rows follow each other."""

    parts: tuple[Picks, ...] = ()

    @override
    def geometry(self, name: str, volume: Volume, *, is_told: bool = False) -> Geometry:
        """What the first file with picks of `name` tells; all have the same tomograms STAR."""
        return self._of(name)[0].geometry(name, volume, is_told=is_told)

    @override
    def locate(self, name: str, geometry: Geometry) -> Located:
        """Each file's picks by its own word on unit and frame."""
        located = [part.locate(name, geometry) for part in self._of(name)]
        return Located(
            np.concatenate([one.position_zyx_angstrom for one in located]),
            np.concatenate([one.coordinate_zyx_angstrom for one in located]),
            tuple(dict.fromkeys(note for one in located for note in one.notes)),
        )

    @override
    def called(self, name: str) -> JoinedPicks:
        """All of them of the tomogram `name`."""
        parts = tuple(part.called(name) for part in self.parts)
        return replace(self, tomogram=[name] * len(self), parts=parts)

    def _of(self, name: str) -> list[Picks]:
        self.rows(name)  # or it says that there are none
        return [part for part in self.parts if name in part.names()]
