"""The contrast transfer function of a weak phase object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["contrast_transfer", "electron_wavelength"]


def electron_wavelength(voltage: float) -> float:
    """Relativistic wavelength in angstrom of electrons of `voltage` kilovolts.

    ``12.2643 / sqrt(V + 0.97845e-6 V^2)`` with V in volts.

    Examples
    --------
    >>> round(electron_wavelength(300), 5)
    0.01969
    """
    volts = voltage * 1e3
    return float(12.2643 / np.sqrt(volts + 0.97845e-6 * volts**2))


def contrast_transfer(
    frequency: NDArray[np.floating[Any]],
    *,
    defocus: float,
    voltage: float,
    spherical_aberration: float,
    amplitude_contrast: float,
) -> NDArray[np.floating[Any]]:
    """The CTF at `frequency` (1 / angstrom), positive where density comes out bright.

    ``sqrt(1 - A^2) sin(chi) + A cos(chi)``, ``chi = pi lambda D k^2 - pi/2 Cs lambda^3 k^4``. The
    usual sign is the opposite, under which particles of an underfocused image are dark.

    Parameters
    ----------
    defocus
        Underfocus D, micrometers.
    voltage
        Kilovolts.
    spherical_aberration
        Cs, millimeters.
    amplitude_contrast
        A, in [0, 1].
    """
    length = electron_wavelength(voltage)
    square = frequency**2
    chi = np.pi * length * defocus * 1e4 * square
    chi = chi - np.pi / 2 * spherical_aberration * 1e7 * length**3 * square**2
    phase = np.sqrt(1 - amplitude_contrast**2)
    contrast: NDArray[np.floating[Any]] = phase * np.sin(chi) + amplitude_contrast * np.cos(chi)
    return contrast
