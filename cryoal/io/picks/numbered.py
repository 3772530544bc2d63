"""Tomograms that a file names by a number, and the table beside it that says which they are.

Dynamo's *table map* has a line for each tomogram, its number and its file; the program leaves it as
``indices_column20.doc`` beside the table when particles are cropped (wiki, *Particle extraction*).
It is read for Dynamo's tables and for motive lists, from ``NAME.doc`` beside ``NAME.tbl``, else
from ``indices_column20.doc`` in the same folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.project import in_project
from cryoal.within import require_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cryoal.io.picks.write import ParticlePart

__all__ = ["files_of_names", "names_of_numbers", "numbers_of_names", "whole"]

CROPPED = "indices_column20.doc"


def whole(text: str) -> str:
    """`text` without what a number that is whole does not need: ``1.0000e+00`` is ``1``."""
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else text


def names_of_numbers(numbers: Sequence[str], path: Path) -> list[str]:
    """The tomogram of each row of `path`, which has their `numbers`.

    Its file as the table map says; the number itself where there is no map, and no name where all
    are 0, which is what programs write that know of one tomogram only.

    Raises
    ------
    PicksError
        The map lacks a number, has one twice, or is no such table.
    """
    spelt = {text: whole(text) for text in set(numbers)}
    if set(spelt.values()) <= {"0"}:
        return [""] * len(numbers)
    found = _map_beside(path)
    if found is None:
        return [spelt[text] for text in numbers]
    names = _read_map(found)
    absent = sorted({number for number in spelt.values() if number not in names})
    if absent:
        raise PicksError(
            f"expected tomogram {absent[0]} of {path} in the table map {found}, found "
            f"{', '.join(list(names)[:4]) or 'none'}"
        )
    return [names[spelt[text]] for text in numbers]


def files_of_names(path: Path, names: Sequence[str]) -> dict[str, Path]:
    """The file of each tomogram that a table map beside `path` names, where it is there."""
    if _map_beside(path) is None:
        return {}
    files = {name: in_project(name, path) for name in names if name}
    return {name: file for name, file in files.items() if file.is_file()}


def numbers_of_names(parts: Iterable[ParticlePart], label: str) -> dict[str, int]:
    """A number for each tomogram of `parts`, from 1.

    Their own where all came with one in the column `label`, or are called by one; else in the
    order in which they come.
    """
    known: dict[str, set[str]] = {}
    for part in parts:
        column = part.columns.get(label, ())
        texts: Iterable[str] = map(whole, column) if column else part.tomogram
        for name, text in zip(part.tomogram, texts, strict=True):
            known.setdefault(name, set()).add(text)
    own = {name: next(iter(texts)) for name, texts in known.items() if len(texts) == 1}
    is_number = all(text.isascii() and text.isdigit() and int(text) > 0 for text in own.values())
    if len(own) == len(known) == len(set(own.values())) and is_number:
        return {name: int(text) for name, text in own.items()}
    return {name: number for number, name in enumerate(known, start=1)}


def _map_beside(path: Path) -> Path | None:
    stem = path.name
    for packed in (".gz", ".bz2"):
        stem = stem.removesuffix(packed)
    stem = stem.rpartition(".")[0] or stem
    candidates = (path.with_name(f"{stem}.doc"), path.with_name(CROPPED))
    return next((file for file in candidates if file.is_file()), None)


def _read_map(path: Path) -> Mapping[str, str]:
    require_within(path, PicksError)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PicksError(f"expected a table map, cannot read {path}: {error}") from error
    names: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        first, *rest = line.split(maxsplit=1)
        key, name = whole(first), "".join(rest).strip()
        if not (key.isascii() and key.isdigit()) or not name:
            raise PicksError(
                f"expected a number and a file of a tomogram, found {line.strip()[:60]!r} in line "
                f"{number} of {path}"
            )
        if names.setdefault(key, name) != name:
            raise PicksError(
                f"expected one file for tomogram {key}, found {names[key]} and {name} in {path}"
            )
    return names
