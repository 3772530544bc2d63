"""Which blocks are looked at together."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LEARNED", "TOGETHER", "block_sets", "views", "whole_sets"]

LEARNED = frozenset({"pretrained"})
"""Blocks that no formula tells: excellent on one pool and useless on another."""
TOGETHER = (("moments", "spectra", "zones"),)
"""Nothing in these depends on where in its box the particle is, so they say most in a crowd."""


VIEWS = (
    ("shells",),
    ("harmonics",),
    ("wavelets",),
    *TOGETHER,
    ("harmonics", "wavelets"),
    ("pretrained",),
)
"""Sets that see a box in ways of their own, and can teach each other."""


def views(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Those of :data:`VIEWS` that are there; blocks that are in none, such as others' own, alone.

    Examples
    --------
    >>> views(["shells", "zones", "mine"])
    [('shells',), ('zones',), ('mine',)]
    """
    there = [view for view in VIEWS if set(view) <= set(names)]
    seen = {name for view in there for name in view} | {"scattering"}  # moments of moments
    return [*there, *((name,) for name in names if name not in seen)]


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
