"""Folders that commands write for the user: whole, in one step, and over nothing but their own.

The rules are those of :mod:`cryoal.campaign.outputs`, file by file. A folder that holds anything
besides files of the same campaign is never replaced, with ``--force`` neither.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.campaign.outputs import (
    inputs_of,
    own_files,
    remember_or_say,
    require_outside,
    require_own,
)
from cryoal.errors import OutputError
from cryoal.progress import SILENT
from cryoal.records import flush, full_at, sweep, temporary_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["check_output_folder", "writing_folder"]


def check_output_folder(
    campaign: Campaign, path: Path, read: Path | None = None, *, force: bool = False
) -> Path:
    """`path`, resolved, where `campaign` may write a folder; `read` is a file that it reads.

    Raises
    ------
    OutputError
        Inside a campaign; a file; a folder around an input of the campaign, or with files that
        cryoal did not write for it, or, without `force`, with its own that were changed since.
    """
    resolved = require_outside(path)
    if resolved.exists() and not resolved.is_dir():
        raise OutputError(f"expected a folder to write, found a file at {path}")
    around = next(p for p in resolved.parents if p.exists())
    if not around.is_dir():
        raise OutputError(f"expected a folder for {path}, found a file at {around}")
    if not os.access(around, os.W_OK):
        raise OutputError(f"expected a folder to write to for {path}, found {around} read-only")
    for source in (*inputs_of(campaign), *([] if read is None else [read])):
        place = source.resolve()
        if resolved in (place, *place.parents) or place in resolved.parents:
            raise OutputError(
                f"expected another folder to write than one with the campaign's own input, found "
                f"{path}"
            )
    own = own_files(campaign.path)
    for file in _files(resolved):
        if file.resolve() not in own:
            raise OutputError(
                f"expected a new folder, or one that the same campaign wrote, found {path} with "
                f"{file.relative_to(resolved)} in it; --force empties no folder"
            )
        if not force:
            require_own(file, own)
    return resolved


@contextmanager
def writing_folder(
    campaign: Campaign,
    path: Path,
    read: Path | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Iterator[Path]:
    """An empty folder to write an output to, which takes its place when the block ends.

    Raises
    ------
    OutputError
        As :func:`check_output_folder`.
    """
    resolved = check_output_folder(campaign, path, read, force=force)
    resolved.parent.mkdir(parents=True, exist_ok=True)
    sweep(resolved.parent, f"{resolved.name}.new")  # a killed command left it
    new, old = (
        resolved.with_name(temporary_name(f"{resolved.name}.{which}")) for which in ("new", "old")
    )
    new.mkdir()
    try:
        with full_at(path):
            yield new
        files = _files(new)
        for file in files:
            flush(file)
        written = {resolved / file.relative_to(new): file for file in files}
        remember_or_say(campaign, written, path, progress)
        if resolved.exists():
            resolved.rename(old)
            try:
                new.rename(resolved)
            except OSError:
                old.rename(resolved)
                raise
        else:
            new.rename(resolved)
        sweep(resolved.parent, f"{resolved.name}.old")  # a command killed between two renames
    finally:
        for folder in (new, old):
            shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    """All files below `folder`, links among them, and what is neither file nor folder."""
    found = [
        Path(place, name)
        for place, folders, names in os.walk(folder)
        for name in (*names, *(f for f in folders if Path(place, f).is_symlink()))
    ]
    return sorted(found)
