"""What is known of the classifier of the last labels, without loading it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cryoal.campaign.reports import read_report
from cryoal.errors import FileFormatError
from cryoal.records import entries, is_there, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign

__all__ = ["DESCRIPTORS", "FILE", "deletable", "kept_report", "versions_of"]

DESCRIPTORS = "descriptors"
"""Folder of the numbers of every box."""

FILE = "classifier.json"


def kept_report(campaign: Campaign) -> dict[str, Any] | None:
    """``classifier.json``, or ``model/report.json`` of an older campaign; None before labels.

    Raises
    ------
    FileFormatError
        It is damaged; says that it may be deleted.
    """
    file = campaign.path / FILE
    if is_there(file):
        with deletable(file):
            return read_report(file)
    file = campaign.path / "model" / "report.json"
    with deletable(file.parent):
        return read_report(file) if file.exists() else None


@contextmanager
def deletable(path: Path) -> Iterator[None]:
    """Let the line about a damaged file say that `path` is a cache."""
    try:
        yield
    except FileFormatError as error:
        raise FileFormatError(
            f"{error}; or delete {path}: it is made again when asked for"
        ) from error


def versions_of(campaign: Campaign) -> dict[str, str]:
    """The version of each kind of descriptor that is kept; what is damaged has none."""
    folder = campaign.path / DESCRIPTORS
    found: dict[str, str] = {}
    for name in entries(folder):
        if name.endswith(".json"):
            with suppress(FileFormatError):
                found[name.removesuffix(".json")] = str(read_json(folder / name).get("version"))
    return found
