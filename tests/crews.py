"""Crews for tests of what is spread over many."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from cryoal.crew import Work

__all__ = ["Elsewhere"]

T = TypeVar("T")


class Elsewhere:
    """Is handed nothing but bytes, and gets jobs ready in the opposite order."""

    def spans(
        self, work: Work, spans: Sequence[tuple[int, int]]
    ) -> Iterator[Mapping[str, NDArray[Any]]]:
        for start, stop in spans:
            there: Work = pickle.loads(pickle.dumps(work))
            yield there.of(start, stop)

    def jobs(
        self, function: Callable[..., T], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, T]]:
        for number, each in reversed(list(enumerate(arguments))):
            there, words = pickle.loads(pickle.dumps((function, each)))
            yield number, pickle.loads(pickle.dumps(there(*words)))
