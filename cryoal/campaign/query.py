"""A query: which boxes the expert is asked about, as JSON and as a spreadsheet."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cryoal.errors import CampaignVersionError, FileFormatError
from cryoal.records import read_json, write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.pool import Pool

__all__ = ["Asked", "Query", "read_query", "write_query"]


FORMAT = 1
"""Version of ``query.json``; a newer one is refused. Before there were versions: 1."""


@dataclass(frozen=True)
class Asked:
    """One candidate of a query."""

    key: str
    score: float | None
    """What the strategy gave it; None when it was drawn at random."""
    suggestion: str | None
    """The classifier's class; None before there are labels of two."""
    probability: float | None
    """The classifier's probability of that class."""


@dataclass(frozen=True)
class Query:
    """What one cycle asks, most informative first."""

    cycle: int
    strategy: str
    reason: str | None
    """Why the strategy was not the one that was set; None when it was."""
    seed: int
    n_eligible: int
    n_subset: int
    """Size of R_U."""
    n_labelled: int
    asked: tuple[Asked, ...]

    def keys(self) -> list[str]:
        """The keys that were asked, in order."""
        return [a.key for a in self.asked]


def write_query(folder: Path, query: Query, pool: Pool) -> None:
    """Write ``query.json`` and ``query.csv`` to `folder`.

    The CSV has an empty column ``label`` to fill in; ``cryoal label`` takes it as it is.
    """
    write_json(folder / "query.json", {"format": FORMAT, **asdict(query)})
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    columns = ["key", "label", "suggestion", "probability", "score", "tomogram"]
    writer.writerow([*columns, "x_angstrom", "y_angstrom", "z_angstrom"])
    index, names = pool.index(query.keys()), pool.tomogram_names
    for asked, row in zip(query.asked, index, strict=True):
        z, y, x = pool.position_zyx_angstrom[row]
        writer.writerow(
            [
                asked.key,
                "",
                asked.suggestion or "",
                "" if asked.probability is None else f"{asked.probability:.4f}",
                "" if asked.score is None else f"{asked.score:.6g}",
                names[pool.tomogram[row]],
                *(f"{value:.3f}" for value in (x, y, z)),
            ]
        )
    write_text(folder / "query.csv", table.getvalue())


def _require_kinds(query: Query) -> None:
    """Raise TypeError where a field is of another kind than it was written with."""
    number = (int, float, type(None))
    kinds: dict[str, tuple[type, ...]] = {
        **dict.fromkeys(("cycle", "seed", "n_eligible", "n_subset", "n_labelled"), (int,)),
        **dict.fromkeys(("strategy", "key"), (str,)),
        **dict.fromkeys(("reason", "suggestion"), (str, type(None))),
        **dict.fromkeys(("score", "probability"), number),
    }
    for part in (query, *query.asked):
        for name, value in vars(part).items():
            if not isinstance(value, kinds.get(name, (object,))):
                raise TypeError(f"{name} is {value!r}")


def read_query(folder: Path) -> Query:
    """The query of one cycle's folder.

    Raises
    ------
    FileFormatError
        ``query.json`` is damaged, or that of another cycle: the folder is a copy.
    CampaignVersionError
        It was written by a newer cryoal.
    """
    facts = read_json(folder / "query.json")
    version = facts.pop("format", FORMAT)
    if isinstance(version, int) and version > FORMAT:
        raise CampaignVersionError(
            f"expected format {FORMAT} or older in {folder / 'query.json'}, found {version}: this "
            "query was written by a newer cryoal; update cryoal"
        )
    try:
        asked = tuple(Asked(**item) for item in facts.pop("asked"))
        query = Query(**facts, asked=asked)
        _require_kinds(query)
        name = f"cycle_{query.cycle:03d}"
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(f"expected a query in {folder / 'query.json'}, {error}") from error
    if folder.name.startswith("cycle_") and folder.name != name:
        raise FileFormatError(
            f"expected a folder {name} around its query, found {folder}: a copy? Move it "
            "out of the campaign"
        )
    return query
