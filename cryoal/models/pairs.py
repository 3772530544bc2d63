"""A teacher and a student whose modules match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch

from cryoal.errors import PairMismatchError
from cryoal.models import BACKBONES
from cryoal.seeds import stream_seed

if TYPE_CHECKING:
    from cryoal.config import ModelConfig
    from cryoal.models.base import Backbone, Network

__all__ = ["Pair", "build_network", "build_pair"]


@dataclass(frozen=True)
class Pair:
    """The two models that learn together; the teacher is the one that classifies."""

    teacher: Network
    student: Network

    def __post_init__(self) -> None:
        if self.teacher.n_modules != self.student.n_modules:
            raise PairMismatchError(
                f"expected a student of {self.teacher.n_modules} modules like its teacher,"
                f" found {self.student.n_modules}"
            )

    def to(self, device: torch.device) -> Pair:
        """The same pair, moved to `device` in place."""
        self.teacher.to(device)
        self.student.to(device)
        return self


def build_network(backbone: str, *, width: int, stem: str, n_classes: int, seed: int) -> Network:
    """A network with weights that depend on `seed` alone; torch's own generator is left alone.

    Raises
    ------
    UnknownNameError
        No such backbone; the message gives the nearest.
    """
    build = cast("Backbone", BACKBONES.load(backbone))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return build(width=width, stem=stem, n_classes=n_classes)


def build_pair(model: ModelConfig, n_classes: int, seed: int) -> Pair:
    """A new pair on the CPU, the same for the same seed.

    Raises
    ------
    PairMismatchError
        Teacher and student have different numbers of modules.
    UnknownNameError
        No such backbone.
    """
    teacher, student = (
        build_network(
            backbone,
            width=model.width,
            stem=model.stem,
            n_classes=n_classes,
            seed=stream_seed(seed, role),
        )
        for role, backbone in (("teacher", model.teacher), ("student", model.student))
    )
    return Pair(teacher, student)
