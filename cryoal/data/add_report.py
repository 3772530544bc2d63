"""What an import did, and what the user should hear about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.data.density import Density
    from cryoal.data.left_out import LeftOut

__all__ = ["AddReport"]


@dataclass(frozen=True)
class AddReport:
    """What an import did, and what the user should hear about it."""

    n_added: int
    n_in_tomogram: dict[str, int]
    names_without_tomogram: list[str]
    """In the picks, but no file was given for them."""
    tomograms_without_picks: list[Path]
    n_border: int
    """Boxes that reach beyond their tomogram; their inside fraction is below 1."""
    empty_share: dict[str, float]
    """Of each tomogram, what was left out of background and scatter as empty."""
    n_beyond: dict[str, int]
    """Voxels of boxes, in each tomogram, that are bounded when they are read."""
    source: str
    """What the set of picks is called."""
    left_out: list[LeftOut]
    """Picks of which there is no box, each with its reason."""
    n_there: int
    """Picks at the place of a box that the pool had already: not listed, and not added."""
    n_close: int
    """Boxes that a least distance of `close_angstrom` would have left out."""
    close_angstrom: float
    density: Density
    density_guessed: bool
    lazy: bool
    """Whether the boxes stay in their tomograms."""
    box_bytes: int
    """Of the voxels of all boxes, wherever they are."""
    boxes_per_second: float | None
    """How fast they were cut, as a reading of a lazy pool does; None where others cut them."""
    notes: list[str]
