"""A folder with a file of picks for each tomogram, as programs keep them that know of one only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents
from cryoal.io.picks.file import PickFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cryoal.io.picks.base import PickFormat
    from cryoal.io.star import StarTable

__all__ = ["files_in", "joined"]


def files_in(folder: PickFile) -> list[PickFile]:
    """The files in it, by name; of one kind, as no other is to be passed over. None has none.

    Raises
    ------
    PicksError
        Files of several endings.
    """
    paths = sorted(p for p in folder.path.iterdir() if p.is_file() and not p.name.startswith("."))
    files = [PickFile(path, folder.tomograms) for path in paths]
    endings = sorted({file.suffix or file.name for file in files})
    if len(endings) > 1:
        raise PicksError(
            f"expected files of picks of one ending in the folder {folder.path}, found "
            f"{', '.join(endings[:4])}: name the file of picks"
        )
    return files


def joined(
    convention: type[PickFormat],
    files: Sequence[PickFile],
    folder: PickFile,
    named: Callable[[StarTable, Path], list[str]],
) -> tuple[Contents, list[str]]:
    """All that is in `files`, and the tomogram of each row: the file's name where it names none.

    `named` tells the tomograms of a file's columns.

    Raises
    ------
    PicksError
        Files of other columns or tables than those before them.
    """
    columns: StarTable = {}
    first: Contents | None = None
    names: list[str] = []
    remarks: list[str] = []
    for file in files:
        contents = convention.read(file)
        first = first or contents
        for what, one, other in (
            ("columns", first.columns.keys(), contents.columns.keys()),
            ("tables", first.blocks, contents.blocks),
        ):
            if one != other:
                raise PicksError(
                    f"expected the same {what} in all files of {folder.path}, found others in "
                    f"{file.path}: add it by itself"
                )
        for label, texts in contents.columns.items():
            columns.setdefault(label, []).extend(texts)
        stem = file.name[: len(file.name) - len(file.suffix)] or file.name
        names += [name or stem for name in named(contents.columns, file.path)]
        remarks += [f"{file.name}: {remark}" for remark in contents.remarks]
    return Contents(columns, first.blocks if first else {}, remarks), names
