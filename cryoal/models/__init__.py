"""Backbones by name: one family a file, and one line in this table for each size of it."""

from cryoal.registry import Table

__all__ = ["BACKBONES"]

BACKBONES = Table(
    "backbone",
    {
        "resnet10": "cryoal.models.resnet:resnet10",
        "resnet18": "cryoal.models.resnet:resnet18",
        "resnet34": "cryoal.models.resnet:resnet34",
        "resnet50": "cryoal.models.resnet:resnet50",
        "densenet63": "cryoal.models.densenet:densenet63",
        "densenet121": "cryoal.models.densenet:densenet121",
        "resnet10-2d": "cryoal.models.resnet:resnet10_2d",
        "resnet18-2d": "cryoal.models.resnet:resnet18_2d",
        "resnet34-2d": "cryoal.models.resnet:resnet34_2d",
        "resnet50-2d": "cryoal.models.resnet:resnet50_2d",
        "vgg13-2d": "cryoal.models.vgg:vgg13_2d",
        "vgg16-2d": "cryoal.models.vgg:vgg16_2d",
        "drn-d-14": "cryoal.models.drn:drn_d_14",
        "drn-d-22": "cryoal.models.drn:drn_d_22",
        "drn-d-14-pooled": "cryoal.models.drn:drn_d_14_pooled",
        "drn-d-22-pooled": "cryoal.models.drn:drn_d_22_pooled",
    },
    "cryoal.backbones",
)
"""Each is a :class:`cryoal.models.base.Backbone`: a function that builds a network."""
