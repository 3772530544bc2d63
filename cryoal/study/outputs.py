"""Where a study may write its report: into a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign.outputs import own_files, remember, require_outside, require_own
from cryoal.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["check_folder", "remember_report"]

WRITTEN = ("report.html", "tables/*.csv", "figures/*")


def check_folder(folder: Path, *, force: bool = False) -> None:
    """Make sure that a report in `folder` replaces nothing but an earlier one.

    A study of an older cryoal remembers no report: there its cells are taken for a sign that the
    folder is a study's.

    Raises
    ------
    OutputError
        `folder` is in a campaign, or a file; without `force`, a file that the report would take the
        place of was not written by it, or was changed since.
    """
    require_outside(folder)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"expected a folder to write to, found a file at {folder}")
    own = own_files(folder)
    if force or (not own and (folder / "cells").is_dir()):
        return
    here = [path for pattern in WRITTEN for path in folder.glob(pattern) if path.is_file()]
    for path in here:
        # what somebody put beside the tables and figures of a study stays there
        if not own or path.resolve() in own or path.name == "report.html":
            require_own(path, own)


def remember_report(folder: Path, written: Sequence[Path]) -> None:
    """Note in `folder` that these files of the report are cryoal's, as they are now."""
    remember(folder, {path: path for path in written})
