"""A number and the word for so many, for what a user reads."""

from __future__ import annotations

__all__ = ["how_many"]


def how_many(n: int, one: str, many: str = "", *, spec: str = "") -> str:
    """`n` with `one`, or with `many` of it, which is `one` with s or es unless told.

    `spec` is the number's format.

    Examples
    --------
    >>> how_many(1, "box"), how_many(0, "box"), how_many(2000, "label", spec=",")
    ('1 box', '0 boxes', '2,000 labels')
    >>> how_many(1, "box overlaps", "boxes overlap")
    '1 box overlaps'
    """
    if n == 1:
        return f"1 {one}"
    return f"{n:{spec}} {many or one + ('es' if one.endswith(('s', 'x', 'ch', 'sh')) else 's')}"
