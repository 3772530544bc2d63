"""Numbers as files of picks write them, which is stricter than Python's own ``float``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["to_float", "to_floats"]


def to_float(text: str) -> float:
    """`text` as a number; ``nan`` and ``inf`` too.

    Python takes ``1_0`` for 10, and digits of other scripts; RELION, Dynamo, and a person who
    reads the file do not.

    Raises
    ------
    ValueError
        No number in ASCII.

    Examples
    --------
    >>> to_float("-1.5e3")
    -1500.0
    >>> to_float("1_0")
    Traceback (most recent call last):
    ...
    ValueError: no number: '1_0'
    """
    if "_" in text or not text.isascii():
        raise ValueError(f"no number: {text!r}")
    return float(text)


def to_floats(texts: Iterable[str]) -> NDArray[np.float64]:
    """:func:`to_float` of each of `texts`."""
    return np.array([to_float(text) for text in texts], np.float64)
