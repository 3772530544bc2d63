"""Boxes by class, probability, doubt, tomogram and annotator: a filter, and what it would leave."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from cryoal.campaign.overview import NONE
from cryoal.errors import ConfigError
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.overview import Overview
    from cryoal.records import Json

__all__ = ["EVERYTHING", "NO_CLASS", "Answered", "Counts", "Where", "counts"]

Answered = Literal["any", "yes", "no"]
NO_CLASS = ""
"""Among ``classes``: boxes of no class, by the expert or because nothing was classified."""
WHOLE = (0.0, 1.0)


@dataclass(frozen=True)
class Where:
    """A filter; what is left as it is lets every box through.

    Audit boxes and test keys (:attr:`~cryoal.campaign.overview.Overview.is_held`) never pass.
    """

    classes: tuple[str, ...] = ()
    """As boxes stand now: the expert's class, else the classifier's; :data:`NO_CLASS`: none."""
    probability: tuple[float, float] = WHOLE
    """Of the most probable class, both ends in; a box without one passes the whole range alone."""
    doubt: tuple[float, float] = WHOLE
    tomograms: tuple[str, ...] = ()
    annotators: tuple[str, ...] = ()
    """Whose answers; a box that any of them has answered passes."""
    answered: Answered = "any"

    def __post_init__(self) -> None:
        for name in ("probability", "doubt"):
            low, high = getattr(self, name)
            if not 0 <= low <= high <= 1:
                raise ConfigError(f"expected a {name} from 0 to 1, low:high, found {low}:{high}")
        if self.answered not in get_args(Answered):
            raise ConfigError(f"expected answered any, yes or no, found {self.answered!r}")

    @property
    def is_everything(self) -> bool:
        """Whether nothing is filtered."""
        return self == EVERYTHING

    def mask(self, boxes: Overview, *, with_audit: bool = False) -> NDArray[np.bool_]:
        """Which boxes pass, ``(n,)``; `with_audit`: those of the audit too.

        Raises
        ------
        ConfigError
            A class, tomogram or annotator that is not there; the message gives the nearest.
        """
        passes: NDArray[np.bool_] = ~boxes.is_held
        if with_audit:
            passes |= boxes.is_audit
        if self.classes:
            numbers = [NONE if c == NO_CLASS else _place(c, boxes.classes) for c in self.classes]
            passes &= np.isin(boxes.shown, numbers)
        for wanted, values in ((self.probability, boxes.probability), (self.doubt, boxes.doubt)):
            if wanted != WHOLE:
                passes &= (values >= np.float32(wanted[0])) & (values <= np.float32(wanted[1]))
        if self.tomograms:
            here = [_place(t, boxes.tomogram_names, "tomogram") for t in self.tomograms]
            passes &= np.isin(boxes.tomogram, here)
        if self.annotators:
            said = np.zeros(len(boxes), np.bool_)
            for name in self.annotators:
                _place(name, tuple(boxes.answered_by), "annotator")
                said[boxes.answered_by[name]] = True
            passes &= said
        if self.answered != "any":
            passes &= boxes.is_answered == (self.answered == "yes")
        return passes

    def rows(self, boxes: Overview) -> NDArray[np.int64]:
        """Rows of the boxes that pass, in pool order."""
        return np.flatnonzero(self.mask(boxes))

    def as_json(self) -> dict[str, Json]:
        """What is not as it comes, by name."""
        return {
            name: cast("Json", list(value) if isinstance(value, tuple) else value)
            for name, value in asdict(self).items()
            if value != getattr(EVERYTHING, name)
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Where:
        """What :meth:`as_json` gave, or a face asks for.

        Raises
        ------
        ConfigError
            A field that nobody knows, or a value of another kind.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(facts.keys() - known)
        if unknown:
            raise ConfigError(f"expected filters {', '.join(sorted(known))}, found {unknown[0]!r}")
        given: dict[str, Any] = dict(facts)
        try:
            for name in ("classes", "tomograms", "annotators"):
                if name in given:
                    given[name] = _texts(given[name])
            for name in ("probability", "doubt"):
                if name in given:
                    low, high = given[name]
                    given[name] = (float(low), float(high))
        except (TypeError, ValueError) as error:
            raise ConfigError(f"expected filters as lists of values, found {error}") from error
        return cls(**given)


EVERYTHING = Where()
"""The filter that lets every box through."""


@dataclass(frozen=True)
class Counts:
    """How many boxes a filter leaves, and how many each choice in one of its fields would."""

    n: int
    classes: dict[str, int]
    """:data:`NO_CLASS` last."""
    tomograms: dict[str, int]
    annotators: dict[str, int]
    answered: dict[str, int]


def counts(
    boxes: Overview, where: Where = EVERYTHING, among: NDArray[np.int64] | None = None
) -> Counts:
    """What stands beside each choice of a filter; a field's own choice does not count there.

    `among`: rows of the boxes that count; None: all.

    Raises
    ------
    ConfigError
        As :meth:`Where.mask`.
    """
    inside = np.ones(len(boxes), np.bool_)
    if among is not None:
        inside[:] = False
        inside[among] = True
    by_class = boxes.shown[replace(where, classes=()).mask(boxes) & inside]
    found = np.bincount(by_class + 1, minlength=len(boxes.classes) + 1).tolist()
    here = boxes.tomogram[replace(where, tomograms=()).mask(boxes) & inside]
    in_each = np.bincount(here, minlength=len(boxes.tomogram_names)).tolist()
    anybodys = replace(where, annotators=()).mask(boxes) & inside
    open_or_not = boxes.is_answered[replace(where, answered="any").mask(boxes) & inside]
    n_answered = int(open_or_not.sum())
    return Counts(
        n=int((where.mask(boxes) & inside).sum()),
        classes={**dict(zip(boxes.classes, found[1:], strict=True)), NO_CLASS: found[0]},
        tomograms=dict(zip(boxes.tomogram_names, in_each, strict=True)),
        annotators={
            name: int(anybodys[rows].sum()) for name, rows in sorted(boxes.answered_by.items())
        },
        answered={"yes": n_answered, "no": len(open_or_not) - n_answered},
    )


def _place(name: str, names: Sequence[str], what: str = "class") -> int:
    if name not in names:
        raise ConfigError(f"no {what} called {name!r}{nearest(name, names)}")
    return names.index(name)


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        raise TypeError(f"{values!r}"[:60])
    return tuple(values)
