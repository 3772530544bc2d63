"""A crew of Dask workers: gives parts of the work out and takes the results back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from cryoal.distributed.handing_out import HandingOut, Part
from cryoal.distributed.link import Link
from cryoal.distributed.patience import Patience
from cryoal.distributed.there import do_job, do_span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.crew import Work

__all__ = ["DaskCrew"]

T = TypeVar("T")

AHEAD = 2
"""Spans that a worker has: one it computes, and one so that it need not wait."""

HELD = 4
"""Spans for each worker that are on their way or wait for their turn."""


class DaskCrew:
    """The workers of a Dask scheduler, as the :class:`cryoal.crew.Crew` of a campaign.

    Parameters
    ----------
    client
        ``distributed.Client``.
    say
        Takes lines on what happens to workers.
    tend
        Called now and then while something is waited for, with whether any worker is there: what
        workers come from looks after them, and says what is amiss, or nothing.
    """

    def __init__(
        self,
        client: Any,
        patience: Patience | None = None,
        say: Callable[[str], None] = lambda line: None,
        tend: Callable[[bool], str] = lambda come: "",
    ) -> None:
        self._link = Link(client, patience or Patience(), say)
        self._patience = patience or Patience()
        self._say, self._tend = say, tend

    def spans(
        self, work: Work, spans: Sequence[tuple[int, int]]
    ) -> Iterator[Mapping[str, NDArray[Any]]]:
        """What `work` gives for each of `spans`, in their order; few are held that wait.

        Raises
        ------
        CrewError
            No worker is left, or several were lost over the same span.
        """
        parts = [
            Part(number, f"{work.name}, rows {start} to {stop}", do_span, (start, stop))
            for number, (start, stop) in enumerate(spans)
        ]
        early: dict[int, Mapping[str, NDArray[Any]]] = {}
        turn = 0
        with self._handing_out(parts, AHEAD) as handing_out:
            handing_out.shared = work
            while turn < len(parts):
                if turn in early:
                    yield early.pop(turn)
                    turn += 1
                    continue
                limit = turn + max(HELD, HELD * handing_out.n_fit)
                number, rows = handing_out.next(limit)
                early[number] = rows

    def jobs(
        self, function: Callable[..., T], arguments: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[int, T]]:
        """The number of each of `arguments` and what `function` gives for it, as they get ready.

        How long one takes is not known, so none is given to a second worker before the first is
        lost.

        Raises
        ------
        CrewError
            No worker is left, or several were lost over the same job.
        """
        name = getattr(function, "__name__", "a job")
        parts = [
            Part(
                number, f"{name}, {number + 1} of {len(arguments)}", do_job, (function, each), True
            )
            for number, each in enumerate(arguments)
        ]
        with self._handing_out(parts, 1) as handing_out:
            for _ in parts:
                yield handing_out.next(len(parts))

    @contextmanager
    def _handing_out(self, parts: Sequence[Part], ahead: int) -> Iterator[HandingOut]:
        handing_out = HandingOut(self._link, parts, ahead, self._patience, self._say, self._tend)
        try:
            yield handing_out
        finally:
            handing_out.end()
