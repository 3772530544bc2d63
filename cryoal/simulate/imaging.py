"""Densities as a reconstruction shows them, and noise as it is there: Fourier filters in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from cryoal.simulate.noise import noise_model
from cryoal.simulate.transfer import transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.simulate.recipe import Recipe

__all__ = ["Imaging"]

AXES = (-3, -2, -1)


class Imaging:
    """The filters of a recipe for volumes of one shape.

    The whole volume has one defocus and is taken to repeat, as Fourier filters do.

    Attributes
    ----------
    power
        Variance of the signal over that of the noise in the finished volume; None without noise.
    of_whole
        Whether the signal's variance is that of the whole volume, not of boxes in it.
    """

    def __init__(self, recipe: Recipe, shape: Sequence[int], device: torch.device) -> None:
        functions = transfer(shape, recipe.voxel_spacing, recipe.imaging, recipe.noise.mtf)
        model = noise_model(recipe.noise, functions, shape[-1])
        self.shape, self.device = tuple(shape), device
        self.power = None if model is None else model.power
        self.of_whole = model is not None and model.of_whole
        self._signal = torch.from_numpy(functions.signal).to(device)
        self._noise = None if model is None else torch.from_numpy(model.spectrum).to(device)

    def signal(self, volumes: torch.Tensor) -> torch.Tensor:
        """Densities ``(..., d, h, w)`` after CTF, wedge and low-pass; no noise."""
        return self._filtered(volumes, self._signal)

    def noise(self, seeds: Sequence[int]) -> torch.Tensor:
        """``(n, d, h, w)`` of expected variance 1, each volume from its own seed; 0 without noise.

        The same seed gives the same noise on one kind of device, not across kinds.
        """
        white = torch.zeros((len(seeds), *self.shape), device=self.device)
        if self._noise is None:
            return white
        for volume, seed in zip(white, seeds, strict=True):
            generator = torch.Generator(self.device)
            generator.manual_seed(seed)
            volume.normal_(generator=generator)
        return self._filtered(white, self._noise)

    def _filtered(self, volumes: torch.Tensor, function: torch.Tensor) -> torch.Tensor:
        spectrum = torch.fft.rfftn(volumes, dim=AXES)
        spectrum *= function
        filtered: torch.Tensor = torch.fft.irfftn(spectrum, self.shape, dim=AXES)
        return filtered
