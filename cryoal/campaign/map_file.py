"""``map.json``: where boxes lie on the map, and what it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from cryoal.errors import FileFormatError
from cryoal.records import is_there, now, read_json, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.records import Json

__all__ = ["FILE", "OF", "STEPS", "Kept", "Of", "read_kept", "write_kept"]

FILE = "map.json"
FORMAT = 1
STEPS = 65535
"""Steps from one edge of the map to the other: finer than any screen, and short as text."""

Of = Literal["descriptors", "teacher"]
OF: tuple[Of, ...] = get_args(Of)
"""By what boxes are alike: their descriptors, or the embedding of the pair's teacher."""


@dataclass(frozen=True)
class Kept:
    """What the file holds."""

    of: Of
    seed: int
    most: int
    """Boxes that could be on it at most."""
    n_all: int
    """Boxes of the pool then."""
    made_from: Json
    """What the numbers of the boxes depend on."""
    rows: NDArray[np.int64]
    """Places in the pool, ascending."""
    steps: NDArray[np.int64]
    """``(n, 2)``: x and y of each in 0 .. :data:`STEPS`."""


def write_kept(folder: Path, kept: Kept) -> None:
    """Write the file in one step; its rows are left out where they are the whole pool."""
    is_all = len(kept.rows) == kept.n_all
    x, y = kept.steps.T.tolist()
    write_json(
        folder / FILE,
        {
            "format": FORMAT,
            "of": kept.of,
            "seed": kept.seed,
            "most": kept.most,
            "n_all": kept.n_all,
            "made_from": kept.made_from,
            "time": now(),
            "rows": None if is_all else kept.rows.tolist(),
            "x": x,
            "y": y,
        },
    )


def read_kept(folder: Path) -> Kept | None:
    """What :func:`write_kept` wrote; None where there is none, or of a newer cryoal.

    Raises
    ------
    FileFormatError
        It is damaged.
    """
    file = folder / FILE
    if not is_there(file):
        return None
    facts = read_json(file)
    if isinstance(facts.get("format"), int) and facts["format"] > FORMAT:
        return None  # it can be made again
    try:
        return _kept(facts)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FileFormatError(
            f"expected a map in {file}, found {error}; it can be deleted and made again"
        ) from error


def _kept(facts: dict[str, Any]) -> Kept:
    if facts["of"] not in OF:
        raise ValueError(repr(facts["of"]))
    seed, most, n_all = (facts[name] for name in ("seed", "most", "n_all"))
    if not all(type(number) is int and number >= 0 for number in (seed, most, n_all)):
        raise ValueError(f"seed {seed!r}, most {most!r}, n_all {n_all!r}")
    steps = np.column_stack([_whole(facts["x"], STEPS), _whole(facts["y"], STEPS)])
    listed = facts["rows"]
    rows = np.arange(n_all) if listed is None else _whole(listed, n_all - 1)
    if len(rows) != len(steps) or (np.diff(rows) <= 0).any():
        raise ValueError(f"{len(rows)} rows for {len(steps)} points, or rows out of order")
    return Kept(cast("Of", facts["of"]), seed, most, n_all, facts["made_from"], rows, steps)


def _whole(numbers: object, most: int) -> NDArray[np.int64]:
    """A list of whole numbers in 0 .. `most`."""
    found = np.array(numbers)
    if not isinstance(numbers, list) or found.ndim != 1:
        raise ValueError("no list of numbers")
    if not len(found):
        return np.empty(0, np.int64)
    if found.dtype.kind != "i" or found.min() < 0 or found.max() > most:
        raise ValueError(f"numbers that are not whole and in 0 to {most}")
    return found.astype(np.int64)
