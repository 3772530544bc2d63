"""Learning from a campaign's own boxes before anybody answers: one method a file."""

from cryoal.registry import Table

__all__ = ["METHODS"]

METHODS = Table(
    "pretraining method",
    {
        "vicreg": "cryoal.pretrain.vicreg:VICReg",
        "masked": "cryoal.pretrain.masked:Masked",
        "wedge": "cryoal.pretrain.wedge:Wedge",
    },
    "cryoal.pretraining",
)
"""Each is a subclass of :class:`cryoal.pretrain.base.Method`."""
