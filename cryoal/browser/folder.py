"""What is under a served folder: campaigns, tomograms and files of picks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryoal.campaign.settings_file import NAME
from cryoal.io.search import DEEPEST
from cryoal.io.volumes.open import suffixes
from cryoal.io.volumes.zarr_metadata import ZARR_METADATA

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from cryoal.browser.under import Under
    from cryoal.records import Json

__all__ = ["Found", "look_around"]

MOST_LOOKED_AT = 50_000
"""Names: a folder of everything is not searched to its end."""

MOST_LISTED = 5_000
"""Files of each kind that a page is told of."""

PICKS = (
    *(".star", ".csv", ".tsv", ".txt", ".coords", ".json", ".ndjson", ".tbl", ".mod", ".em"),
    *(".xml", ".cbox", ".box", ".motl"),
)
PACKED = (".gz", ".bz2")


@dataclass
class Found:
    """Names under the folder; campaigns are not looked into."""

    campaigns: list[str] = field(default_factory=list)
    tomograms: list[tuple[str, int]] = field(default_factory=list)
    """With their sizes in bytes; 0 of a folder."""
    picks: list[tuple[str, int]] = field(default_factory=list)
    is_all: bool = True
    """Whether there was no more to look at."""

    def files(self) -> dict[str, Json]:
        """The files, for a page."""
        return {
            "tomograms": [list(entry) for entry in self.tomograms[:MOST_LISTED]],
            "picks": [list(entry) for entry in self.picks[:MOST_LISTED]],
            "is_all": self.is_all and max(len(self.tomograms), len(self.picks)) <= MOST_LISTED,
        }


def look_around(under: Under) -> Found:
    """Everything under the folder, :data:`~cryoal.io.search.DEEPEST` folders deep at most.

    Links within the folder are followed, each folder is looked at once. What may not be read is
    passed over.
    """
    found, volumes = Found(), suffixes()
    n_left, seen, level = MOST_LOOKED_AT, {under.folder}, [under.folder]
    for depth in range(DEEPEST + 1):
        level, folders = [], level
        for folder in folders:
            for entry, path in _entries(under, folder):
                n_left -= 1
                if n_left < 0:
                    found.is_all = False
                    return found
                name = under.name(folder / entry.name)
                if not path.is_dir():
                    _file(found, name, path, volumes)
                elif (path / NAME).is_file():
                    found.campaigns.append(name)
                elif any((path / each).is_file() for each in ZARR_METADATA):
                    found.tomograms.append((name, 0))
                elif path not in seen and depth < DEEPEST:
                    seen.add(path)
                    level.append(folder / entry.name if path == folder / entry.name else path)
    return found


def _entries(under: Under, folder: Path) -> Iterator[tuple[os.DirEntry[str], Path]]:
    try:
        for entry in under.entries(folder):
            yield entry, Path(entry.path).resolve() if entry.is_symlink() else Path(entry.path)
    except OSError:
        return


def _file(found: Found, name: str, path: Path, volumes: tuple[str, ...]) -> None:
    lower = name.lower()
    for packed in PACKED:
        lower = lower.removesuffix(packed)
    try:
        size = path.stat().st_size
    except OSError:
        return
    if lower.endswith(volumes):
        found.tomograms.append((name, size))
    if lower.endswith(PICKS):
        found.picks.append((name, size))
