"""What dense networks answer for each pixel, counted as it comes: no mask of all is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cryoal.feed.device import autocast
from cryoal.feed.loaders import as_batch, stream_boxes
from cryoal.losses.task import IGNORED
from cryoal.scoring.at_once import inputs_at_once
from cryoal.scoring.predict import evaluating

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from cryoal.data.box_source import BoxSource
    from cryoal.models.base import Network

__all__ = ["GRID", "grid_classes", "pixel_confusions"]

GRID = 8
"""Rows and columns of the pixels that :func:`grid_classes` looks at."""


def pixel_confusions(
    networks: Mapping[str, Network],
    pool: BoxSource,
    index: NDArray[np.int64],
    masks: NDArray[np.integer[Any]],
    n_classes: int,
    *,
    precision: str = "float32",
) -> dict[str, NDArray[np.int64]]:
    """Confusion matrices of the pixels that count, ``(classes, classes)`` for each network.

    Parameters
    ----------
    networks
        Dense ones, on one device; they stay as they are. All see each image once.
    index
        Positions in the pool.
    masks
        ``(len(pool), h, w)`` true class numbers, -1 where a pixel does not count.

    Returns
    -------
    dict
        Rows the truth, columns the prediction.
    """
    counts = {name: np.zeros((n_classes, n_classes), np.int64) for name in networks}
    for positions, predicted in _classes(networks, pool, index, precision):
        truth = torch.from_numpy(masks[positions].astype(np.int64))
        for name, classes in predicted.items():
            true = truth.to(classes.device)
            counted = true != IGNORED
            pairs = (true * n_classes + classes)[counted]
            found = torch.bincount(pairs, minlength=n_classes**2).cpu().numpy()
            counts[name] += found.reshape(n_classes, n_classes)
    return counts


def grid_classes(
    network: Network, pool: BoxSource, index: NDArray[np.int64], *, precision: str = "float32"
) -> NDArray[np.int64]:
    """``(n, at most 64)``: the classes of the pixels of a regular grid in each image.

    The grid has :data:`GRID` rows and columns, or all of a smaller image.
    """
    found = []
    for _, predicted in _classes({"": network}, pool, index, precision):
        classes = predicted[""]
        rows, columns = (_places(side) for side in classes.shape[1:])
        some = classes[:, rows][:, :, columns].flatten(start_dim=1)
        found.append(some.cpu().numpy())
    return np.concatenate(found)


def _places(side: int) -> list[int]:
    """The middles of equal parts of a side."""
    parts = min(GRID, side)
    return [(2 * part + 1) * side // (2 * parts) for part in range(parts)]


def _classes(
    networks: Mapping[str, Network], pool: BoxSource, index: NDArray[np.int64], precision: str
) -> Iterator[tuple[NDArray[np.int64], dict[str, Tensor]]]:
    """Positions and the likeliest classes ``(m, h, w)`` int64, batch by batch."""
    if not len(index):
        return
    device = next(next(iter(networks.values())).parameters()).device
    shape = tuple(as_batch(pool, index[:1], torch.device("cpu")).shape[1:])
    size, start = inputs_at_once(networks.values(), shape, device), 0
    for images in stream_boxes(pool, index, size, device):
        with evaluating(*networks.values()), autocast(precision, device):
            classes = {name: net(images).logits.argmax(dim=1) for name, net in networks.items()}
        yield index[start : start + len(images)], classes
        start += len(images)
