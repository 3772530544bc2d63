"""The tables of the report that need some counting first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryoal.config import to_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.campaign.report.gather import Facts, Stage
    from cryoal.config import Config

__all__ = [
    "LabelRow",
    "confusion_rows",
    "decided_rows",
    "environment_rows",
    "label_rows",
    "setting_rows",
]


@dataclass(frozen=True)
class LabelRow:
    """What became of the boxes of one query, or of others."""

    name: str
    asked: int | None
    counts: tuple[int, ...]
    """One for each class."""
    abstained: int
    disputed: int
    open: int | None
    """Not answered yet; None where nothing was asked."""


def label_rows(facts: Facts) -> list[LabelRow]:
    """A row for each cycle, one for labels that no query asked for, one for the audit, and the sum.

    A key that two queries asked for is counted with the first.
    """
    rows, taken = [], set[str]()
    for stage, query in facts.cycles:
        keys = [asked.key for asked in query.asked if asked.key not in taken]
        taken.update(keys)
        rows.append(_row(facts, stage.name, keys, n_asked=len(keys)))
    standing = facts.standing
    answered = [*standing.labelled, *sorted(standing.abstained), *standing.disputed]
    taken.update(facts.audit)
    others = [key for key in answered if key not in taken]
    if others:
        rows.append(_row(facts, "without a query", others, n_asked=None))
    if facts.audit:
        rows.append(_row(facts, "audit, not trained on", facts.audit, n_asked=len(facts.audit)))
    everything = _row(facts, "all", answered, n_asked=None)
    return [*rows, everything]


def _row(facts: Facts, name: str, keys: Sequence[str], n_asked: int | None) -> LabelRow:
    standing = facts.standing
    counts = Counter(standing.labelled[key] for key in keys if key in standing.labelled)
    abstained = sum(key in standing.abstained for key in keys)
    disputed = sum(key in standing.disputed for key in keys)
    open_ = None if n_asked is None else n_asked - counts.total() - abstained - disputed
    by_class = tuple(counts[c] for c in facts.classes)
    return LabelRow(name, n_asked, by_class, abstained, disputed, open_)


def decided_rows(facts: Facts) -> list[tuple[str, list[int]]]:
    """For each who decided, and for all: boxes of each class, of no class, and the sum."""
    if facts.classified is None:
        return []
    columns = [*facts.classes, None]
    rows = [
        (str(who), [counts[label] for label in columns])
        for who, counts in facts.classified.counts.items()
    ]
    rows.append(("all", [sum(column) for column in zip(*(n for _, n in rows), strict=True)]))
    return [(who, [*counts, sum(counts)]) for who, counts in rows]


def confusion_rows(
    classes: Sequence[str], counts: Sequence[Sequence[int]]
) -> list[tuple[str, list[tuple[int, float | None]]]]:
    """For each true class its name, and each count with its share of the row (None if empty)."""
    return [
        (name, [(n, n / sum(row) if sum(row) else None) for n in row])
        for name, row in zip(classes, counts, strict=True)
    ]


def setting_rows(config: Config) -> list[tuple[str, str]]:
    """``section.key`` and value of every setting, as ``--set`` takes them."""
    return [(key, _said(value)) for key, value in _flat(to_tree(config))]


def environment_rows(stages: Sequence[Stage]) -> list[tuple[str, str]]:
    """Name and value of everything known of the machine; values that changed are all named."""
    found: dict[str, dict[str, list[str]]] = {}
    for stage in stages:
        for key, value in _flat(stage.environment):
            name = key.removeprefix("versions.")
            if name not in ("time", "command") and value is not None:
                found.setdefault(name, {}).setdefault(_said(value), []).append(stage.name)
    rows = []
    for name, values in found.items():
        only = next(iter(values))
        several = "; ".join(f"{value} ({', '.join(who)})" for value, who in values.items())
        rows.append((name, only if len(values) == 1 else several))
    return rows


def _flat(tree: Mapping[str, Any], where: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{where}{key}.")
        else:
            rows.append((f"{where}{key}", value))
    return rows


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value)) or "none"
    return str(value)
