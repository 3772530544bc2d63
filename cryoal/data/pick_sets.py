"""Several sets of picks in one pool: what each is called, and how its boxes are told apart."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.errors import DuplicateKeyError, PicksError
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.data.pool import Pool
    from cryoal.data.sources import Source
    from cryoal.data.tomogram_record import TomogramRecord

__all__ = [
    "called",
    "in_pool",
    "keyed",
    "said_of_files",
    "said_of_keys",
    "said_of_names",
    "set_name",
]


def called(picks: Path) -> str:
    """A set of picks by the name of its file.

    Examples
    --------
    >>> called(Path("job7/particles.star.gz"))
    'particles'
    """
    return _word(Path(re.sub(r"\.(gz|bz2)$", "", picks.name)).stem)


def _word(name: str) -> str:
    return re.sub(r"\s+", "_", name)  # it is a cell of STAR files


def set_name(picks: Path, pool: Pool | None, told: str | None) -> str:
    """What the set of picks in the file `picks` is called beside those of `pool`.

    As the user says, else as when it was added before, else by the name of its file, with as many
    of its folders as it takes to tell it from other sets.

    Raises
    ------
    PicksError
        What the user says is no word.
    """
    if told is not None:
        if not told or told != _word(told.strip("/")) or not told.isprintable():
            raise PicksError(
                f"expected a word as name of this set of picks, found --source {told!r}"
            )
        return told
    where, name = picks.parent.resolve() / picks.name, called(picks)
    if pool is None:
        return name
    for part in pool.parts:
        if part.source_path == where and "source" not in part.told:
            return part.source
    taken = {part.source for part in pool.parts}
    for folder in where.parents:
        if name not in taken:
            break
        name = f"{_word(folder.name)}/{name}"
    return name


def in_pool(source: Source, pool: Pool, *, is_told: bool) -> Source:
    """`source` under the name that its tomogram has, or gets, in `pool`.

    Another tomogram of the same name, of another session that is, gets the folder as a prefix in
    which their paths differ; so do the keys. Not where the user has said the name.
    """
    own = source.name
    alike = [
        record for record in pool.tomograms if record.name.split("/")[-1] == own.split("/")[-1]
    ]
    for record in alike:
        if record.is_tomogram(source.file, [source.path]) and record.name.endswith(own):
            return _under(source, record.name.removesuffix(own))
    for record in alike:
        if record.name == own and record.path.name == source.path.name and not is_told:
            folder = _differing(source.path, record.path)
            return _under(source, f"{folder}/") if folder else source
    return source


def _under(source: Source, prefix: str) -> Source:
    keys = [f"{prefix}{key}" for key in source.keys]
    return replace(source, name=f"{prefix}{source.name}", keys=keys)


def _differing(path: Path, other: Path) -> str:
    """The last folder of `path` that is not called as that of `other`; "" where none is."""
    pairs = zip(reversed(path.parts[:-1]), reversed(other.parts[:-1]), strict=False)
    return next((one.strip("/") for one, two in pairs if one != two), "")


def keyed(
    sources: Sequence[Source], pool: Pool | None, name: str, *, is_told: bool, are_made: bool
) -> list[Source]:
    """`sources` with keys that no box of `pool` has.

    Keys begin with the name of the set where the user has told it, and where they are running
    numbers and the tomogram has boxes of another set. Running numbers that are taken go on behind
    the last one.

    Parameters
    ----------
    name
        Of the set.
    are_made
        Whether keys are running numbers, of a file that names no particles.

    Raises
    ------
    DuplicateKeyError
        The file names particles as the pool does, at other places.
    """
    others: set[str] = set()
    taken: set[str] = set()
    if pool is not None:
        taken = set(pool.keys)
        others = {t.name for part in pool.parts if part.source != name for t in part.tomograms}
    found = []
    for source in sources:
        keys = source.keys
        if is_told or (are_made and source.name in others):
            keys = [f"{name}/{key}" for key in keys]
        if are_made and not taken.isdisjoint(keys):
            keys = _numbered_behind(keys, taken)
        found.append(replace(source, keys=keys))
    known = [key for source in found for key in source.keys if key in taken]
    if pool is not None and known:
        raise DuplicateKeyError(
            f"expected keys that are new to {pool.path}, found {len(known)} that it has at other "
            f"places, first {known[0]!r}: if they are other particles, say what this set of picks "
            f"is called (--source NAME), which is put before its keys"
        )
    return found


def said_of_names(named: Sequence[Source], before: Sequence[Source]) -> list[str]:
    """A line for the first tomogram that :func:`in_pool` gave a prefix."""
    changed = [pair for pair in zip(named, before, strict=True) if pair[0].name != pair[1].name]
    if not changed:
        return []
    new, old = changed[0]
    more = f", and {len(changed) - 1} more in the same way" if len(changed) > 1 else ""
    return [
        f"{new.path} is another tomogram than the {old.name!r} that was added before: called "
        f"{new.name!r}{more} (--name {old.name}=FILE says that it is the same)"
    ]


def said_of_files(sources: Sequence[Source], pool: Pool) -> list[str]:
    """A line for the first tomogram whose file is none of those that it had in `pool`."""
    before: dict[str, list[TomogramRecord]] = {}
    for record in pool.tomograms:
        before.setdefault(record.name, []).append(record)
    changed = [
        (source, before[source.name][-1])
        for source in sources
        if source.name in before
        and not any(one.is_tomogram(source.file, [source.path]) for one in before[source.name])
    ]
    if not changed:
        return []
    (source, record), more = changed[0], len(changed) - 1
    return [
        f"{source.path} is another file than that of {record.name!r} before, {record.path}: taken "
        "for the same tomogram" + (f", and {more} more in the same way" if more else "")
    ]


def said_of_keys(sources: Sequence[Source], before: Sequence[Source], name: str) -> list[str]:
    """A line where :func:`keyed` put the name of the set before keys, though nobody said it."""
    pairs = zip(sources, before, strict=True)
    prefixes = [(new.keys[0], f"{name}/{old.keys[0].rpartition('/')[0]}/") for new, old in pairs]
    count = sum(key.startswith(prefix) for key, prefix in prefixes)
    if not count:
        return []
    of = how_many(count, "tomogram that has", "tomograms that have")
    return [f"keys begin with '{name}/' in {of} picks of another set (--source NAME says another)"]


def _numbered_behind(keys: Sequence[str], taken: set[str]) -> list[str]:
    base = keys[0].rpartition("/")[0]
    numbers = [
        int(number)
        for before, _, number in (key.rpartition("/") for key in taken)
        if before == base and number.isdecimal()
    ]
    start = 1 + max(numbers, default=-1)
    return [f"{base}/{number:06d}" for number in range(start, start + len(keys))]
