"""Dilated residual networks for images, with every level given out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn.functional import interpolate
from typing_extensions import override

from cryoal.models.base import Network, Output, backbone, chosen_stem
from cryoal.models.blocks2d import convolution, draw_weights

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DilatedResidualNetwork", "drn_d_14", "drn_d_14_pooled", "drn_d_22", "drn_d_22_pooled"]

# Channels at width 64, stride, dilation, and whether the level is made of residual blocks.
_LEVELS = (
    (16, 1, 1, False),
    (32, 2, 1, False),
    (64, 2, 1, True),
    (128, 2, 1, True),
    (256, 1, 2, True),
    (512, 1, 4, True),
    (512, 1, 2, False),  # two levels without shortcuts take away the grid that dilation leaves
    (512, 1, 1, False),
)


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, dilation: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, stride=stride, dilation=dilation)
        self.second = convolution(outputs, outputs, dilation=dilation, relu=False)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = convolution(inputs, outputs, 1, stride=stride, relu=False)

    @override
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(self.first(x)) + self.shortcut(x)
        return y.relu()


class DilatedResidualNetwork(Network):
    """A DRN-D (Yu et al., 2017): eight levels, each a module of eq. 1; an eighth of the resolution.

    Parameters
    ----------
    blocks
        Residual blocks in each of levels 3 to 6; the other levels are one convolution.
    dense
        Whether there are logits for each pixel (segmentation) or for the image.
    width
        Channels of the third level; the others have 1/4, 1/2, 2, 4, 8, 8, 8 times as many.
    stem
        ``"imagenet"``: 7 x 7 at full size.
    n_classes
        Number of logits.
    channels
        Of the input.
    dropout
        Chance with which, in train mode, the last layer does not see a feature (in all pixels).

    Notes
    -----
    Dense logits are brought to the resolution of the input by bilinear interpolation. The authors'
    code has a fixed transposed convolution, which is the same but for the outermost four pixels,
    where it blends with zeros.
    """

    n_modules = 8

    def __init__(
        self,
        blocks: int,
        dense: bool,
        *,
        width: int,
        stem: str,
        n_classes: int,
        channels: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        chosen_stem(stem, {"imagenet": None}, "dilated residual networks")
        sizes = [max(1, width * published // 64) for published, *_ in _LEVELS]
        self.stem = convolution(channels, sizes[0], 7)
        levels = []
        inputs = sizes[0]
        for outputs, (_, stride, dilation, residual) in zip(sizes, _LEVELS, strict=True):
            if residual:
                first = _Block(inputs, outputs, stride, dilation)
                rest = (_Block(outputs, outputs, 1, dilation) for _ in range(blocks - 1))
                levels.append(nn.Sequential(first, *rest))
            else:
                levels.append(convolution(inputs, outputs, stride=stride, dilation=dilation))
            inputs = outputs
        self.levels = nn.ModuleList(levels)
        self.dropout = nn.Dropout2d(dropout) if dense else nn.Dropout(dropout)
        self.last = nn.Conv2d(inputs, n_classes, 1) if dense else nn.Linear(inputs, n_classes)
        draw_weights(self)

    @property
    @override
    def head(self) -> nn.Linear | nn.Conv2d:
        return self.last

    @override
    def forward(self, boxes: Tensor) -> Output:
        x, maps = self.stem(boxes), []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        embedding = x.mean((2, 3))
        if isinstance(self.last, nn.Linear):
            return Output(self.last(self.dropout(embedding)), tuple(maps), embedding)
        coarse = self.last(self.dropout(x))
        fine = interpolate(coarse, scale_factor=8, mode="bilinear", align_corners=False)
        height, width = boxes.shape[2:]  # sides that are no multiple of 8 were rounded up
        return Output(fine[..., :height, :width], tuple(maps), embedding)


drn_d_14 = backbone("For segmenting images: one block a level.", DilatedResidualNetwork, 1, True)
drn_d_22 = backbone("For segmenting images: two blocks a level.", DilatedResidualNetwork, 2, True)
drn_d_14_pooled = backbone("drn-d-14 for classifying images.", DilatedResidualNetwork, 1, False)
drn_d_22_pooled = backbone("drn-d-22 for classifying images.", DilatedResidualNetwork, 2, False)
