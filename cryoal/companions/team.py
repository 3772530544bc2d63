"""The teacher, and the companions that learn beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import nn

    from cryoal.companions.base import Companion
    from cryoal.models.base import Network

__all__ = ["Team"]


@dataclass(frozen=True)
class Team:
    """The models of one cycle; the teacher is the one that classifies."""

    teacher: Network
    companions: Mapping[str, Companion]
    """By their names, in the order of the names."""
    moves: NDArray[np.int64] | None = None
    """``(moves, 3)`` signs of z, y, x with which the teacher learnt; None for images."""

    def to(self, device: torch.device) -> Team:
        """The same models, moved to `device` in place."""
        for model in self.models().values():
            model.to(device)
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Models on the processor: where a team is sent there may be no other device."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        if next(self.teacher.parameters()).device.type == "cpu":
            return fields
        from copy import deepcopy

        models = {role: deepcopy(model).cpu() for role, model in self.models().items()}
        return {**fields, "teacher": models.pop("teacher"), "companions": models}

    def models(self) -> dict[str, nn.Module]:
        """All of them by role: ``teacher``, then the names of the companions."""
        return {"teacher": self.teacher, **self.companions}

    def train(self, mode: bool = True) -> None:
        """Put all models into train mode, or eval mode."""
        for model in self.models().values():
            model.train(mode)
