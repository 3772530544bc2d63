"""Numbers told of each box by formula, before anything is learned: one block a file."""

from cryoal.registry import Table

__all__ = ["BLOCKS"]

BLOCKS = Table(
    "descriptor",
    {
        "shells": "cryoal.descriptors.shells:Shells",
        "spectra": "cryoal.descriptors.spectra:Spectra",
        "harmonics": "cryoal.descriptors.harmonics:Harmonics",
        "wavelets": "cryoal.descriptors.wavelets:Wavelets",
        "scattering": "cryoal.descriptors.scattering:Scattering",
    },
    "cryoal.descriptors",
)
"""Each is a subclass of :class:`cryoal.descriptors.base.Block`, made without arguments."""
