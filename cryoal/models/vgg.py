"""VGG networks with batch norm for images, with every stage given out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn
from typing_extensions import override

from cryoal.models.base import Network, Output, backbone, chosen_stem
from cryoal.models.blocks2d import convolution, draw_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["VGG", "vgg13_2d", "vgg16_2d"]


class VGG(Network):
    """Five stages of 3 x 3 convolutions (Simonyan and Zisserman, 2015), each a module of eq. 1.

    The form for 32 x 32 images: the mean over what is left of the image and one linear layer, in
    place of the three (124 of VGG-16's 138 million weights) that want 224 x 224. Larger images pass
    too.

    Parameters
    ----------
    convolutions
        How many in each of the five stages.
    width
        Channels of the first stage; the next have 2, 4, 8 and 8 times as many.
    stem
        ``"cifar"``: the first stage sees the image at full size, as in every VGG.
    n_classes
        Number of logits.
    channels
        Of the input.
    dropout
        Chance with which, in train mode, the last layer does not see a feature.

    Notes
    -----
    A map is the last output of a stage before its max-pooling: 32, 16, 8, 4, 2 of a 32 x 32 image.
    After it the last would be one pixel, which says nothing in eq. 1. Convolutions have a bias, as
    in the published networks, though batch norm follows and takes it off again.
    """

    n_modules = 5

    def __init__(
        self,
        convolutions: Sequence[int],
        *,
        width: int,
        stem: str,
        n_classes: int,
        channels: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        chosen_stem(stem, {"cifar": None}, "VGG networks")
        stages = []
        inputs = channels
        for times, count in zip((1, 2, 4, 8, 8), convolutions, strict=True):
            sizes = [inputs] + [times * width] * count
            layers = (convolution(a, b, bias=True) for a, b in pairwise(sizes))
            stages.append(nn.Sequential(*layers))
            inputs = sizes[-1]
        self.stages = nn.ModuleList(stages)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)  # one pixel stays one pixel
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(inputs, n_classes)
        draw_weights(self)

    @property
    @override
    def head(self) -> nn.Linear:
        return self.last

    @override
    def forward(self, boxes: Tensor) -> Output:
        x, maps = boxes, []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
            x = self.pool(x)
        embedding = x.mean((2, 3))
        return Output(self.head(self.dropout(embedding)), tuple(maps), embedding)


vgg13_2d = backbone("For images: 10 convolutions in five stages.", VGG, (2, 2, 2, 2, 2))
vgg16_2d = backbone("For images: 13 convolutions in five stages.", VGG, (2, 2, 3, 3, 3))
