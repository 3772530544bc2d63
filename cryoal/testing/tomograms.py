"""A phantom tomogram: particles of known class in ice, seen through noise and a missing wedge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.simulate.orientation import random_angles
from cryoal.simulate.packing import place_spheres
from cryoal.simulate.wedge import measured
from cryoal.testing.shapes import BACKGROUND, EXTENT, SHAPES, rotation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Phantom", "as_imaged", "make_phantom"]


@dataclass(frozen=True)
class Phantom:
    """A tomogram and what is in it; row i of each array is particle i."""

    volume: NDArray[np.float32]
    """(z, y, x); particles are positive, noise has unit variance."""
    labels: tuple[str, ...]
    position_zyx_angstrom: NDArray[np.float64]
    angles: NDArray[np.float64]
    """(n, 3) RELION's rot, tilt, psi in degrees; zero for background."""


def make_phantom(
    counts: Mapping[str, int],
    rng: np.random.Generator,
    *,
    shape: tuple[int, int, int] = (64, 192, 192),
    voxel_spacing: float = 10.0,
    margin: int = 8,
    distance: float = 150.0,
    snr: float = 6.0,
    tilt_range: float = 60.0,
    resolution: float = 25.0,
) -> Phantom:
    """Particles at random places in random orientations, with noise, as a tilt series shows them.

    Parameters
    ----------
    counts
        Particles of each class: names of :data:`~cryoal.testing.shapes.SHAPES`, or ``background``
        for places where there is nothing.
    shape
        z, y, x in voxels.
    margin
        Centres keep this many voxels from every face, so that a box twice as large lies inside.
    distance
        Smallest distance between two centres, angstrom.
    snr
        Power of the signal inside a particle, before anything is filtered away, over the variance
        of the noise in the finished tomogram: a voxel's noise is 1 / sqrt(snr) times the contrast.
    tilt_range, resolution
        What of Fourier space is kept, of signal and noise alike: see :func:`as_imaged`.

    Raises
    ------
    ValueError
        A class that has no shape, or so many particles that they do not fit.
    """
    unknown = sorted(set(counts) - {*SHAPES, BACKGROUND})
    if unknown:
        raise ValueError(f"expected classes of {[*SHAPES, BACKGROUND]}, found {unknown[0]!r}")
    labels = [name for name, count in counts.items() for _ in range(count)]
    order = rng.permutation(len(labels))
    labels = [labels[i] for i in order]  # keys must not give the class away
    low, high = np.full(3, float(margin)), np.array(shape, dtype=float) - 1 - margin
    radii = np.full(len(labels), distance / voxel_spacing / 2)
    centers = place_spheres(radii, low, high, rng)
    angles = random_angles(len(labels), rng)
    angles[[name == BACKGROUND for name in labels]] = 0.0
    signal = np.zeros(shape, dtype=np.float32)
    for name, center, turn in zip(labels, centers, angles, strict=True):
        if name != BACKGROUND:
            _paint(signal, name, center, rotation(*turn), voxel_spacing)
    noise = as_imaged(rng.standard_normal(shape, np.float32), voxel_spacing, tilt_range, resolution)
    signal = as_imaged(signal, voxel_spacing, tilt_range, resolution)
    volume = np.float32(np.sqrt(snr)) * signal + noise / noise.std()
    return Phantom(volume, tuple(labels), centers * voxel_spacing, angles)


def as_imaged(
    volume: NDArray[np.float32], voxel_spacing: float, tilt_range: float, resolution: float
) -> NDArray[np.float32]:
    """`volume` with the missing wedge of tilts of +- `tilt_range` about y, and a soft low-pass.

    Coefficients at 1 / `resolution` (angstrom) are halved, by a Gaussian. The mean is kept.
    """
    k_z, k_y = (np.abs(np.fft.fftfreq(n, voxel_spacing)) for n in volume.shape[:2])
    k_x = np.fft.rfftfreq(volume.shape[2], voxel_spacing)
    seen = measured(volume.shape[0], volume.shape[2], voxel_spacing, tilt_range)  # (z, x)
    fall = [np.exp(-np.log(2) * (k * resolution) ** 2).astype(np.float32) for k in (k_z, k_y, k_x)]
    spectrum = np.fft.rfftn(volume)
    spectrum *= (seen * fall[0][:, None] * fall[2])[:, None, :]
    spectrum *= fall[1][:, None]
    kept = np.fft.irfftn(spectrum, volume.shape, axes=(0, 1, 2))
    return kept.astype(np.float32, copy=False)


def _paint(
    volume: NDArray[np.float32],
    name: str,
    center: NDArray[np.float64],
    turn: NDArray[np.float64],
    voxel_spacing: float,
) -> None:
    """Add a particle to `volume` in place, sampled at the voxels within reach of it."""
    reach = EXTENT / voxel_spacing
    start = np.maximum(np.ceil(center - reach).astype(int), 0)
    stop = np.minimum(np.floor(center + reach).astype(int) + 1, volume.shape)
    z, y, x = (
        ((np.arange(a, b) - c) * voxel_spacing).astype(np.float32)
        for a, b, c in zip(start, stop, center, strict=True)
    )
    there = np.stack(np.broadcast_arrays(x, y[:, None], z[:, None, None]))  # (xyz, z, y, x)
    reference = np.tensordot(turn.T.astype(np.float32), there, axes=1)
    window = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    volume[window] += SHAPES[name](*reference)
