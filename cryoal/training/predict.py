"""The trained pair looks at boxes: log-posteriors and embeddings, streamed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import log_softmax

from cryoal.errors import PoolError
from cryoal.progress import SILENT
from cryoal.training.device import autocast
from cryoal.training.loaders import stream_boxes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from cryoal.models.pairs import Pair
    from cryoal.progress import Progress
    from cryoal.training.loaders import BoxSource

__all__ = ["evaluating", "predict"]

FIELDS = ("teacher_log_posterior", "student_log_posterior", "embedding")
"""What one pass over the boxes can give; the embedding is the teacher's."""


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
    pair: Pair,
    pool: BoxSource,
    index: NDArray[np.int64],
    fields: Iterable[str] = FIELDS[:2],
    *,
    device: torch.device | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: Progress = SILENT,
) -> dict[str, NDArray[np.float32]]:
    """The named `fields` for boxes of the pool, in one pass; only the models needed are run.

    Parameters
    ----------
    pair
        Neither its weights nor its running statistics nor its modes are changed.
    index
        Positions in the pool, in any order. The pass goes in pool order, so that each box gets the
        same bits whatever the order asked for.
    fields
        Some of :data:`FIELDS`.
    device
        Default: that on which the teacher is.
    batch_size
        Default: 128 boxes of up to 32^3, fewer of larger ones, as many voxels at a time.

    Returns
    -------
    dict
        Each field ``(n, classes)`` or ``(n, features)`` float32, rows in the order of `index`;
        log-posteriors in nats.

    Raises
    ------
    PoolError
        There is no box, or a result is not finite; names the first.
    """
    wanted = [field for field in FIELDS if field in set(fields)]
    if not len(index):
        raise PoolError("expected at least one box to look at, found none")
    device = next(pair.teacher.parameters()).device if device is None else device
    pair.to(device)
    if batch_size is None:
        side = pool.read_normalised(index[:1]).shape[-1]
        batch_size = max(1, min(128, 128 * 32**3 // side**3))
    ordered, places = np.unique(index, return_inverse=True)
    found: dict[str, list[Tensor]] = {field: [] for field in wanted}
    batches = progress.track(
        stream_boxes(pool, ordered, batch_size, device),
        "looking at boxes",
        total=-(-len(ordered) // batch_size),
        unit="batches",
    )
    with evaluating(pair.teacher, pair.student):
        for boxes in batches:
            with autocast(precision, device):
                for field, values in _look(pair, boxes, wanted).items():
                    found[field].append(values.float().cpu())
    result = {field: torch.cat(parts).numpy() for field, parts in found.items()}
    for field, rows in result.items():
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(bad):
            key = pool.keys[ordered[bad[:1]]][0]
            raise PoolError(f"expected a finite {field}, found {rows[bad[0]]} for {key!s}")
    return {field: rows[places] for field, rows in result.items()}


def _look(pair: Pair, boxes: Tensor, fields: list[str]) -> dict[str, Tensor]:
    """The fields for one batch; posteriors in float32 (float16 softmax has log 0)."""
    values: dict[str, Tensor] = {}
    if "teacher_log_posterior" in fields or "embedding" in fields:
        shown = pair.teacher(boxes)
        values["teacher_log_posterior"] = log_softmax(shown.logits.float(), dim=1)
        values["embedding"] = shown.embedding
    if "student_log_posterior" in fields:
        values["student_log_posterior"] = log_softmax(pair.student(boxes).logits.float(), dim=1)
    return {field: values[field] for field in fields}
