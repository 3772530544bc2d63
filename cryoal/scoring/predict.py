"""The trained team looks at boxes: log-posteriors, embeddings and more, streamed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import log_softmax

from cryoal.errors import PoolError
from cryoal.feed.device import autocast
from cryoal.feed.loaders import as_batch, stream_boxes
from cryoal.feed.moves import apply_moves
from cryoal.models.dense import REDUCTIONS
from cryoal.progress import SILENT
from cryoal.scoring.at_once import keep_freed_memory
from cryoal.scoring.gradient_norm import gradient_norms
from cryoal.scoring.ready import Ready

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from cryoal.companions.base import Companion
    from cryoal.companions.team import Team
    from cryoal.data.box_source import BoxSource
    from cryoal.models.base import Output
    from cryoal.progress import Progress

__all__ = ["evaluating", "predict"]


@contextmanager
def evaluating(*networks: nn.Module) -> Iterator[None]:
    """Eval mode without gradients; afterwards every layer is in the mode in which it was."""
    before = [(layer, layer.training) for network in networks for layer in network.modules()]
    for network in networks:
        network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for layer, training in before:
            layer.training = training


def predict(
    team: Team,
    pool: BoxSource,
    index: NDArray[np.int64],
    fields: Iterable[str] = ("teacher_log_posterior",),
    *,
    device: torch.device | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
    ready: Ready | None = None,
    progress: Progress = SILENT,
) -> dict[str, NDArray[np.float32]]:
    """The named `fields` for boxes of the pool, in one pass; only the models needed are run.

    Parameters
    ----------
    team
        Neither weights nor running statistics nor modes are changed.
    index
        Positions in the pool, in any order. The pass goes in pool order, so that each box gets the
        same bits whatever the order asked for.
    fields
        Some of :data:`cryoal.scoring.of_team.TEACHER_FIELDS`, or what the companions give.
    device
        Default: that on which the teacher is.
    batch_size
        Default: that of :func:`cryoal.scoring.at_once.inputs_at_once`.
    ready
        Of this team and precision, for who looks many times; default: made for this look.

    Returns
    -------
    dict
        Each field ``(n, ...)`` float32, rows in the order of `index`; log-posteriors in nats.

    Raises
    ------
    PoolError
        There is no box, or a result is not finite; names the first.
    """
    wanted = sorted(set(fields))
    if not len(index):
        raise PoolError("expected at least one box to look at, found none")
    device = next(team.teacher.parameters()).device if device is None else device
    team.to(device)
    if device.type == "cpu":
        keep_freed_memory()
    shape = tuple(as_batch(pool, index[:1], torch.device("cpu")).shape[1:])
    ready, roles = ready or Ready(team, precision), _roles(team, wanted)
    looking = ready.of(roles, device, shape)
    if batch_size is None:
        batch_size = ready.inputs_at_once(roles, device, shape)
    ordered, places = np.unique(index, return_inverse=True)
    found: dict[str, list[Tensor]] = {field: [] for field in wanted}
    batches = progress.track(
        stream_boxes(pool, ordered, batch_size, device),
        "looking at boxes",
        total=-(-len(ordered) // batch_size),
        unit="batches",
    )
    with evaluating(*looking.models().values()):
        for boxes in batches:
            # of the very weights, not of copies into which others were folded
            norms = {n: gradient_norms(team.teacher, boxes) for n in wanted if n == "gradient_norm"}
            rest = [field for field in wanted if field not in norms]
            for field, values in (norms | _look(looking, boxes, rest, precision)).items():
                found[field].append(values.float().cpu())
    result = {field: torch.cat(parts).numpy() for field, parts in found.items()}
    for field, rows in result.items():
        bad = np.flatnonzero(~np.isfinite(rows.reshape(len(rows), -1)).all(axis=1))
        if len(bad):
            key = pool.keys[ordered[bad[:1]]][0]
            raise PoolError(f"expected a finite {field}, found {rows[bad[0]]} for {key!s}")
    return {field: rows[places] for field, rows in result.items()}


def _roles(team: Team, fields: list[str]) -> list[str]:
    """The models that :func:`_look` runs for `fields`."""
    told_by = {companion for companion in _tellers(team, fields).values() if companion is not None}
    roles = [role for role, companion in team.companions.items() if companion in told_by]
    return ["teacher", *roles] if _teacher_is_shown(team, fields) else roles


def _tellers(team: Team, fields: list[str]) -> dict[str, Companion | None]:
    """Who tells each field; None is the teacher."""
    told = {field.name: each for each in team.companions.values() for field in each.gives}
    return {field: told.get(field) for field in fields}


def _teacher_is_shown(team: Team, fields: list[str]) -> bool:
    told = _tellers(team, fields)
    return any(c is None or c.looks_at_teacher(field) for field, c in told.items())


def _look(team: Team, boxes: Tensor, fields: list[str], precision: str) -> dict[str, Tensor]:
    """The fields for one batch; posteriors in float32 (float16 softmax has log 0)."""
    values: dict[str, Tensor] = {}
    with autocast(precision, boxes.device):
        if _teacher_is_shown(team, fields):
            shown: Output | None = team.teacher(boxes)
            assert shown is not None
            values["embedding"] = shown.embedding
            for field in {"log_posterior", "teacher_log_posterior"}.intersection(fields):
                values[field] = log_softmax(shown.logits.float(), dim=1)
            for field in REDUCTIONS.keys() & fields:
                values[field] = REDUCTIONS[field](shown.logits)
            if "averaged_log_posterior" in fields:
                values["averaged_log_posterior"] = _averaged(team, boxes, shown.logits)
        else:
            shown = None
        for field, companion in _tellers(team, fields).items():
            if companion is not None:
                values[field] = companion.tell(field, boxes, shown)
    return {field: values[field] for field in fields}


def _averaged(team: Team, boxes: Tensor, unmoved: Tensor) -> Tensor:
    """The log of the teacher's mean posterior over the moves that it learnt with.

    `unmoved` are its logits of `boxes` as they are, the first move.
    """
    moves = np.ones((1, 3), np.int64) if team.moves is None else team.moves
    total = torch.zeros((), device=boxes.device)
    for signs in moves:
        logits = unmoved
        if (signs < 0).any():
            all_alike = np.broadcast_to(signs, (len(boxes), 3))
            moved = apply_moves(boxes, all_alike, np.zeros_like(all_alike))
            logits = team.teacher(moved).logits
        total = total + logits.float().softmax(dim=1) / len(moves)
    return total.clamp_min(torch.finfo(torch.float32).tiny).log()
