"""Which tomogram file goes by which name in the picks, and by which rule that was found."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.names import (
    clean_name,
    is_generic,
    match_tomogram,
    shorter_names,
    spellings,
)
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Pair", "Pairing", "by_name", "pair_up"]

TOLD, LISTED, BY_FILE, BY_FOLDER, BY_WORDS = range(5)
"""The rules, the surest first: a file that fits by a surer one has the name."""


@dataclass(frozen=True)
class Pair:
    """A tomogram file, the name in the picks that it goes by, and why."""

    path: Path
    name: str
    rule: str
    """As it is said: ``its folder TS_1``."""
    rank: int = BY_FILE


@dataclass(frozen=True)
class Pairing:
    """What goes together, and what found no partner."""

    pairs: tuple[Pair, ...]
    without_picks: tuple[Path, ...]

    def said(self) -> list[str]:
        """A line for each rule but that of equal file names, with the first file it holds for."""
        by_rank: dict[int, list[Pair]] = {}
        for pair in self.pairs:
            by_rank.setdefault(pair.rank, []).append(pair)
        lines = []
        for rank, pairs in sorted(by_rank.items()):
            if rank == BY_FILE:
                continue
            first, more = pairs[0], len(pairs) - 1
            lines.append(
                f"{first.path} goes by {first.name!r} ({first.rule})"
                + (f", and {more} more in the same way" if more else "")
            )
        return lines


def pair_up(
    tomograms: Sequence[Path],
    names: Sequence[str],
    *,
    told: Mapping[str, Path] | None = None,
    listed: Mapping[str, Path] | None = None,
    where: object = "the picks",
) -> Pairing:
    """Each tomogram with its name in the picks, and the tomograms that have none.

    A name goes to a file by the first of these rules that fits any: what the user says; what
    RELION's table of tomograms lists; the file's name (:func:`match_tomogram`); the name of a
    folder above it, where the last part is the same for several files or names no tomogram
    (``TS_1/denoised.zarr``); the file's name less words that programs add (``TS_1_Vol.mrc``),
    where that fits one name only.

    Parameters
    ----------
    tomograms
        Files. Where there are none, those of `told` and `listed` are taken.
    told, listed
        The file of a name, as the user says it and as RELION's table does.
    where
        The file of picks, for messages.

    Raises
    ------
    PicksError
        No tomogram has a name in the picks, or two fit one name equally well.
    """
    told, listed = dict(told or {}), dict(listed or {})
    for name in told:
        if name not in names:
            raise PicksError(
                f"expected --name with a name of {where}, found {name!r}{nearest(name, [*names])}"
            )
    own = {_same(path): name for name, path in told.items()}
    if len(own) < len(told):
        one, other = _of_one_file(told)
        raise PicksError(f"expected one name for {told[one]}, found {one!r} and {other!r}")
    by_table = {_same(path): name for name, path in listed.items() if name in names}
    files = [*tomograms, *(p for p in told.values() if _same(p) not in map(_same, tomograms))]
    if not tomograms:
        files += [p for name, p in listed.items() if name in names and name not in told]
    stems = Counter(clean_name(path.name) for path in files)
    pairs: dict[str, Pair] = {}
    without: list[Path] = []
    for path in files:
        pair = (
            _told(path, own, "as told", TOLD)
            or _told(path, by_table, "as listed with the picks", LISTED)
            or by_name(path, names, is_common=stems[clean_name(path.name)] > 1)
        )
        if pair is None:
            without.append(path)
            continue
        before = pairs.get(pair.name)
        if before is None:
            pairs[pair.name] = pair
        elif before.rank != pair.rank:  # the surer rule has it
            better, worse = sorted((before, pair), key=lambda one: one.rank)
            pairs[pair.name] = better
            without.append(worse.path)
        elif _same(before.path) != _same(path):
            raise PicksError(
                f"expected one tomogram for {pair.name!r}, found {before.path} and {path}: say "
                f"which (--name {pair.name}=FILE), or give the one alone"
            )
    if not pairs:
        raise PicksError(_nothing_fits(tomograms, names, where))
    return Pairing(tuple(pairs.values()), tuple(without))


def by_name(path: Path, names: Sequence[str], *, is_common: bool = False) -> Pair | None:
    """The name that the file `path` goes by, by the rules of its name and its folders.

    Parameters
    ----------
    is_common
        Whether other files are called alike, so that folders may tell.
    """
    return _by_file(path, names) or _by_folder(path, names, is_common) or _by_words(path, names)


def _told(path: Path, known: Mapping[str, str], rule: str, rank: int) -> Pair | None:
    name = known.get(_same(path))
    return None if name is None else Pair(path, name, rule, rank)


def _by_file(path: Path, names: Sequence[str]) -> Pair | None:
    name = match_tomogram(path, names)
    return None if name is None else Pair(path, name, "its file name", BY_FILE)


def _by_folder(path: Path, names: Sequence[str], is_common: bool) -> Pair | None:
    """By the nearest folder that is called as a tomogram, where the file itself is not."""
    if not is_common and not is_generic(clean_name(path.name)):
        return None
    spelt = spellings(tuple(names))
    for folder in Path(os.path.abspath(path)).parents:  # noqa: PTH100  links keep their names
        clean = clean_name(folder.name)
        for spelling in (folder.name, clean, *shorter_names(clean)):
            found = spelt.by_clean_name.get(spelling, [])
            if len(found) == 1:
                return Pair(path, found[0], f"its folder {folder.name}", BY_FOLDER)
    return None


def _by_words(path: Path, names: Sequence[str]) -> Pair | None:
    """By what is left of the file's name without words that programs add, if that fits one."""
    spelt, clean = spellings(tuple(names)), clean_name(path.name)
    shorter = [clean, *shorter_names(clean)]
    for stage in shorter:
        if len(found := spelt.by_clean_name.get(stage, [])) == 1:
            rule = f"without {clean[len(stage) :]}" if clean.startswith(stage) else f"as {stage}"
            return Pair(path, found[0], rule, BY_WORDS)
    if len(found := spelt.by_bare_name.get(shorter[-1], [])) == 1:
        return Pair(path, found[0], f"both are {shorter[-1]}", BY_WORDS)
    if len(found := spelt.by_folded_name.get(shorter[-1].casefold(), [])) == 1:
        return Pair(path, found[0], "in another case", BY_WORDS)
    return None


def _same(path: Path) -> str:
    return str(path.resolve())


def _of_one_file(told: Mapping[str, Path]) -> tuple[str, str]:
    seen: dict[str, str] = {}
    for name, path in told.items():
        if (before := seen.setdefault(_same(path), name)) != name:
            return before, name
    raise AssertionError("unreachable: two names have one file")


def _nothing_fits(tomograms: Sequence[Path], names: Sequence[str], where: object) -> str:
    known = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
    if not tomograms:
        return (
            f"expected the tomograms of {known} in {where}, found none: give them, or a tomograms "
            "STAR that lists them (--tomograms)"
        )
    given = ", ".join(path.name for path in tomograms[:3])
    return (
        f"expected picks of {given}, found those of {known} in {where}: --name "
        f"{names[0]}={tomograms[0]} says that they belong together"
    )
