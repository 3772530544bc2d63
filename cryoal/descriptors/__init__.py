"""Numbers told of each box by formula, before anything is learned: one block a file."""

from cryoal.registry import Table

__all__ = ["BLOCKS"]

BLOCKS = Table(
    "descriptor",
    {
        "shells": "cryoal.descriptors.shells:Shells",
        "harmonics": "cryoal.descriptors.harmonics:Harmonics",
        "spectra": "cryoal.descriptors.spectra:Spectra",
        "zones": "cryoal.descriptors.zones:Zones",
        "wavelets": "cryoal.descriptors.wavelets:Wavelets",
        "moments": "cryoal.descriptors.moments:Moments",
        "scattering": "cryoal.descriptors.scattering:Scattering",
    },
    "cryoal.descriptors",
)
"""Each is a subclass of :class:`cryoal.descriptors.base.Block`, made without arguments."""
