"""Small teams for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.companions.build import build_team
from cryoal.companions.student import Student
from cryoal.config import Config, ModelConfig

if TYPE_CHECKING:
    from cryoal.companions.team import Team
    from cryoal.models.base import Network

__all__ = ["make_team", "student_of"]


def make_team(model: ModelConfig, n_classes: int, seed: int = 0) -> Team:
    """Teacher and student for so many classes."""
    classes = tuple(f"class {i}" for i in range(n_classes))
    return build_team(Config(classes=classes, model=model), seed=seed)


def student_of(team: Team) -> Network:
    """The student's network."""
    student = team.companions["student"]
    assert isinstance(student, Student)
    return student.network
