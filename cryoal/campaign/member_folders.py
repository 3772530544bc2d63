"""Where members of the pair beside the first are kept: ``model/member_2`` and so on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cryoal.errors import FileFormatError
from cryoal.records import entries, is_there, read_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["folder_of", "folders_in", "n_members", "read_or_nothing"]

OWN = {"companions", "n_boxes", "member"}
"""Facts that a member need not share with the first."""


def folder_of(model: Path, number: int) -> Path:
    """That of one member, from 2 on; the first lies in `model` itself."""
    return model / f"member_{number}"


def folders_in(model: Path) -> list[Path]:
    """Those that are there, of whatever labels."""
    return [model / name for name in entries(model) if re.fullmatch(r"member_[0-9]+", name)]


def n_members(model: Path, first: dict[str, Any], wanted: int) -> int:
    """How many there are to classify with, the first among them; no weights are read.

    Parameters
    ----------
    first
        What the first was made from.
    wanted
        Setting ``model.members``.
    """
    found = 1
    for number in range(first.get("member", 1) + 1, wanted + 1):
        report = read_or_nothing(folder_of(model, number) / "report.json")
        facts = report.get("made_from") or {}
        same = all(facts.get(name) == first[name] for name in first.keys() - OWN)
        found += bool(facts) and same and "diverged" not in report
    return found


def read_or_nothing(file: Path) -> dict[str, Any]:
    """A record that can be made again: nothing where it is not there, or damaged."""
    try:
        return read_json(file) if is_there(file) else {}
    except FileFormatError:
        return {}
