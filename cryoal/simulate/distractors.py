"""Distractors given by a formula: membranes around vesicles, and gold beads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["GOLD_DENSITY", "Vesicle", "add_bead", "add_vesicle", "random_vesicle"]

LEAFLET = 20.0  # angstrom from the middle of a membrane to its heads: 4 nm from head to head
HEADS = 7.0  # angstrom, the standard deviation of the layer of heads
HEAD_DENSITY = (
    2.0  # phosphates scatter more than protein; with 1, membranes were fainter than they are
)
CLEARANCE = 30.0  # angstrom from the middle, for what keeps away
FLATTENING = 0.2  # semi-axes differ from their mean by up to this share
GOLD_DENSITY = 8.0  # a protein is 1; gold takes away nearly all electrons
SOFT = 10.0  # angstrom over which the edge of a bead falls off


@dataclass(frozen=True)
class Vesicle:
    """An ellipsoidal membrane; angstrom, axes z, y, x."""

    center: NDArray[np.float64]
    semi_axes: NDArray[np.float64]
    turn: NDArray[np.float64]
    """``(3, 3)``: its rows are the axes of the ellipsoid, z, y, x."""

    def shell(self) -> tuple[NDArray[np.float64], float, float]:
        """Centre, inner and outer radius of a spherical shell that holds the membrane."""
        low, high = float(self.semi_axes.min()), float(self.semi_axes.max())
        return self.center, max(low - CLEARANCE, 0.0), high + CLEARANCE

    def points(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """``(n, 3)`` on the middle of the membrane, angstrom."""
        directions = rng.standard_normal((n, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return self.center + (directions * self.semi_axes) @ self.turn


def random_vesicle(center: NDArray[np.float64], radius: float, rng: np.random.Generator) -> Vesicle:
    """A vesicle of mean radius `radius`, somewhat flattened, in a random orientation."""
    stretch = 1 + rng.uniform(-FLATTENING, FLATTENING, 3)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return Vesicle(center, radius * stretch, turn)


def add_vesicle(volume: NDArray[np.float32], vesicle: Vesicle, voxel_spacing: float) -> None:
    """Add the two leaflets of a membrane, to `volume` in place."""
    reach = float(vesicle.semi_axes.max()) + LEAFLET + 4 * HEADS

    def density(there: NDArray[np.float32]) -> NDArray[np.float32]:
        local = np.tensordot(vesicle.turn.astype(np.float32), there, axes=1)
        scaled = local / vesicle.semi_axes.astype(np.float32)[:, None, None, None]
        level = np.sqrt((scaled**2).sum(axis=0))
        slope = (scaled / vesicle.semi_axes.astype(np.float32)[:, None, None, None]) / (
            np.maximum(level, 1e-6)
        )
        # first order in the distance: exact on the surface, good to 1 % within the leaflets
        distance = (level - 1) / np.maximum(np.sqrt((slope**2).sum(axis=0)), 1e-9)
        off = (np.abs(distance) - LEAFLET) / HEADS
        leaflets: NDArray[np.float32] = HEAD_DENSITY * np.exp(-0.5 * off**2)
        return leaflets

    _add(volume, vesicle.center, reach, voxel_spacing, density)


def add_bead(
    volume: NDArray[np.float32],
    center: NDArray[np.float64],
    diameter: float,
    voxel_spacing: float,
) -> None:
    """Add a ball of gold with a soft edge to `volume` in place; angstrom."""

    def density(there: NDArray[np.float32]) -> NDArray[np.float32]:
        beyond = np.sqrt((there**2).sum(axis=0)) - np.float32(diameter / 2)
        ball: NDArray[np.float32] = GOLD_DENSITY * 0.5 * (1 - np.tanh(beyond / SOFT))
        return ball

    _add(volume, center, diameter / 2 + 3 * SOFT, voxel_spacing, density)


def _add(
    volume: NDArray[np.float32],
    center: NDArray[np.float64],
    reach: float,
    voxel_spacing: float,
    density: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> None:
    """Add what `density` gives at ``(3, d, h, w)`` angstrom z, y, x from `center`."""
    middle = center / voxel_spacing
    low = np.maximum(np.ceil(middle - reach / voxel_spacing).astype(int), 0)
    high = np.minimum(np.floor(middle + reach / voxel_spacing).astype(int) + 1, volume.shape)
    if (high <= low).any():
        return
    axes = [
        ((np.arange(a, b) - c) * voxel_spacing).astype(np.float32)
        for a, b, c in zip(low, high, middle, strict=True)
    ]
    there = np.stack(np.meshgrid(*axes, indexing="ij"))
    volume[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] += density(there)
