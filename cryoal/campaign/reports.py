"""``report.json`` of a cycle or of ``model/``, looked at before anything is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.errors import FileFormatError
from cryoal.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_report"]

_LISTS = ("recall", "precision", "f1", "support", "confusion", "classes")


def read_report(path: Path) -> dict[str, Any]:
    """What a training left behind.

    Raises
    ------
    FileFormatError
        Damaged, or its fields are of another kind than cryoal writes.
    """
    report = read_json(path)
    test, made_from = report.get("test"), report.get("made_from")
    for name, holds in (
        ("n_labelled", type(report.get("n_labelled")) is int),
        ("trained", isinstance(report.get("trained"), bool)),
        ("seconds", _are_numbers(report.get("seconds"))),
        ("history", _are_curves(report.get("history"))),
        ("test", test is None or _is_measured(test)),
        ("made_from", made_from is None or isinstance(made_from, dict)),
        ("classifier", _is_classifier(report.get("classifier"))),
    ):
        if not holds:
            raise FileFormatError(f"expected a report in {path}, found {name} {report.get(name)!r}")
    return report


def _is_classifier(told: object) -> bool:
    """None before there were heads; else its name and what cross-validation said."""
    return told is None or (isinstance(told, dict) and isinstance(told.get("name"), str))


def _are_numbers(values: object) -> bool:
    return isinstance(values, dict) and all(isinstance(v, int | float) for v in values.values())


def _are_curves(values: object) -> bool:
    return isinstance(values, dict) and all(
        isinstance(curve, list) and all(isinstance(v, int | float | None) for v in curve)
        for curve in values.values()
    )


def _is_measured(test: object) -> bool:
    """Whether these are the metrics of a test set, a row or a number for each class."""
    if not isinstance(test, dict) or not all(isinstance(test.get(n), list) for n in _LISTS):
        return False
    n_classes = len(test["classes"])
    rows = [test[name] for name in _LISTS if name not in ("classes", "confusion")]
    confusion = test["confusion"]
    if not all(isinstance(row, list) and len(row) == n_classes for row in [*rows, *confusion]):
        return False
    numbers = [test.get("n"), test.get("accuracy"), test.get("macro_f1")]
    cells = [cell for row in [*rows, *confusion, numbers] for cell in row]
    is_named = all(isinstance(name, str) for name in test["classes"])
    return (
        is_named and len(confusion) == n_classes and all(isinstance(c, int | float) for c in cells)
    )
