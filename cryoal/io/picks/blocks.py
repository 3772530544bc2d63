"""The blocks of several STAR files beside particles and optics, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.io.star import StarTable

__all__ = ["alike", "merge_blocks"]


def alike(text: str) -> str | float:
    """What two texts have in common that say the same: ``300.000`` and ``300`` are one number."""
    try:
        return float(text)
    except ValueError:
        return text


def merge_blocks(sources: Sequence[Mapping[str, StarTable]]) -> dict[str, StarTable]:
    """Every block but the optics; blocks that differ under one name get a number.

    Raises
    ------
    PicksError
        The parts differ in what data_general says of all their particles.
    """
    merged: dict[str, StarTable] = {}
    for blocks in sources:
        for name, table in blocks.items():
            if name == "optics" or table == merged.get(name):
                continue
            if name == "general" and name in merged:
                for label in table.keys() & merged[name].keys():
                    first, second = merged[name][label], table[label]
                    if [*map(alike, first)] != [*map(alike, second)]:
                        raise PicksError(
                            f"expected one {label} in data_general, found {first[0]} and "
                            f"{second[0]}: export them apart"
                        )
                merged[name] = {**table, **merged[name]}
                continue
            free = name
            while free in merged:
                free = f"{name}_{sum(other.startswith(name) for other in merged) + 1}"
            merged[free] = table
    return merged
