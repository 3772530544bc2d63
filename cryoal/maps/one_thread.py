"""Numbers that do not depend on how many processors there are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["one_thread"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Have products of matrices made by one thread: with more, sums are in another order.

    threadpoolctl comes with scikit-learn.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
