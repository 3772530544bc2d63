"""Where the tomograms of a pool are that have moved since: ``tomograms.json``, beside the pool.

The parts of a pool never change, so what is told later is laid over what they say. Each place is
kept absolute and as seen from the campaign: a campaign may be moved alone, and with its tomograms.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cryoal.errors import FileFormatError, PoolError
from cryoal.foreign import foreign
from cryoal.records import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.records import Json

__all__ = ["Moved", "Name", "name_of", "read_moved", "write_moved"]

FILE = "tomograms.json"

Name: TypeAlias = "tuple[str, str]"
"""What tells a tomogram from the others: where it was, and the digest of its file (or "")."""

Moved: TypeAlias = "Mapping[Name, tuple[Path, ...]]"
"""Where a tomogram may be, the likeliest place first."""


def name_of(record: TomogramRecord) -> Name:
    """What tells the tomogram of `record` from the others of its pool, wherever it is now."""
    was = record.places[-1]
    return str(was), record.file.digest if record.file else ""


def read_moved(pool: Path) -> dict[Name, tuple[Path, ...]]:
    """What has been told of the tomograms of `pool`; empty where nothing has.

    Raises
    ------
    PoolError
        Damaged.
    """
    file, start = pool.parent / FILE, pool.parent.resolve()
    try:
        facts = read_json(file)
    except FileNotFoundError:
        return {}
    except FileFormatError as error:
        raise PoolError(f"{error}; or delete it, and tell again (cryoal relocate)") from error
    with foreign(file, "the places of tomograms", PoolError):
        return {
            (_text(one["was"]), _text(one["digest"])): (
                Path(_text(one["path"])),
                Path(os.path.normpath(start / _text(one["from_here"]))),
            )
            for one in facts["moved"]
        }


def write_moved(pool: Path, moved: Mapping[Name, Path]) -> None:
    """Tell where tomograms of `pool` are; what was told of others before stays.

    Raises
    ------
    PoolError
        What was told before is damaged.
    OSError
        The folder cannot be written to; nothing has changed.
    """
    start = pool.parent.resolve()
    before = read_moved(pool)  # of two places the one that holds: both are written anew
    places = {name: next((p for p in at if p.exists()), at[0]) for name, at in before.items()}
    places |= moved
    told: list[Json] = [
        {"was": was, "digest": digest, "path": str(path), "from_here": os.path.relpath(path, start)}
        for (was, digest), path in sorted(places.items())
    ]
    write_json(pool.parent / FILE, {"moved": told})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r}, which is no text")
    return value
