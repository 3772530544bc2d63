"""Which blocks are tried together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TOGETHER", "block_sets"]

TOGETHER: tuple[tuple[str, ...], ...] = (("spectra", "scattering"),)
"""Pairs that say more than each alone and are spoiled by others: nothing in them is centred."""


def block_sets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """All blocks; all but one; each alone; and those of :data:`TOGETHER` that are there.

    Examples
    --------
    >>> block_sets(["a", "b"])
    [('a', 'b'), ('b',), ('a',)]
    """
    every = tuple(names)
    sets = [every]
    if len(every) > 1:
        sets += [tuple(n for n in every if n != left) for left in every]
        sets += [(name,) for name in every]
    sets += [pair for pair in TOGETHER if set(pair) <= set(every)]
    unique: list[tuple[str, ...]] = []
    for one in sets:
        if one not in unique:
            unique.append(one)
    return unique
