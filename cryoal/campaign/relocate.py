"""Telling a campaign where its tomograms are now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryoal.data.moved import name_of, write_moved
from cryoal.errors import CryoALError, TomogramError
from cryoal.how_many import how_many
from cryoal.io.fingerprint import fingerprint
from cryoal.io.picks.names import clean_name
from cryoal.io.search import find_by_name
from cryoal.io.volumes.zarr_metadata import is_zarr
from cryoal.progress import SILENT
from cryoal.records import is_there

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.data.pool import Pool
    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.fingerprint import Fingerprint
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["Relocation", "relocate"]


@dataclass
class Relocation:
    """What has become of each tomogram of a campaign; names are those of the picks."""

    there: list[str] = field(default_factory=list)
    """Where they were."""
    found: list[tuple[str, Path]] = field(default_factory=list)
    """Found elsewhere, and recorded."""
    missing: list[tuple[str, Path]] = field(default_factory=list)
    """Not found, and where they were."""
    refused: list[str] = field(default_factory=list)
    """A line for each file that was found by its name and is another tomogram, or unreadable."""

    def as_json(self) -> dict[str, Json]:
        """Every fact by name."""
        return {
            "there": self.there,
            "found": [{"tomogram": name, "path": str(path)} for name, path in self.found],
            "missing": [{"tomogram": name, "was": str(path)} for name, path in self.missing],
            "refused": self.refused,
        }

    def lines(self) -> list[str]:
        """The facts as a person would say them."""
        n = len(self.there)
        there = how_many(n, "tomogram is where it was", "tomograms are where they were")
        return [
            *([there] if n else []),
            *(f"found: {name} is {path}" for name, path in self.found),
            *(f"refused: {line}" for line in self.refused),
            *(f"missing: {name}, which was {path}" for name, path in self.missing),
        ]


def relocate(
    campaign: Campaign, places: Sequence[Path], *, progress: Progress = SILENT
) -> Relocation:
    """Look for the tomograms that are not where they were, and record where they are.

    Parameters
    ----------
    places
        Folders, in which files are looked for by name; and tomograms, whatever they are called.

    Raises
    ------
    TomogramError
        One of `places` is not there, or its path cannot be recorded.
    PoolError
        Nothing has been added yet, or what was told before is damaged.
    """
    places = [_checked(place) for place in places]
    told = Relocation()
    lost: list[TomogramRecord] = []
    pool = campaign.pool
    records = {name_of(record): record for record in (*pool.tomograms, *_cut_to_look_at(pool))}
    for record in progress.track(
        list(records.values()), "looking where they were", unit="tomograms"
    ):
        if _opens(record):
            told.there.append(record.name)
        else:
            lost.append(record)
    search = _Search(places, lost, told.refused) if lost else None
    moved: dict[tuple[str, str], Path] = {}
    for record in progress.track(lost, "comparing", unit="tomograms"):
        path = search.find(record) if search else None
        if path is None:
            told.missing.append((record.name, record.path))
        else:
            told.found.append((record.name, path))
            moved[name_of(record)] = path
    if moved:
        write_moved(campaign.pool_path, moved)
    return told


def _cut_to_look_at(pool: Pool) -> list[TomogramRecord]:
    """Volumes to look at from which boxes are cut at each reading."""
    lazy = [part for part in pool.parts if part.is_lazy]
    return [r.of_shown() for part in lazy for r in part.tomograms if r.shown is not None]


def _checked(place: Path) -> Path:
    if not is_there(place):
        raise TomogramError(f"expected a folder or a tomogram, found nothing at {place}")
    resolved = place.parent.resolve() / place.name if place.name else place.resolve()
    try:
        str(resolved).encode()
    except UnicodeEncodeError:
        raise TomogramError(f"expected a path in UTF-8, found {str(resolved)!r}") from None
    return resolved


def _opens(record: TomogramRecord) -> bool:
    try:
        record.open().close()
    except (CryoALError, OSError):
        return False
    return True


class _Search:
    """Files that may be the lost tomograms; each is opened once at most.

    Parameters
    ----------
    refused
        Gets a line for each file that has the right name and is another.
    """

    def __init__(
        self, places: Sequence[Path], lost: Sequence[TomogramRecord], refused: list[str]
    ) -> None:
        names = {place.name for record in lost for place in record.places}
        self._named = [p for p in places if p.is_file() or is_zarr(p)]
        self._by_name: dict[str, list[Path]] = {}
        self._refused = refused
        self._seen: dict[tuple[Path, str], tuple[tuple[int, ...], Fingerprint] | str] = {}
        for place in places:
            if place in self._named:
                continue
            found, unreadable = find_by_name(place, names)
            refused += unreadable
            for name, paths in found.items():
                self._by_name.setdefault(name, []).extend(paths)

    def find(self, record: TomogramRecord) -> Path | None:
        """The file of `record`; None where there is none, or where two may be it."""
        called = dict.fromkeys(p for n in record.places for p in self._by_name.get(n.name, []))
        called |= dict.fromkeys(p for p in self._named if _has_its_name(p, record))
        named = [p for p in self._named if p not in called] if record.file else []
        fitting: list[Path] = []
        refused: list[str] = []
        # in a copy of a whole tree the folders above are called the same, too
        for path in [*sorted(called, key=lambda p: (-_alike(p, record), str(p))), *named]:
            another = self._compare(record, path)
            if not another:
                fitting.append(path)
                if record.file:  # which tells one tomogram from all others
                    return path
            elif path in called:
                refused.append(another)
        if len(fitting) > 1 and _alike(fitting[0], record) == _alike(fitting[1], record):
            refused.append(
                f"expected one file for {record.name}, which an older cryoal added without a "
                f"digest, found {fitting[0]} and {fitting[1]}: name the one"
            )
            fitting = []
        if not fitting:
            self._refused += [line for line in refused if line not in self._refused]
        return fitting[0] if fitting else None

    def _compare(self, record: TomogramRecord, path: Path) -> str:
        which = (path, record.level)
        if which not in self._seen:
            try:
                with record.open_at(path) as volume:
                    self._seen[which] = volume.shape, fingerprint(volume)
            except (CryoALError, OSError) as error:
                self._seen[which] = str(error)
        seen = self._seen[which]
        return seen if isinstance(seen, str) else record.difference(path, *seen)


def _has_its_name(path: Path, record: TomogramRecord) -> bool:
    names = {place.name for place in record.places}
    return path.name in names or clean_name(path.name) == clean_name(record.name)


def _alike(path: Path, record: TomogramRecord) -> int:
    """How many folders above `path` are called as those above where the tomogram was."""

    def shared(other: Path) -> int:
        pairs = list(zip(reversed(path.parts), reversed(other.parts), strict=False))
        return next((n for n, (one, two) in enumerate(pairs) if one != two), len(pairs))

    return max(shared(place) for place in record.places)
