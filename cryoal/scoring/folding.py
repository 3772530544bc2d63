"""Batch norm put into the convolution before it: less arithmetic, the same function."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils.fusion import fuse_conv_bn_eval

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fold_batch_norm"]

_RESIDUAL = "monai.networks.nets.resnet"
"""The module whose blocks and networks run conv1, bn1, conv2, bn2 ... one after the other."""


def fold_batch_norm(network: nn.Module) -> int:
    """Fold `network`, in eval mode, in place; how many batch norms went into a convolution.

    Running statistics, weight and bias of a batch norm become part of the weights and the bias of
    the convolution whose output it alone takes; in its place is nothing. Others stay: those before
    a convolution (dense networks), and those of modules of which it is not known in which order
    they run. Only neighbours in a ``Sequential`` and MONAI's residual blocks are known.
    """
    folded = 0
    for module in list(network.modules()):
        for convolution, norm in _neighbours(module):
            one, other = getattr(module, convolution), getattr(module, norm)
            if not isinstance(one, _ConvNd) or not isinstance(other, _BatchNorm):
                continue
            if other.training or other.running_mean is None or one.transposed:
                continue
            setattr(module, convolution, fuse_conv_bn_eval(one, other))
            setattr(module, norm, nn.Identity().eval())
            folded += 1
    return folded


def _neighbours(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Names of two children of which the second takes what the first gives, and nobody else."""
    names = [name for name, _ in module.named_children()]
    if isinstance(module, nn.Sequential):
        yield from pairwise(names)
    elif type(module).__module__ == _RESIDUAL:
        for name in names:
            norm = name.replace("conv", "bn")
            if name.startswith("conv") and norm in names:
                yield name, norm
