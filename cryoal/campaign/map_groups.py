"""What the colours on a map say: its points by class, label, doubt or tomogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.campaign.overview import NONE
from cryoal.errors import ConfigError
from cryoal.junk import junk_class
from cryoal.marks import class_mark, mark_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.map import Map
    from cryoal.campaign.overview import Overview

__all__ = ["BY", "GREY", "Group", "groups_of", "require_by"]

BY = ("class", "label", "doubt", "tomogram")
GREY = "#a9adb3"
DOUBTS = (
    (0.25, "doubt below 0.25", "#9ecae1"),
    (0.5, "0.25 to 0.5", "#5b8fbf"),
    (0.75, "0.5 to 0.75", "#e69f00"),
    (1.01, "0.75 and more", "#d55e00"),
)
"""Upper ends of the doubt, what they are called, and their colours."""
MOST = 20
"""Tomograms with a colour; the others are grey."""


class Group(NamedTuple):
    """Points of one colour."""

    name: str
    colour: str
    points: NDArray[np.int64]
    """Places in :attr:`cryoal.campaign.map.Map.xy`."""
    is_named: bool = True
    """Whether its name is written where most of its points are."""


def require_by(by: str) -> None:
    """Raise ConfigError where `by` is none of :data:`BY`."""
    if by not in BY:
        raise ConfigError(f"expected colours by {', '.join(BY[:-1])} or {BY[-1]}, found {by!r}")


def groups_of(found: Map, seen: Overview, by: str = "class", junk: str = "") -> list[Group]:
    """The points of `found`, each in one group; those of which nothing is told come first, grey.

    Test keys and boxes of the audit are grey but by tomogram: who saw what is predicted for them
    and answered would spoil what they measure.

    Raises
    ------
    ConfigError
        `by` is none of :data:`BY`.
    """
    require_by(by)
    junk = junk_class(seen.classes, junk)
    rows, is_held = found.rows, seen.is_held[found.rows]
    if by == "tomogram":
        number = seen.tomogram[rows].astype(np.int64)
        number[number >= MOST] = NONE
        some = list(seen.tomogram_names[:MOST])
        return _grouped(number, [(n, class_mark(i).colour) for i, n in enumerate(some)], "others")
    if by == "doubt":
        ends = np.array([end for end, _, _ in DOUBTS])
        doubt = np.where(is_held, np.nan, seen.doubt[rows])
        number = np.where(np.isnan(doubt), NONE, np.searchsorted(ends, doubt, side="right"))
        named = [(name, colour) for _, name, colour in DOUBTS]
        groups = _grouped(number, named, "not told")
        return [group._replace(is_named=False) for group in groups]
    number = (seen.shown if by == "class" else seen.label)[rows].astype(np.int64)
    number[is_held] = NONE
    classes = [(name, mark_of(name, seen.classes, junk).colour) for name in seen.classes]
    rest = "no class" if by == "class" else "no label"
    return _grouped(number, classes, f"{rest}, audit or test" if is_held.any() else rest)


def _grouped(number: NDArray[np.int64], named: Sequence[tuple[str, str]], rest: str) -> list[Group]:
    groups = [Group(rest, GREY, np.flatnonzero(number == NONE), is_named=False)]
    groups += [
        Group(name, colour, np.flatnonzero(number == at)) for at, (name, colour) in enumerate(named)
    ]
    return [group for group in groups if len(group.points)]
