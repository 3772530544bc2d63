"""Models that learn beside the teacher, by name: one a file, and one line in this table."""

from cryoal.registry import Table

__all__ = ["COMPANIONS"]

COMPANIONS = Table(
    "companion",
    {
        "student": "cryoal.companions.student:Student",
        "committee": "cryoal.companions.committee:Committee",
        "loss-predictor": "cryoal.companions.loss_predictor:LossPredictor",
        "vaal": "cryoal.companions.vaal:Vaal",
        "sraal": "cryoal.companions.sraal:Sraal",
    },
    "cryoal.companions",
)
"""Each is a subclass of :class:`cryoal.companions.base.Companion`."""
