"""The two ways to answer the boxes of a query or of an audit, as they are told everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.commands import command

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ways_to_label"]


def ways_to_label(directory: Path, table: Path, *words: str) -> tuple[str, str]:
    """A review, started with `words`, and a spreadsheet with the table; a line for each.

    Examples
    --------
    >>> from pathlib import Path
    >>> for line in ways_to_label(Path("mt"), Path("mt/audit.csv"), "--queue", "audit"):
    ...     print(line)
    label them: cryoal review mt --queue audit
    or in a spreadsheet: fill in 'label' in mt/audit.csv, then: cryoal label mt mt/audit.csv
    """
    return (
        f"label them: {command('review', directory, *words)}",
        f"or in a spreadsheet: fill in 'label' in {table}, then: "
        f"{command('label', directory, table)}",
    )
