"""What the user says of names: ``--name TS_1=FILE``, or a table of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.table import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["told_names"]

NAME, FILE = "tomogram", "file"


def told_names(given: Sequence[str]) -> dict[str, Path]:
    """The file of each name; each of `given` is ``NAME=FILE``, or a table of columns of these.

    Files of a table (columns ``tomogram`` and ``file``; comma, semicolon or tab) are looked for
    from its own folder.

    Raises
    ------
    PicksError
        Neither of both, or a name with two files.
    """
    found: dict[str, Path] = {}
    for text in given:
        name, equals, file = text.partition("=")
        pairs = [(name.strip(), Path(file.strip()))] if equals else _listed(Path(text))
        for called, path in pairs:
            if not called or not path.name:
                raise PicksError(f"expected --name NAME=FILE, found {text!r}")
            if found.setdefault(called, path) != path:
                raise PicksError(
                    f"expected one file for {called!r}, found {found[called]} and {path} (--name)"
                )
    return found


def _listed(path: Path) -> list[tuple[str, Path]]:
    if not path.is_file():
        raise PicksError(f"expected --name NAME=FILE, or a table of names and files, found {path}")
    table = read_table(path, lambda cells: {NAME, FILE} <= set(cells), PicksError)
    if not {NAME, FILE} <= set(table.names):
        found = ", ".join(table.names[:6]) or "none"
        raise PicksError(f"expected columns {NAME} and {FILE}, found {found} in {path}")
    name, file = table.names.index(NAME), table.names.index(FILE)
    return [(row.cells[name], path.parent / row.cells[file]) for row in table.rows]
