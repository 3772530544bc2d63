"""``left_out.csv``: picks of which a campaign has no box, for a person to look at."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, fields
from typing import TYPE_CHECKING

from cryoal.data.left_out import LeftOut
from cryoal.records import write_text

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign

__all__ = ["write_left_out"]

FILE = "left_out.csv"


def write_left_out(campaign: Campaign) -> Path | None:
    """Write the picks that were left out of any part of the pool, and return where; None of none.

    The file is made anew from the parts, which keep the list.
    """
    rows = [
        (part.path.name, *astuple(one)) for part in campaign.pool.parts for one in part.left_out()
    ]
    if not rows:
        return None
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["part", *(field.name for field in fields(LeftOut))])
    writer.writerows(rows)
    write_text(campaign.path / FILE, text.getvalue())
    return campaign.path / FILE
