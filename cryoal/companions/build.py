"""A teacher with the companions that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cryoal.companions import COMPANIONS
from cryoal.companions.team import Team
from cryoal.feed.moves import allowed_moves
from cryoal.models.build import build_network
from cryoal.seeds import stream_seed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryoal.companions.base import Companion
    from cryoal.config import Config

__all__ = ["build_team", "companion_class"]


def companion_class(name: str) -> type[Companion]:
    """The class of that name in :data:`cryoal.companions.COMPANIONS`.

    Raises
    ------
    UnknownNameError
        No such companion; the message gives the nearest.
    """
    return cast("type[Companion]", COMPANIONS.load(name))


def build_team(
    config: Config,
    companions: Iterable[str] = ("student",),
    *,
    seed: int,
    dropout: float = 0.0,
    shape: tuple[int, ...] | None = None,
) -> Team:
    """New models on the CPU; each one's weights depend on `seed` and on nothing else.

    Parameters
    ----------
    companions
        Names of :data:`cryoal.companions.COMPANIONS`.
    dropout
        What the strategy asks of the teacher's last layer, where ``model.dropout`` is less.
    shape
        Of one input, ``(channels, ...)``; by default that of a box.

    Raises
    ------
    PairMismatchError
        Teacher and student have different numbers of modules.
    UnknownNameError
        No such backbone or companion.
    """
    model = config.model
    shape = shape or (model.channels, *(config.pool.box,) * 3)
    teacher = build_network(
        model.teacher,
        width=model.width,
        stem=model.stem,
        n_classes=len(config.classes),
        channels=model.channels,
        dropout=max(dropout, model.dropout),
        seed=stream_seed(seed, "teacher"),
    )
    found: dict[str, Companion] = {}
    for name in sorted(set(companions)):
        found[name] = companion_class(name).build(teacher, config, shape, stream_seed(seed, name))
    moves = allowed_moves(config.augment) if len(shape) == 4 else None
    return Team(teacher, found, moves)
