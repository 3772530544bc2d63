"""Pick formats, by name. A format is one file here and one line in this table."""

from __future__ import annotations

from cryoal.registry import Table

__all__ = ["PICKS"]

PICKS = Table(
    "pick format",
    {
        "relion5": "cryoal.io.picks.relion5:Relion5",
        "warp": "cryoal.io.picks.warp:Warp",
        "relion4": "cryoal.io.picks.relion4:Relion4",
        "relion3": "cryoal.io.picks.relion3:Relion3",
        "csv": "cryoal.io.picks.csv_picks:CsvPicks",
    },
    "cryoal.picks",
)
"""In the order in which the columns of a file are tried; the first that knows them has it."""
