"""Masks of dropout for each candidate, told by its key and one draw."""

from __future__ import annotations

from hashlib import shake_128
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["kept"]


def kept(
    keys: Sequence[str], shape: tuple[int, ...], dropped: float, draw: bytes
) -> NDArray[np.bool_]:
    """``(len(keys), *shape)``: true with chance ``1 - dropped``, to the nearest of 256 parts.

    Parameters
    ----------
    keys
        Whose masks.
    draw
        Another one gives other masks.

    Notes
    -----
    The mask of a key depends on `draw` and on the key, not on its place nor on the other keys: it
    is the output of SHAKE-128 on both. A numpy generator for each key would take longer
    before it gives its first number.
    """
    size = int(np.prod(shape))
    numbers = b"".join(shake_128(draw + key.encode()).digest(size) for key in keys)
    wanted = np.frombuffer(numbers, np.uint8) >= round(256 * dropped)
    return wanted.reshape(len(keys), *shape)
