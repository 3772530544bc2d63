"""Everything that is multiplied onto Fourier coefficients: CTF, wedge, low-pass, detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.simulate.ctf import contrast_transfer
from cryoal.simulate.wedge import measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.simulate.recipe import ImagingConfig

__all__ = ["Transfer", "mean_square", "transfer"]

SOFTNESS = 0.1  # of the low-pass: it falls to 1/e this share of its frequency further on


@dataclass(frozen=True)
class Transfer:
    """What becomes of signal and noise, over the coefficients of ``rfftn``."""

    signal: NDArray[np.float32]
    """CTF, wedge and low-pass: of the densities, and of noise that is there before the CTF."""
    detector: NDArray[np.float32]
    """MTF, wedge and low-pass: of noise that comes after the CTF."""


def transfer(
    shape: Sequence[int], voxel_spacing: float, imaging: ImagingConfig, mtf: float
) -> Transfer:
    """The transfer functions of a volume, each ``(d, h, w // 2 + 1)``.

    Parameters
    ----------
    shape
        z, y, x in voxels.
    voxel_spacing
        Angstrom.
    mtf
        Share of the Nyquist frequency at which noise of the detector has fallen to 1/e.
    """
    depth, height, width = shape
    axes = [np.fft.fftfreq(n, voxel_spacing) for n in (depth, height)]
    k_z, k_y, k_x = (k.astype(np.float32) for k in (*axes, np.fft.rfftfreq(width, voxel_spacing)))
    frequency = np.sqrt(k_z[:, None, None] ** 2 + k_y[:, None] ** 2 + k_x**2)
    nyquist = 1 / (2 * voxel_spacing)
    kept = measured(depth, width, voxel_spacing, imaging.tilt_range)[:, None].astype(np.float32)
    if imaging.lowpass:
        cut = 1 / imaging.lowpass
        beyond = np.maximum(frequency - cut, 0) / (SOFTNESS * cut)
        kept = kept * np.exp(-(beyond**2))
    signal = kept * np.exp(-((frequency / (imaging.envelope * nyquist)) ** 2))
    if imaging.ctf:
        signal *= contrast_transfer(
            frequency,
            defocus=imaging.defocus,
            voltage=imaging.voltage,
            spherical_aberration=imaging.spherical_aberration,
            amplitude_contrast=imaging.amplitude_contrast,
        )
    detector = kept * np.exp(-((frequency / (mtf * nyquist)) ** 2))
    return Transfer(signal.astype(np.float32), detector.astype(np.float32))


def mean_square(function: NDArray[np.float32], width: int) -> float:
    """Variance that white noise of variance 1 has after `function`: its mean square over all k.

    `function` is over the coefficients of ``rfftn`` of a volume of `width` voxels along x, most of
    which stand for two.
    """
    square = (function.astype(np.float64) ** 2).sum(axis=(0, 1))
    twice = np.full(len(square), 2.0)
    twice[0] = 1.0
    if width % 2 == 0:
        twice[-1] = 1.0
    return float((square * twice).sum() / (function.shape[0] * function.shape[1] * width))
