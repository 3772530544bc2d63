"""Backbones by name: one family a file, and one line in this table."""

from cryoal.registry import Table

__all__ = ["BACKBONES"]

BACKBONES = Table(
    "backbone",
    {
        "resnet10": "cryoal.models.resnet:resnet10",
        "resnet18": "cryoal.models.resnet:resnet18",
    },
    "cryoal.backbones",
)
"""Each is a function ``(*, width, stem, n_classes) -> Network`` (:mod:`cryoal.models.base`)."""
