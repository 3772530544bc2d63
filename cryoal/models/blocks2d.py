"""What 2-D families are made of."""

from __future__ import annotations

from torch import nn

__all__ = ["convolution", "draw_weights"]


def convolution(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    *,
    stride: int = 1,
    dilation: int = 1,
    bias: bool = False,
    relu: bool = True,
) -> nn.Sequential:
    """A convolution that keeps the size (but for `stride`), its batch norm, and a ReLU."""
    padding = dilation * (kernel // 2)
    layers: list[nn.Module] = [
        nn.Conv2d(
            inputs, outputs, kernel, stride=stride, padding=padding, dilation=dilation, bias=bias
        ),
        nn.BatchNorm2d(outputs),
    ]
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def draw_weights(network: nn.Module) -> None:
    """He's normal weights (fan out) for convolutions; every bias 0, batch norms 1 and 0.

    The head keeps torch's own weights: He's are meant for layers before a ReLU.
    """
    head = getattr(network, "head", None)
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module is not head:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        bias = getattr(module, "bias", None)
        if isinstance(bias, nn.Parameter):
            nn.init.zeros_(bias)
