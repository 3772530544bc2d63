"""Who does work that can be done in parts: this process alone, or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["ALONE", "Crew", "Work", "keeps", "keeps_jobs", "spans_of"]

T = TypeVar("T")


class Work(Protocol):
    """What is computed for each row of something, some neighbouring rows at a time.

    It may be pickled and sent elsewhere: it holds paths, numbers and whatever else travels, and
    opens files when it is first asked for rows, on the machine where it is. One that takes less
    than starting others does says so by a true attribute ``is_light``; one whose rows take longer
    than those of boxes do says by ``pays_from`` from how many on it takes more.
    """

    @property
    def name(self) -> str:
        """What is being done, for whoever waits: "describing"."""
        ...

    def of(self, start: int, stop: int) -> Mapping[str, NDArray[Any]]:
        """What is computed for rows `start` to `stop`: arrays of ``stop - start`` rows by name.

        The same bytes whenever it is asked, whatever was asked before, on processors of one kind.
        """
        ...


class Crew(Protocol):
    """Does work; what comes back does not depend on how many there are."""

    def spans(
        self, work: Work, spans: Sequence[tuple[int, int]]
    ) -> Iterator[Mapping[str, NDArray[Any]]]:
        """What `work` gives for each of `spans`, in their order; few are held that wait."""
        ...

    def jobs(
        self, function: Callable[..., T], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, T]]:
        """The number of each of `arguments` and what `function` gives for it, as they get ready.

        `function` is one that can be imported by its name; the jobs need not know of each other.
        """
        ...


class _Alone:
    def spans(
        self, work: Work, spans: Sequence[tuple[int, int]]
    ) -> Iterator[Mapping[str, NDArray[Any]]]:
        return (work.of(start, stop) for start, stop in spans)

    def jobs(
        self, function: Callable[..., T], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, T]]:
        return ((number, function(*each)) for number, each in enumerate(arguments))


ALONE: Crew = _Alone()
"""This process, one part after the other."""


def keeps_jobs(crew: Crew) -> bool:
    """Whether whole jobs are done in this process, one after the other: `ALONE` does.

    So does a crew with an attribute ``keeps_jobs`` that is true; it may give spans to others.
    """
    return crew is ALONE or bool(getattr(crew, "keeps_jobs", False))


def keeps(crew: Crew, work: Work, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether `spans` of `work` are done in this process, one after the other: `ALONE` does.

    A crew with a method ``keeps(work, spans)`` says it for itself.
    """
    says = getattr(crew, "keeps", None)
    return crew is ALONE or (says is not None and bool(says(work, spans)))


def spans_of(n: int, step: int) -> list[tuple[int, int]]:
    """Rows 0 to `n` in spans of `step`; the last may be shorter.

    Examples
    --------
    >>> spans_of(10, 4)
    [(0, 4), (4, 8), (8, 10)]
    """
    return [(start, min(start + step, n)) for start in range(0, n, step)]
