"""Steps down a loss: gradient descent with momentum, Adam and AdamW, for processors.

Those of ``torch.optim``, to the bit, with the few of their names that are used here. Any step of
theirs imports torch's compiler first: 1.2 s and 144 MB, nearly as much again as torch itself. On a
GPU they are taken all the same: they move all weights in a few launches.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from types import ModuleType

    from torch import Tensor

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "optimizers"]


class Optimizer(Protocol):
    """What training asks of those of torch and of those that are here."""

    param_groups: list[dict[str, Any]]
    """One here, whose ``"lr"`` is the size of a step and whose ``"params"`` are the weights."""

    @property
    def state(self) -> MutableMapping[Any, Any]:
        """By weight: what is remembered of the steps before, by the name that torch gives it."""

    def zero_grad(self) -> None:
        """Forget the gradients."""

    def step(self) -> object:
        """Move each weight that has a gradient."""

    def state_dict(self) -> dict[str, Any]:
        """What is remembered of each weight, by its number, and the rate; no copies."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take what :meth:`state_dict` gave."""


def optimizers(device: torch.device) -> ModuleType:
    """Where ``SGD``, ``Adam`` and ``AdamW`` are that are meant for `device`."""
    return sys.modules[__name__] if device.type == "cpu" else torch.optim


class _Steps(ABC):
    """Moves weights against their gradients, one after the other."""

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float) -> None:
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), "lr": rate}]
        self.state: defaultdict[nn.Parameter, dict[str, Tensor]] = defaultdict(dict)

    def zero_grad(self) -> None:
        for weight in self._weights():
            weight.grad = None

    def step(self) -> None:
        (group,) = self.param_groups
        with torch.no_grad():
            for weight in self._weights():
                if weight.grad is not None:
                    self._move(weight, weight.grad, self.state[weight], group["lr"])

    def state_dict(self) -> dict[str, Any]:
        numbers = {weight: number for number, weight in enumerate(self._weights())}
        state = {numbers[weight]: dict(memory) for weight, memory in self.state.items()}
        return {"state": state, "lr": self.param_groups[0]["lr"]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        weights = self._weights()
        found = {weights[number]: dict(memory) for number, memory in state_dict["state"].items()}
        self.state = defaultdict(dict, found)
        self.param_groups[0]["lr"] = state_dict["lr"]

    def _weights(self) -> list[nn.Parameter]:
        weights: list[nn.Parameter] = self.param_groups[0]["params"]
        return weights

    @abstractmethod
    def _move(
        self, weight: nn.Parameter, gradient: Tensor, memory: dict[str, Tensor], rate: float
    ) -> None:
        """Move one weight in place."""


class SGD(_Steps):
    """Stochastic gradient descent: a step along the gradient and the last steps.

    Parameters
    ----------
    momentum
        Share of the last step that is taken again.
    weight_decay
        L2 penalty: as much of the weight is added to its gradient.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.momentum, self.weight_decay = momentum, weight_decay

    @override
    def _move(
        self, weight: nn.Parameter, gradient: Tensor, memory: dict[str, Tensor], rate: float
    ) -> None:
        if self.weight_decay:
            gradient = gradient.add(weight, alpha=self.weight_decay)
        if self.momentum:
            last = memory.get("momentum_buffer")
            if last is None:
                memory["momentum_buffer"] = gradient.clone()
            else:
                last.mul_(self.momentum).add_(gradient)
            gradient = memory["momentum_buffer"]
        weight.add_(gradient, alpha=-rate)


class Adam(_Steps):
    """A step along the mean gradient, divided by the root of the mean square (Kingma and Ba, 2015).

    Parameters
    ----------
    weight_decay
        L2 penalty: as much of the weight is added to its gradient.
    """

    betas = 0.9, 0.999
    eps = 1e-8

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, lr: float, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr)
        self.weight_decay = weight_decay

    @override
    def _move(
        self, weight: nn.Parameter, gradient: Tensor, memory: dict[str, Tensor], rate: float
    ) -> None:
        gradient = self._decayed(weight, gradient, rate)
        if not memory:
            memory["step"] = torch.zeros(())  # counted on the CPU
            memory["exp_avg"] = torch.zeros_like(weight)
            memory["exp_avg_sq"] = torch.zeros_like(weight)
        memory["step"] += 1
        step, (first, second) = memory["step"].item(), self.betas
        mean, square = memory["exp_avg"], memory["exp_avg_sq"]
        mean.lerp_(gradient, 1 - first)
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        root = (square.sqrt() / (1 - second**step) ** 0.5).add_(self.eps)
        weight.addcdiv_(mean, root, value=-(rate / (1 - first**step)))

    def _decayed(self, weight: nn.Parameter, gradient: Tensor, rate: float) -> Tensor:
        del rate
        return gradient.add(weight, alpha=self.weight_decay) if self.weight_decay else gradient


class AdamW(Adam):
    """Adam whose weights decay by themselves (Loshchilov and Hutter, 2019).

    Parameters
    ----------
    weight_decay
        Share of a weight that is taken off in each step, times the rate.
    """

    @override
    def _decayed(self, weight: nn.Parameter, gradient: Tensor, rate: float) -> Tensor:
        weight.mul_(1 - rate * self.weight_decay)
        return gradient
