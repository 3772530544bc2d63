"""Residual networks for boxes and for images: MONAI's, with every stage given out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from typing_extensions import override

from cryoal.models.base import Network, Output, backbone, chosen_stem
from cryoal.models.by_need import import_by_need

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = [
    "ResidualNetwork",
    "resnet10",
    "resnet10_2d",
    "resnet18",
    "resnet18_2d",
    "resnet34",
    "resnet34_2d",
    "resnet50",
    "resnet50_2d",
]

ResNet = import_by_need("monai.networks.nets.resnet").ResNet

# kernel, stride and max-pooling of the stem
_STEMS = {
    3: {  # side of the four maps of a 32^3 box
        "pool": (7, 1, True),  # 16, 8, 4, 2: MONAI's own
        "cifar": (3, 1, False),  # 32, 16, 8, 4: "suited for 32 x 32 images" (Sec. IV-A)
        "stride": (3, 2, False),  # 16, 8, 4, 2 for four fifths of the work of "pool"
    },
    2: {
        "cifar": (3, 1, False),  # 32, 16, 8, 4 of a 32 x 32 image
        "imagenet": (7, 2, True),  # 56, 28, 14, 7 of a 224 x 224 image (He et al., 2016)
    },
}


class ResidualNetwork(Network):
    """A MONAI ``ResNet`` of four stages, each a module of eq. 1.

    Parameters
    ----------
    blocks
        Residual blocks in each of the four stages.
    block
        ``"basic"`` (two convolutions) or ``"bottleneck"`` (three, and four times the channels out).
    dimensions
        3 for boxes, 2 for images.
    width
        Channels of the first stage; each next one has twice as many.
    stem
        ``"pool"``, ``"cifar"`` or ``"stride"`` for boxes, ``"cifar"`` or ``"imagenet"`` for images.
    n_classes
        Number of logits.
    channels
        Of the input.
    dropout
        Chance with which, in train mode, the last layer does not see a feature.

    Notes
    -----
    Shortcuts are convolutions of side 1 (MONAI's type "B"): its type "A" stops the gradient.
    """

    n_modules = 4

    def __init__(
        self,
        blocks: Sequence[int],
        block: str = "basic",
        dimensions: int = 3,
        *,
        width: int,
        stem: str,
        n_classes: int,
        channels: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        family = f"{dimensions}-D residual networks"
        kernel, stride, pool = chosen_stem(stem, _STEMS[dimensions], family)
        self.net = ResNet(
            block=block,
            layers=list(blocks),
            block_inplanes=[width, 2 * width, 4 * width, 8 * width],
            spatial_dims=dimensions,
            n_input_channels=channels,
            conv1_t_size=kernel,
            conv1_t_stride=stride,
            no_max_pool=not pool,
            bias_downsample=False,  # batch norm follows
            num_classes=n_classes,
        )
        self.pools = pool
        self.dropout = nn.Dropout(dropout)

    @property
    @override
    def head(self) -> nn.Linear:
        head = self.net.fc
        assert isinstance(head, nn.Linear)
        return head

    @override
    def forward(self, boxes: Tensor) -> Output:
        net = self.net
        x = net.act(net.bn1(net.conv1(boxes)))
        if self.pools:
            x = net.maxpool(x)
        maps = []
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            x = stage(x)
            maps.append(x)
        embedding = net.avgpool(x).flatten(start_dim=1)
        return Output(self.head(self.dropout(embedding)), tuple(maps), embedding)


resnet10 = backbone(
    "One block a stage: the paper's student.", ResidualNetwork, (1, 1, 1, 1), "basic", 3
)
resnet18 = backbone(
    "Two blocks a stage: the paper's teacher.", ResidualNetwork, (2, 2, 2, 2), "basic", 3
)
resnet34 = backbone("16 blocks of two convolutions.", ResidualNetwork, (3, 4, 6, 3), "basic", 3)
resnet50 = backbone(
    "16 blocks of three convolutions.", ResidualNetwork, (3, 4, 6, 3), "bottleneck", 3
)
resnet10_2d = backbone("For images: one block a stage.", ResidualNetwork, (1, 1, 1, 1), "basic", 2)
resnet18_2d = backbone("For images: two blocks a stage.", ResidualNetwork, (2, 2, 2, 2), "basic", 2)
resnet34_2d = backbone(
    "For images: 16 blocks of two convolutions.", ResidualNetwork, (3, 4, 6, 3), "basic", 2
)
resnet50_2d = backbone(
    "For images: 16 blocks of three convolutions.", ResidualNetwork, (3, 4, 6, 3), "bottleneck", 2
)
