"""How far one box would move the weights, if the class were drawn from the teacher's posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.func import functional_call, grad, vmap
from torch.nn.functional import log_softmax

if TYPE_CHECKING:
    from torch import Tensor

    from cryoal.models.base import Network

__all__ = ["gradient_norms"]

KEPT_BYTES = 256 << 20  # of gradients of single boxes at a time
MOST = 32  # boxes at a time, however small the network


def gradient_norms(network: Network, boxes: Tensor) -> Tensor:
    """Norms of the gradient of the expected loss, summed over the parameters, for each box.

    The score of active learning by gradient norm (Wang et al., 2022): the sum over parameter
    tensors w_k of ``|| d L / d w_k ||_2``, where L is the entropy of the posterior p of the box.

    Parameters
    ----------
    network
        Looked at in eval mode; its weights, running statistics, gradients and modes stay as they
        are.
    boxes
        ``(n, channels, ...)``, on the device of the network.

    Returns
    -------
    Tensor
        ``(n,)`` in the dtype of the boxes, nats per unit of the weights. For a dense network,
        of the mean entropy of all places.

    Notes
    -----
    The two schemes of the public code, "expected loss" and "entropy", are this one function: the
    expected loss ``sum_i p_i (-log p_i)`` is the entropy, and there p is not detached. With p
    detached its gradient would be ``p - p = 0`` at the logits, for every box.

    One gradient for each box is computed at once, as many boxes at a time as keep these gradients
    (number of parameters x boxes) within 256 MiB, and one at least; that code runs one backward
    pass for each box.
    """
    with torch.inference_mode(False):
        boxes = boxes.clone()  # tensors of inference mode cannot be differentiated through
        weights = {name: value.detach() for name, value in network.named_parameters()}
        buffers = dict(network.named_buffers())

        def entropy(weights: dict[str, Tensor], box: Tensor) -> Tensor:
            output = functional_call(network, {**weights, **buffers}, (box[None],))
            log_p = log_softmax(output.logits, dim=1)
            return -(log_p.exp() * log_p).sum(dim=1).mean()

        each = vmap(grad(entropy), in_dims=(None, 0))
        size = sum(value.numel() * value.element_size() for value in weights.values())
        at_once = max(1, min(MOST, KEPT_BYTES // size))
        before = [(layer, layer.training) for layer in network.modules()]
        network.eval()
        try:
            return torch.cat(
                [
                    torch.stack([g.flatten(1).norm(dim=1) for g in each(weights, part).values()])
                    .sum(dim=0)
                    .detach()
                    for part in torch.split(boxes, at_once)
                ]
            )
        finally:
            for layer, training in before:
                layer.training = training
