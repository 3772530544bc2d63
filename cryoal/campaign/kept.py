"""What is known of the team in ``model/``, without loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.campaign.reports import read_report
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign

__all__ = ["kept_report"]


def kept_report(campaign: Campaign) -> dict[str, Any] | None:
    """``model/report.json``; None when nothing is trained.

    Raises
    ------
    FileFormatError
        It is damaged; says that the folder may be deleted.
    """
    file = campaign.path / "model" / "report.json"
    try:
        return read_report(file) if file.exists() else None
    except FileFormatError as error:
        raise FileFormatError(
            f"{error}; or delete {file.parent}: it is made again when asked for"
        ) from error
