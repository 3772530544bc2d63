"""All blocks of some boxes, with the work that blocks share done once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

from cryoal.descriptors import BLOCKS
from cryoal.descriptors.base import Block, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

__all__ = ["describe", "make_block"]

# On a processor 16 small boxes at once are fastest, and 8 boxes of 32^3 twice as fast as one.
# A GPU wants more at once.
BOXES_AT_ONCE = {"cpu": 16}
VOXELS_AT_ONCE = {"cpu": 64 * 16**3}
VOXELS_AT_ONCE_ELSEWHERE = 512 * 16**3


def make_block(name: str) -> Block:
    """The block of that name.

    Raises
    ------
    UnknownNameError
        No such block; the message gives the nearest.
    """
    return cast("Callable[[], Block]", BLOCKS.load(name))()


@torch.no_grad()
def describe(boxes: Tensor, names: Sequence[str] | None = None) -> dict[str, Tensor]:
    """Each block of `boxes`, computed on their device.

    Parameters
    ----------
    boxes
        ``(n, d, h, w)`` float32, d = h = w even and 8 at least, normalised: particles positive,
        noise of variance about 1.
    names
        Of :data:`cryoal.descriptors.BLOCKS`; all of our own when None.

    Returns
    -------
    dict
        For each name ``(n, columns)`` float32, finite.

    Raises
    ------
    ValueError
        Boxes of another shape.
    UnknownNameError
        No block of that name.
    """
    blocks = {name: make_block(name) for name in (BLOCKS.builtins if names is None else names)}
    voxels = VOXELS_AT_ONCE.get(boxes.device.type, VOXELS_AT_ONCE_ELSEWHERE)
    at_once = max(1, voxels // max(1, boxes[:1].numel()))
    at_once = min(at_once, BOXES_AT_ONCE.get(boxes.device.type, at_once))
    parts: dict[str, list[Tensor]] = {name: [] for name in blocks}
    for start in range(0, len(boxes), at_once):
        some = boxes[start : start + at_once]
        n = len(some)
        if n < at_once and boxes.device.type == "cpu":  # the same bits however many there are
            some = torch.cat([some, some.new_zeros(at_once - n, *some.shape[1:])])
        seen = Seen(some)
        for name, block in blocks.items():
            parts[name].append(block.of(seen)[:n])
    return {
        name: torch.cat(parts[name]) if len(boxes) else block(boxes)
        for name, block in blocks.items()
    }
