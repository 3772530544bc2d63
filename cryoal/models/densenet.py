"""Densely connected networks for boxes: MONAI's, with every block given out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn.functional import adaptive_avg_pool3d
from typing_extensions import override

from cryoal.models.base import Network, Output, backbone, chosen_stem
from cryoal.models.by_need import import_by_need

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

__all__ = ["DenseNetwork", "densenet63", "densenet121"]

DenseNet = import_by_need("monai.networks.nets.densenet").DenseNet

# kernel, stride and max-pooling of the stem; side of the four maps of a 32^3 box. MONAI's own (7^3
# by 2, then max-pooling) would leave 8, 4, 2, 1: a map of one voxel says nothing in eq. 1.
_STEMS = {
    "pool": (7, 1, True),  # 16, 8, 4, 2
    "cifar": (3, 1, False),  # 32, 16, 8, 4
    "stride": (3, 2, False),  # 16, 8, 4, 2
}


class _Halve(nn.Module):
    """Means over 2^3 voxels; odd sides are rounded up, where MONAI's pooling drops the last."""

    @override
    def forward(self, x: Tensor) -> Tensor:
        d, h, w = ((side + 1) // 2 for side in x.shape[2:])
        return adaptive_avg_pool3d(x, (d, h, w))


class DenseNetwork(Network):
    """A MONAI ``DenseNet`` of four dense blocks, each a module of eq. 1 (Huang et al., 2017).

    Parameters
    ----------
    layers
        Dense layers in each of the four blocks.
    width
        Channels of the stem; each dense layer adds half as many (64 and 32 as published).
    stem
        ``"pool"``, ``"cifar"`` or ``"stride"``, as for the residual networks.
    n_classes
        Number of logits.
    channels
        Of the input.
    dropout
        Chance with which, in train mode, the last layer does not see a feature.

    Notes
    -----
    A map is what the last layer of a block hands on, before the batch norm that comes next.
    Odd sides are rounded up between blocks, as in the residual networks: boxes of 8^3 pass.
    """

    n_modules = 4

    def __init__(
        self,
        layers: Sequence[int],
        *,
        width: int,
        stem: str,
        n_classes: int,
        channels: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        kernel, stride, pool = chosen_stem(stem, _STEMS, "3-D dense networks")
        self.net = DenseNet(
            spatial_dims=3,
            in_channels=channels,
            out_channels=n_classes,
            init_features=width,
            growth_rate=max(1, width // 2),
            block_config=layers,
        )
        features = self.net.features
        features.conv0 = nn.Conv3d(
            channels, width, kernel, stride=stride, padding=kernel // 2, bias=False
        )
        nn.init.kaiming_normal_(features.conv0.weight)  # as MONAI's
        if not pool:
            features.pool0 = nn.Identity()
        for name, step in features.named_children():
            if name.startswith("transition"):
                step.pool = _Halve()
        self.dropout = nn.Dropout(dropout)

    @property
    @override
    def head(self) -> nn.Linear:
        head = self.net.class_layers.out
        assert isinstance(head, nn.Linear)
        return head

    @override
    def forward(self, boxes: Tensor) -> Output:
        x, maps = boxes, []
        for name, step in self.net.features.named_children():
            x = step(x)
            if name.startswith("denseblock"):
                maps.append(x)
        embedding = x.relu().mean((2, 3, 4))
        return Output(self.head(self.dropout(embedding)), tuple(maps), embedding)


densenet121 = backbone("58 dense layers in four blocks.", DenseNetwork, (6, 12, 24, 16))
densenet63 = backbone(
    "Half of densenet121's layers in each block: its student.", DenseNetwork, (3, 6, 12, 8)
)
