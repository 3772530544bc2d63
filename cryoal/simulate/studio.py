"""What every task of a simulation needs, whichever process it runs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from cryoal.simulate.recipe import Recipe
    from cryoal.simulate.structures import Molecule

__all__ = ["Studio"]


@dataclass(frozen=True)
class Studio:
    """The same for all tasks."""

    recipe: Recipe
    molecules: tuple[Molecule, ...]
    """One for each class, in the order of the recipe."""
    folder: Path
    """Where files go."""
    device: torch.device
