"""Batch norm over a batch of which several processes see a part each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from cryoal.training.company import Company

__all__ = ["NormTogether", "together"]


@contextmanager
def together(models: Sequence[nn.Module], company: Company) -> Iterator[None]:
    """Let every batch norm in `models` see the whole batch while this lasts.

    On GPUs by :class:`torch.nn.SyncBatchNorm`, which refuses tensors of the CPU; there by
    :class:`NormTogether`. Weights and running statistics stay those of the layers that were there,
    which are put back in the end. Of one process nothing changes.
    """
    if company.size == 1:
        yield
        return
    replaced = [
        (parent, name, layer)
        for model in models
        for parent in model.modules()
        for name, layer in parent.named_children()
        if isinstance(layer, nn.modules.batchnorm._BatchNorm)
    ]
    for parent, name, layer in replaced:
        setattr(parent, name, _converted(layer, company))
    try:
        yield
    finally:
        for parent, name, layer in replaced:
            layer.train(getattr(parent, name).training)
            setattr(parent, name, layer)


def _converted(layer: nn.modules.batchnorm._BatchNorm, company: Company) -> nn.Module:
    if next(layer.buffers()).is_cuda:
        found: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(layer)  # type: ignore[no-untyped-call]
        return found
    return NormTogether(layer, company)


class NormTogether(nn.modules.batchnorm._BatchNorm):
    """A batch norm with the weights and running statistics of `layer`, over the whole batch.

    Mean and variance come from two sums over all processes, in float32, the second of squares of
    what is left when the mean is taken away. Gradients go back the same way: they are those of the
    sum of all processes' losses.
    """

    def __init__(self, layer: nn.modules.batchnorm._BatchNorm, company: Company) -> None:
        super().__init__(layer.num_features, layer.eps, layer.momentum, affine=False)
        self.weight, self.bias = layer.weight, layer.bias
        for name, buffer in layer.named_buffers():
            self.register_buffer(name, buffer)
        self.company = company
        self.training = layer.training

    @override
    def _check_input_dim(self, input: Tensor) -> None:
        del input

    @override
    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        x = input.float()
        dims = [0, *range(2, x.ndim)]
        shape = [1, -1, *(1 for _ in dims[1:])]
        count = torch.tensor([x.numel() / x.shape[1]], device=x.device)
        sums = _sum(self.company, torch.cat([x.sum(dims), count]))
        n, mean = sums[-1].detach(), sums[:-1] / sums[-1].detach()
        rest = x - mean.view(shape)
        variance = _sum(self.company, rest.square().sum(dims)) / n
        self._remember(mean.detach(), variance.detach() * n / (n - 1))
        out = rest * (variance + self.eps).rsqrt().view(shape)
        if self.weight is not None:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return out.to(input.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Running statistics, as torch keeps them: the variance as that of a sample."""
        assert self.num_batches_tracked is not None
        assert self.running_mean is not None
        assert self.running_var is not None
        self.num_batches_tracked.add_(1)
        share = self.momentum
        if share is None:  # torch's word for a plain mean
            share = 1.0 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


class _Sum(torch.autograd.Function):
    """A sum over processes; what it is used for in each of them has a share in the gradient."""

    @staticmethod
    def forward(ctx: Any, company: Company, value: Tensor) -> Tensor:
        ctx.company = company
        return company.sum(value.clone())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        return None, ctx.company.sum(gradients[0].clone())


def _sum(company: Company, value: Tensor) -> Tensor:
    found: Tensor = _Sum.apply(company, value)  # type: ignore[no-untyped-call]
    return found
