"""What a cycle of a cell left on disk, looked at before anything is drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryoal.errors import FileFormatError
from cryoal.records import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["read_done"]

NUMBER = (int, float)
MAYBE = (int, float, type(None))
_KINDS: dict[str, type | tuple[type, ...]] = {
    "study": str,
    **dict.fromkeys(("cycle", "n_labelled", "n_validation"), int),
    **dict.fromkeys(("accuracy", "macro_f1"), NUMBER),
    **dict.fromkeys(("train_accuracy", "student_accuracy", "validation_accuracy"), MAYBE),
    **dict.fromkeys(("picked_accuracy", "high_gradient", "n_picked", "miou"), MAYBE),
    **dict.fromkeys(("recall", "support", "advice"), list),
    "seconds": dict,
    "bound": (dict, type(None)),
}
_MAY_LACK = ("miou",)  # in rows of before there were segmentations; the others are always written


def read_done(path: Path, own: Mapping[str, Any]) -> dict[str, Any]:
    """The row, the answers and the predictions of one cycle.

    Parameters
    ----------
    own
        What the row must say: its strategy, seed and classes.

    Raises
    ------
    FileFormatError
        Damaged, or of another cell.
    """
    done = read_json(path)
    row = done.get("row")
    if not isinstance(row, dict):
        raise FileFormatError(f"expected a row in {path}, found {row!r}")
    for name, value in own.items():
        if row.get(name) != value:
            raise FileFormatError(f"expected {name} {value!r} in {path}, found {row.get(name)!r}")
    for name, kind in _KINDS.items():
        if name in row or name not in _MAY_LACK:
            if name not in row:
                raise FileFormatError(f"expected {name} in {path}, found none")
            _require(isinstance(row[name], kind), name, row[name], path)
    for name in ("recall", "support"):
        _require(
            _are(row[name], *NUMBER) and len(row[name]) == len(own["classes"]),
            name,
            row[name],
            path,
        )
    _require(_are(list(row["seconds"].values()), *MAYBE), "seconds", row["seconds"], path)
    if row["bound"] is not None:
        terms = [row["bound"].get(name) for name in ("distance", "error", "loss")]
        _require(_are(terms, *NUMBER), "bound", row["bound"], path)
    _require(_are(row["advice"], str), "advice", row["advice"], path)
    _require(_are(done.get("agreement"), *NUMBER), "agreement", done.get("agreement"), path)
    _require(_is_pairs(done.get("answers")), "answers", done.get("answers"), path)
    _require(isinstance(done.get("predicted"), list), "predicted", done.get("predicted"), path)
    return done


def _require(holds: bool, name: str, found: object, path: Path) -> None:
    if not holds:
        raise FileFormatError(f"expected {name} as a study writes it in {path}, found {found!r}")


def _are(values: object, *kinds: type) -> bool:
    return isinstance(values, list) and all(isinstance(value, kinds) for value in values)


def _is_pairs(values: object) -> bool:
    return isinstance(values, list) and all(
        isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int for pair in values
    )
