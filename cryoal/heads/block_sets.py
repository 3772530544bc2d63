"""Which blocks are looked at together."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LEARNED", "TOGETHER", "block_sets", "whole_sets"]

LEARNED = frozenset({"pretrained"})
"""Blocks that no formula tells: excellent on one pool and useless on another."""
TOGETHER = (("moments", "spectra", "zones"),)
"""Nothing in these depends on where in its box the particle is, so they say most in a crowd."""


def whole_sets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """All blocks, and all that are not learned.

    Examples
    --------
    >>> whole_sets(["shells", "pretrained", "zones"])
    [('shells', 'pretrained', 'zones'), ('shells', 'zones')]
    """
    return _once([tuple(names), tuple(name for name in names if name not in LEARNED)])


def block_sets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Those of :func:`whole_sets`, each block alone, each pair, and :data:`TOGETHER`.

    Examples
    --------
    >>> block_sets(["shells", "zones", "moments"])
    [('shells', 'zones', 'moments'), ('shells',), ('zones',), ('moments',), ('shells', 'zones'), \
('shells', 'moments'), ('zones', 'moments')]
    """
    there = set(names)
    return _once(
        [
            *whole_sets(names),
            *((name,) for name in names),
            *combinations(names, 2),
            *(some for some in TOGETHER if set(some) <= there),
        ]
    )


def _once(sets: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Without the empty and, of those of the same blocks, the first."""
    seen: dict[frozenset[str], tuple[str, ...]] = {}
    for some in sets:
        if some:
            seen.setdefault(frozenset(some), some)
    return list(seen.values())
