"""What is said of the classifier: which it is, and how it did on labels that it was not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CALLED", "FEW", "called", "cross_validated_rows", "said"]

FEW = 10
"""Labels below which a share of them says nothing."""

CALLED: Mapping[str, str] = {
    "heads": "heads on descriptors",
    "teacher": "the pair's teacher",
    "mean": "the mean of heads and the pair's teacher",
}


def called(name: str) -> str:
    """A classifier in words."""
    return CALLED.get(name, name)


def said(told: Mapping[str, Any]) -> str:
    """One line about the classifier that ``classifier.json`` tells of."""
    rows = {name: (accuracy, error) for name, accuracy, error in cross_validated_rows(told)}
    trainings = f" ({told['members']} trainings)" if "members" in told else ""
    line = f"{called(told['name'])}{trainings}, of {told.get('n_labelled', '?')} labels"
    if isinstance(earlier := told.get("earlier"), dict):
        line += f" and {earlier.get('labels', '?')} of an earlier campaign"
    if told["name"] != "teacher" and int(told.get("n_labelled", 0)) < FEW:
        return f"{line} (too few to hold any out and see how it does)"
    if told["name"] not in rows:
        return f"{line} (not cross-validated)"
    accuracy, error = rows[told["name"]]
    more = "; ".join(
        f"{called(name)} {100 * value:.1f} %"
        for name, (value, _) in rows.items()
        if name != told["name"]
    )
    return (
        f"{line}: right about {100 * accuracy:.1f} % of them when they are held out"
        f"{f' (+- {100 * error:.1f})' if error is not None else ''}{f'; {more}' if more else ''}"
    )


def cross_validated_rows(told: Mapping[str, Any]) -> list[tuple[str, float, float | None]]:
    """Name, cross-validated accuracy and its standard error of heads, teacher and mean."""
    of_heads = told.get("heads") or {}
    found = told.get("cross_validated")
    if isinstance(found, dict):
        error = told.get("standard_error")
        return [(name, float(value), error) for name, value in found.items()]
    if isinstance(of_heads.get("accuracy"), int | float):
        return [("heads", float(of_heads["accuracy"]), of_heads.get("standard_error"))]
    return []
