"""What is known of the team in ``model/``, without loading it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cryoal.campaign.reports import read_report
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign

__all__ = ["deletable", "kept_report"]


def kept_report(campaign: Campaign) -> dict[str, Any] | None:
    """``model/report.json``; None when nothing is trained.

    Raises
    ------
    FileFormatError
        It is damaged; says that the folder may be deleted.
    """
    file = campaign.path / "model" / "report.json"
    with deletable(file.parent):
        return read_report(file) if file.exists() else None


@contextmanager
def deletable(folder: Path) -> Iterator[None]:
    """Let the line about a damaged file say that its `folder` is a cache."""
    try:
        yield
    except FileFormatError as error:
        raise FileFormatError(
            f"{error}; or delete {folder}: it is made again when asked for"
        ) from error
