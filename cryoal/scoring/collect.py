"""One pass over the candidates: what a strategy needs, asked of those who can tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.crew import ALONE, spans_of
from cryoal.progress import SILENT
from cryoal.scoring.evidence import Evidence
from cryoal.scoring.fields import LABELLED, giver, is_context
from cryoal.scoring.looking import Looking, span_of_networks
from cryoal.scoring.of_team import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cryoal.crew import Crew
    from cryoal.data.box_source import BoxSource
    from cryoal.progress import Progress
    from cryoal.scoring.teller import Teller

__all__ = ["collect"]


def collect(
    tellers: Iterable[Teller],
    pool: BoxSource,
    index: NDArray[np.int64],
    needs: Iterable[str],
    *,
    labelled: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    crew: Crew = ALONE,
    device: str = "auto",
    progress: Progress = SILENT,
) -> Evidence:
    """The evidence of candidates, by position in the pool: their `needs` and nothing else.

    Each field is told by the first of `tellers` that gives it. Models stay as they were. Without
    needs no box is read.

    Parameters
    ----------
    labelled
        Positions in the pool of what is labelled, and the class numbers; for the context.
    crew
        Who looks, where networks do.
    device
        On which these compute elsewhere.

    Raises
    ------
    UnknownNameError
        A need that is no field.
    ValueError
        Nobody here gives a need.
    PoolError
        A value is not finite; names the box.
    """
    asked = sorted(set(needs))
    fields = [need for need in asked if not is_context(need)]
    tellers = list(tellers)

    def look(positions: NDArray[np.int64], wanted: list[str]) -> dict[str, NDArray[np.float32]]:
        found: dict[str, NDArray[np.float32]] = {}
        if len(positions):
            for teller, some in _shared_out(tellers, wanted):
                if teller.is_slow:
                    found |= _shared(teller, pool, positions, some, crew, device, progress)
                else:
                    found |= teller.look(pool, positions, some, progress)
        return found

    values = look(index, fields)
    context: dict[str, Any] = {}
    positions, classes = labelled or (np.zeros(0, np.int64), np.zeros(0, np.int64))
    by_key = np.argsort(pool.keys[positions].astype(str), kind="stable")
    positions, classes = positions[by_key], classes[by_key]
    for name in filter(is_context, asked):
        field = name.removeprefix(LABELLED)
        if name == HEAD.name:
            ((teller, _),) = _shared_out(tellers, [name])
            context[name] = teller.last_layer()
        elif field == "class":
            context[name] = classes
        else:
            empty = np.zeros((0, *values[field].shape[1:]), np.float32)
            context[name] = look(positions, [field]).get(field, empty)
    return Evidence([str(key) for key in pool.keys[index]], values, context)


def _shared(
    teller: Teller,
    pool: BoxSource,
    index: NDArray[np.int64],
    fields: list[str],
    crew: Crew,
    device: str,
    progress: Progress,
) -> dict[str, NDArray[np.float32]]:
    """What networks tell, some boxes at a time: always the same together, whoever looks."""
    spans = spans_of(len(index), span_of_networks(pool.read_normalised(index[:1])[0].size))
    if len(spans) == 1:
        return teller.look(pool, index, fields, progress)
    made = crew.spans(Looking(teller, pool, index, fields, device), spans)
    unit = f"times {spans[0][1]} boxes"
    parts = list(progress.track(made, "looking at boxes", len(spans), unit))
    return {field: np.concatenate([part[field] for part in parts]) for field in fields}


def _shared_out(tellers: list[Teller], wanted: list[str]) -> list[tuple[Teller, list[str]]]:
    """Which of the fields each teller is asked for, in the order of the tellers."""
    shares: list[tuple[Teller, list[str]]] = [(teller, []) for teller in tellers]
    for name in wanted:
        share = next((some for teller, some in shares if name in teller.gives), None)
        if share is None:
            of = None if name == HEAD.name else giver(name)  # an unknown name is refused here
            raise ValueError(
                f"expected {f'the companion {of}' if of else 'a model'} that tells {name!r}, "
                "found none among those that look"
            )
        share.append(name)
    return [(teller, some) for teller, some in shares if some]
