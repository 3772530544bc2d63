"""``audit.csv``: the boxes of the audit that have no answer yet, to fill in."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from cryoal.campaign.audit import audit_now
from cryoal.commands import command
from cryoal.data.label_file import read_labels
from cryoal.errors import CampaignError, LabelError
from cryoal.records import is_there, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign

__all__ = ["MARK", "SHEET", "require_taken_in", "write_sheet"]

SHEET = "audit.csv"

MARK = "audit"
"""The column by which ``cryoal label`` knows that a file is about the audit: which draw it was."""


def write_sheet(campaign: Campaign) -> Path:
    """Write the sheet anew and return where it is, as it is typed.

    No suggestion is in it, and the boxes come in random order: who stops half-way leaves a fair
    sample.
    """
    now, pool = audit_now(campaign), campaign.pool
    keys = [] if now is None else list(now.open)
    drawn, names = campaign.audit.drawn(), pool.tomogram_names
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    axes = ["x_angstrom", "y_angstrom", "z_angstrom"]
    writer.writerow(["key", "label", MARK, "tomogram", *axes])
    for key, row in zip(keys, pool.index(keys).tolist(), strict=True):
        z, y, x = pool.position_zyx_angstrom[row]
        place = [f"{value:.3f}" for value in (x, y, z)]
        writer.writerow([key, "", drawn[key], names[pool.tomogram[row]], *place])
    write_text(campaign.path / SHEET, table.getvalue())
    return campaign.typed / SHEET


def require_taken_in(campaign: Campaign) -> None:
    """Make sure that the sheet may be written over: every label in it has been recorded.

    Raises
    ------
    CampaignError
        Somebody filled rows in, or made something else of the file.
    """
    file, typed = campaign.path / SHEET, campaign.typed / SHEET
    if not is_there(file):
        return
    try:
        filled = read_labels(file, campaign.config.classes, campaign.config.new_names()).answers
    except LabelError as error:
        raise CampaignError(f"{error}; mend it, or move {typed} away, before more is drawn") from (
            error
        )
    answered = campaign.standing().answered
    waiting = [key for key, _ in filled if key not in answered]
    if waiting:
        raise CampaignError(
            f"expected every label in {typed} to be recorded before more is drawn, found "
            f"{len(waiting)} that are not, first that of {waiting[0]!r}: "
            + command("label", campaign.typed, typed)
        )
