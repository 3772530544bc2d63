"""The steps of self-supervision on a campaign's own boxes, visible, and able to go on."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from cryoal.descriptors.crop import fourier_crop, smallest_side
from cryoal.errors import ConfigError, DivergedError, FileFormatError
from cryoal.feed.device import choose_device
from cryoal.feed.loaders import TrainingBoxes
from cryoal.feed.moves import allowed_moves
from cryoal.losses.descent import optimizers
from cryoal.models.build import build_network, seeded
from cryoal.pretrain import METHODS
from cryoal.pretrain.embed import EMBEDDING_VERSION
from cryoal.pretrain.pretrained import Pretrained, read_pretrained, write_pretrained
from cryoal.pretrain.unfinished import keep, resume
from cryoal.progress import SILENT
from cryoal.records import digest
from cryoal.seeds import stream, stream_seed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.config import Config
    from cryoal.data.box_source import BoxSource
    from cryoal.pretrain.base import Method
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["FEWEST", "n_steps", "pretrain", "rate_at"]

FEWEST = 64
"""Boxes below which nothing is learned: views of a few tell them apart, and nothing else."""
FEW_THOUSAND, MOST_TIMES = 1_000, 8
WARM_UP = 20
WEIGHT_DECAY = 1e-4


def pretrain(
    pool: BoxSource,
    index: NDArray[np.int64],
    config: Config,
    *,
    seed: int,
    folder: Path,
    device: torch.device | None = None,
    checkpoint_seconds: float = 30.0,
    progress: Progress = SILENT,
) -> Pretrained | None:
    """Let an encoder of the student's kind learn from boxes without labels.

    Boxes that were low-passed are cropped in Fourier space first, where a smaller side keeps 97 %
    of the variance of some of them.

    Parameters
    ----------
    pool, index
        Which boxes, by position in the pool, in any order.
    config
        ``pretrain`` says how, ``model`` what learns, ``augment`` which moves leave a class.
    seed
        Decides the weights at the start, the boxes of each step and their views.
    folder
        Gets ``unfinished.safetensors`` every `checkpoint_seconds`, and at the end
        ``encoder.safetensors`` and ``made_from.json`` in its place. What is there of the same
        boxes, settings and seed is gone on with, or given back: to the same bits on the CPU with
        the same number of threads as if it had never stopped. What is of others, or damaged, is
        made anew.
    device
        Default: that of ``config.device``.

    Returns
    -------
    Pretrained or None
        None where ``pretrain.method`` is "none", and, told in a line, where there are fewer than
        :data:`FEWEST` boxes.

    Raises
    ------
    ConfigError
        A pool of images.
    DivergedError
        The loss, or a weight, became infinite or NaN.
    """
    settings = config.pretrain
    if settings.method == "none":
        return None
    if hasattr(pool, "channels"):
        raise ConfigError(
            f'expected pretrain.method = "none" for images, found {settings.method!r}'
        )
    if len(index) < FEWEST:
        progress.say(f"no pretraining: expected at least {FEWEST} boxes, found {len(index)}")
        return None
    index = np.sort(index)
    device = choose_device(config.device) if device is None else device
    seen = stream(seed, "side").choice(len(index), FEWEST, replace=False)
    some = torch.from_numpy(pool.read_normalised(index[np.sort(seen)]))
    box, side = some.shape[-1], smallest_side(some)
    made_from = _made_from(pool, index, config, seed, {"box": box, "side": side})
    identity = str(made_from["identity"])
    done = _done(folder, identity, progress)
    if done is not None:
        done.encoder.to(device)
        return done

    method = _start(config, side, seed).to(device).train()
    optimizer = optimizers(device).AdamW(
        method.parameters(), lr=settings.learning_rate, weight_decay=WEIGHT_DECAY
    )
    unfinished = folder / "unfinished.safetensors"
    losses = resume(unfinished, identity, method, optimizer, progress)
    steps = n_steps(len(index), settings.steps)
    if not losses:
        progress.say(
            f"an encoder learns from {len(index)} boxes without labels, {steps} steps, once; "
            'it can take minutes (pretrain.method = "none" leaves it out)'
        )
    boxes = TrainingBoxes(pool, index, device)
    batch = min(settings.batch_size, len(index))
    parts = [
        np.sort(stream(seed, "boxes", k).choice(len(index), batch, replace=False))
        for k in range(len(losses), steps)
    ]
    kept = time.monotonic()
    numbers = progress.track(range(len(losses), steps), "pretraining", unit="steps")
    for number, shown in zip(numbers, boxes.in_order(parts), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(number, steps, settings.learning_rate)
        cropped = fourier_crop(shown[:, 0], side)[:, None]
        loss = method.loss(cropped, stream(seed, "views", number))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise DivergedError(
                f"expected a finite loss in step {number + 1} of {steps} of pretraining,"
                f" found {losses[-1]}: lower pretrain.learning_rate"
            )
        if time.monotonic() - kept >= checkpoint_seconds:
            keep(unfinished, identity, method, optimizer, losses)
            kept = time.monotonic()
    if not all(value.isfinite().all() for value in method.encoder.state_dict().values()):
        raise DivergedError(
            "expected finite weights after pretraining, found others: lower pretrain.learning_rate"
        )
    made_from["loss"] = round(float(np.mean(losses[-50:])), 4)
    pretrained = Pretrained(method.encoder.eval(), made_from)
    write_pretrained(folder, pretrained)
    unfinished.unlink(missing_ok=True)
    return pretrained


def n_steps(n_boxes: int, steps: int) -> int:
    """`steps` for up to 1,000 boxes; more with the square root of their number, up to 8 times."""
    return round(steps * min(MOST_TIMES, max(1.0, math.sqrt(n_boxes / FEW_THOUSAND))))


def rate_at(step: int, steps: int, rate: float) -> float:
    """Rises over the first 20 steps, and falls to 0 as a cosine over all of them."""
    return rate * min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _start(config: Config, side: int, seed: int) -> Method:
    model = config.model
    encoder = build_network(
        model.student,
        width=model.width,
        stem=model.stem,
        n_classes=2,
        seed=stream_seed(seed, "encoder"),
    )
    kind = cast("type[Method]", METHODS.load(config.pretrain.method))
    with seeded(stream_seed(seed, "beside")):
        return kind(encoder, side, config)


def _done(folder: Path, identity: str, progress: Progress) -> Pretrained | None:
    """What is in `folder`, if it is of these boxes, settings and seed."""
    try:
        done = read_pretrained(folder)
    except FileFormatError as error:
        progress.say(f"pretraining starts anew: {error}")
        return None
    if done is not None and done.made_from["identity"] != identity:
        progress.say(f"{folder} is of other boxes or settings: pretraining starts anew")
        return None
    return done


def _made_from(
    pool: BoxSource, index: NDArray[np.int64], config: Config, seed: int, shown: dict[str, Json]
) -> dict[str, Json]:
    settings, model = config.pretrain, config.model
    of_it = asdict(settings)
    del of_it["epochs"]  # of the pair alone: an encoder of before there was this is the same one
    kind = cast("type[Method]", METHODS.load(settings.method))
    told: dict[str, Json] = {
        "method": settings.method,
        "method_version": kind.version,
        "embedding_version": EMBEDDING_VERSION,
        "seed": seed,
        "settings": of_it,
        "boxes": len(index),
        **shown,
        "steps": n_steps(len(index), settings.steps),
        "backbone": model.student,
        "width": model.width,
        "stem": model.stem,
        "moves": allowed_moves(config.augment).tolist(),
    }
    told["identity"] = digest({**told, "keys": [str(key) for key in pool.keys[index]]})
    return told
