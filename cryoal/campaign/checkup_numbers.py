"""The numbers of the boxes and the encoder behind some of them, compared with their checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.kept import DESCRIPTORS
from cryoal.campaign.pretrained import FOLDER
from cryoal.descriptors.column_file import ColumnFile
from cryoal.errors import FileFormatError
from cryoal.pretrain.pretrained import read_pretrained
from cryoal.progress import SILENT
from cryoal.records import entries, is_there, read_json

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.progress import Progress

__all__ = ["amiss_in_descriptors", "amiss_in_encoder", "remedy"]

AT_ONCE = 4096  # rows that are read between two steps of the bar


def remedy(folder: Path) -> str:
    """The end of a line about something damaged in a `folder` that is a cache."""
    return f"; {folder} can be deleted: it is made again when asked for"


def amiss_in_descriptors(
    campaign_path: Path, progress: Progress = SILENT
) -> tuple[list[str], list[str]]:
    """What is damaged among the rows of all boxes, and what is only to be noted: lines.

    Their JSON files are not looked at: one that cannot be read says nothing of its rows.
    """
    folder = campaign_path / DESCRIPTORS
    damaged: list[str] = []
    notes: list[str] = []
    for name in entries(folder):
        if not name.endswith(".f32"):
            continue
        facts = _facts(folder / f"{name.removesuffix('.f32')}.json")
        if facts is None:
            notes.append(f"{folder / name} has no JSON file beside it and is made anew")
        elif facts:
            rows = ColumnFile(folder / name, facts["columns"])
            due = sum(n for _, n in facts.get("parts", []))
            if len(rows) < due:
                notes.append(
                    f"{folder / name} has rows of {len(rows)} of {due} boxes: the others are made "
                    "when asked for"
                )
            wrong = _wrong_rows(rows, progress)
            if wrong:
                damaged.append(
                    f"{len(wrong)} of {len(rows)} rows in {folder / name} are not as they were "
                    f"written, first that of box {wrong[0]} of the pool; they are made again when "
                    f"asked for, or delete {folder}"
                )
    return damaged, notes


def amiss_in_encoder(campaign_path: Path) -> None:
    """Raise FileFormatError where the files of the encoder are not of one pretraining."""
    read_pretrained(campaign_path / FOLDER)


def _facts(file: Path) -> dict[str, Any] | None:
    """None where there is no such file, nothing where it is damaged."""
    if not is_there(file):
        return None
    try:
        return read_json(file)
    except FileFormatError:
        return {}


def _wrong_rows(rows: ColumnFile, progress: Progress) -> list[int]:
    starts = range(0, len(rows), AT_ONCE)
    wrong: list[int] = []
    for start in progress.track(starts, f"reading {rows.path.name}", unit=f"times {AT_ONCE} rows"):
        index = np.arange(start, min(start + AT_ONCE, len(rows)))
        wrong += index[rows.read(index)[1]].tolist()
    return wrong
