"""The two definitions of the signal-to-noise ratio, and the noise that follows from each.

White noise of variance b is there before the CTF (what else is in the ice), of variance a after it
(the detector). Being Gaussian and independent, the two come out as one noise whose power spectrum
is ``b H^2 + a M^2``, H and M being the transfer functions of :mod:`cryoal.simulate.transfer`.

*power*: the variance of the clean box over the variance of the noise in it, both after CTF, wedge
and low-pass: what is measured on the finished box. Half of the noise is from before the CTF.

*published*: that of the simulator behind the paper's set (S. Liu et al., BIBM 2020, and its code).
With s the variance of the whole simulated volume, before boxes are cut from it, both variances are
``a = b = s / (2 SNR mean(H^2))``. Noise from before the CTF then ends at ``s / (2 SNR)``; noise
from after it escapes the CTF and ends higher by ``mean(M^2) / mean(H^2)``, which lowers the plain
ratio. That s counts the empty surroundings raises it: in the published code they are much wider.
There s and ``mean(H^2)`` are taken before the low-pass, here after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.simulate.transfer import mean_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.simulate.recipe import NoiseConfig
    from cryoal.simulate.transfer import Transfer

__all__ = ["NoiseModel", "noise_model"]


@dataclass(frozen=True)
class NoiseModel:
    """Noise of variance 1 in the finished volume, and how strong the signal is beside it."""

    spectrum: NDArray[np.float32]
    """Multiplied onto the coefficients of white noise of variance 1."""
    power: float
    """Variance of the signal over that of the noise, both in the finished volume."""
    of_whole: bool
    """Whether the signal's variance is that of the whole simulated volume, not of the box."""


def noise_model(noise: NoiseConfig, functions: Transfer, width: int) -> NoiseModel | None:
    """The noise of a recipe, None if there is none; `width` is that of the volume along x."""
    if noise.definition == "none":
        return None
    before, after = (mean_square(f, width) for f in (functions.signal, functions.detector))
    # of a clean signal of variance 1; b and a of the text above
    b = 1 / (2 * noise.snr * before)
    published = noise.definition == "published"
    a = b if published else 1 / (2 * noise.snr * after)
    variance = b * before + a * after
    power_spectrum = (b * functions.signal**2 + a * functions.detector**2) / variance
    return NoiseModel(np.sqrt(power_spectrum).astype(np.float32), 1 / variance, published)
