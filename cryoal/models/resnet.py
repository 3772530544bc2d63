"""3-D residual networks: MONAI's, with every stage given out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monai.networks.nets.resnet import ResNet
from typing_extensions import override

from cryoal.errors import ConfigError
from cryoal.models.base import Network, Output

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ResidualNetwork", "resnet10", "resnet18"]

# kernel, stride and max-pooling of the stem; side of the four maps of a 32^3 box
_STEMS = {
    "pool": (7, 1, True),  # 16, 8, 4, 2: MONAI's own
    "cifar": (3, 1, False),  # 32, 16, 8, 4: "suited for 32 x 32 images" (Sec. IV-A); 8x the work
    "stride": (3, 2, False),  # 16, 8, 4, 2 for four fifths of the work of "pool"
}


class ResidualNetwork(Network):
    """A MONAI ``ResNet`` of four stages, each a module of eq. 1.

    Parameters
    ----------
    blocks
        Residual blocks in each of the four stages.
    width
        Channels of the first stage; each next one has twice as many.
    stem
        ``"pool"``, ``"cifar"`` or ``"stride"``.
    n_classes
        Number of logits.

    Notes
    -----
    Shortcuts are 1^3 convolutions (MONAI's type "B"): its type "A" stops the gradient.
    """

    n_modules = 4

    def __init__(self, blocks: list[int], *, width: int, stem: str, n_classes: int) -> None:
        super().__init__()
        if stem not in _STEMS:
            raise ConfigError(f"expected model.stem one of {', '.join(_STEMS)}, found {stem!r}")
        kernel, stride, pool = _STEMS[stem]
        self.net = ResNet(
            block="basic",
            layers=blocks,
            block_inplanes=[width, 2 * width, 4 * width, 8 * width],
            n_input_channels=1,
            conv1_t_size=kernel,
            conv1_t_stride=stride,
            no_max_pool=not pool,
            bias_downsample=False,  # batch norm follows
            num_classes=n_classes,
        )
        self.pools = pool

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
        return Output(net.fc(embedding), tuple(maps), embedding)


def resnet10(*, width: int, stem: str, n_classes: int) -> Network:
    """One block a stage: the paper's student."""
    return ResidualNetwork([1, 1, 1, 1], width=width, stem=stem, n_classes=n_classes)


def resnet18(*, width: int, stem: str, n_classes: int) -> Network:
    """Two blocks a stage: the paper's teacher."""
    return ResidualNetwork([2, 2, 2, 2], width=width, stem=stem, n_classes=n_classes)
