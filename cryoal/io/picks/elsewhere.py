"""Files that hold picks and are not read: named for what they are, with the line that converts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryoal.io.picks.file import PickFile

__all__ = ["known_elsewhere"]

PANDAS = "python -c \"import pandas; pandas.{reader}({path!r}).to_csv('picks.csv', index=False)\""
KNOWN = (  # how it begins, what it is, the line that makes a file which is read
    (b"PAR1", "a Parquet table", PANDAS.replace("{reader}", "read_parquet")),
    (b"PK\x03\x04", "a spreadsheet or a zip", "save it as CSV UTF-8, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet of an old Excel", "save it as CSV UTF-8"),
    (b"\x93NUMPY", "an array of numpy", "save it as CSV with a header line x,y,z"),
    (b"\x89HDF", "an HDF5 file", "save its picks as CSV with a header line x,y,z"),
    (b"SQLite format 3", "a database", "save its table of picks as CSV"),
    (b"FEATHER1", "a Feather table", PANDAS.replace("{reader}", "read_feather")),
    (b"ARROW1", "a Feather table", PANDAS.replace("{reader}", "read_feather")),
)


def known_elsewhere(file: PickFile) -> str | None:
    """What `file` is, and what to do with it; None where it is none of these."""
    for begins, what, way in KNOWN:
        if file.head.startswith(begins):
            return f"{what} ({way.format(path=str(file.path))})"
    if file.suffix in (".csv", ".tsv") and file.is_text and file.table is None:
        return "numbers without a header line (write x,y,z above them)"
    return None
