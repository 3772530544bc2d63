"""Every part of a pool with its keys and columns: from the catalogue, else from its own files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryoal.data.arrays import read_attributes
from cryoal.data.catalogue import AT_LEAST, MOST_BOXES, Catalogue, Entry, stamp_of
from cryoal.data.moved import read_moved
from cryoal.data.pool_part import ABOUT, NUMBERS, VERSION, PoolPart
from cryoal.data.staging import part_paths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.catalogue import Stamp
    from cryoal.data.moved import Moved

__all__ = ["Known", "known_parts"]


@dataclass(frozen=True)
class Known:
    """A part, its keys, and its columns of numbers by name."""

    part: PoolPart
    keys: list[str]
    numbers: Mapping[str, NDArray[Any]]


def known_parts(pool: Path) -> list[Known]:
    """The parts of `pool` in order; the catalogue takes in those that it did not know.

    Raises
    ------
    PoolError
        A part is damaged, not all there, or written by a newer cryoal.
    """
    folders, moved = part_paths(pool), read_moved(pool)
    catalogue = Catalogue(pool, NUMBERS)
    found: list[Known] = []
    unknown: dict[Path, Stamp] = {}
    for folder in folders:
        start = found[-1].part.stop if found else 0
        entry = catalogue.entry(folder)
        if entry is not None and int(entry.about["version"]) <= VERSION:
            part = PoolPart.from_about(entry.about, folder, start, moved)
            found.append(Known(part, entry.keys, entry.numbers))
            continue
        stamp = stamp_of(folder)  # before it is read: a change in between is another stamp
        found.append(_read(folder, start, moved))
        if stamp is not None and len(found[-1].keys) <= MOST_BOXES:
            unknown[folder] = stamp
    if len(unknown) >= AT_LEAST:
        _take_in(catalogue, {one.part.path: one for one in found}, unknown)
    return found


def _read(folder: Path, start: int, moved: Moved) -> Known:
    part = PoolPart.open(folder, start, moved)
    _ = part.boxes  # a missing shard is noticed now, not in the middle of training
    return Known(part, part.keys(), {name: part.array(name) for name in NUMBERS})


def _take_in(
    catalogue: Catalogue, known: Mapping[Path, Known], unknown: Mapping[Path, Stamp]
) -> None:
    fresh = {
        folder.name: Entry(
            read_attributes(folder)[ABOUT], known[folder].keys, known[folder].numbers, stamp
        )
        for folder, stamp in unknown.items()
    }
    catalogue.keep(fresh, {path.name for path in known if path not in unknown})
