"""What is under a served folder: campaigns, tomograms and files of picks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryoal.campaign.settings_file import NAME
from cryoal.io.search import DEEPEST
from cryoal.io.volumes.open import suffixes
from cryoal.io.volumes.zarr_metadata import ZARR_METADATA

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

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


def look_around(under: Under, *, with_files: bool = True) -> Found:
    """What is under the folder, :data:`~cryoal.io.search.DEEPEST` folders deep at most.

    Links within the folder are followed, each folder is looked at once. What may not be read is
    passed over.
    """
    found, volumes = Found(), suffixes()
    n_left, seen, level = MOST_LOOKED_AT, {under.folder}, [under.folder]
    for depth in range(DEEPEST + 1):
        level, folders = [], level
        for folder in folders:
            for entry in _entries(under, folder):
                n_left -= 1
                if n_left < 0:
                    found.is_all = False
                    return found
                try:
                    is_folder = entry.is_dir()
                except OSError:  # links in a circle
                    continue
                if not is_folder and not with_files:
                    continue
                name = under.name(folder / entry.name)
                path = under.folder / name
                if not is_folder:
                    _file(found, name, path, volumes)
                    continue
                if entry.is_symlink():
                    path = path.resolve()
                if (path / NAME).is_file():
                    found.campaigns.append(name)
                elif any((path / each).is_file() for each in ZARR_METADATA):
                    found.tomograms.append((name, 0))
                elif path not in seen and depth < DEEPEST:
                    seen.add(path)
                    level.append(path)
    return found


def _entries(under: Under, folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        yield from under.entries(folder)
    except OSError:
        return


def _file(found: Found, name: str, path: Path, volumes: tuple[str, ...]) -> None:
    lower = name.lower()
    for packed in PACKED:
        lower = lower.removesuffix(packed)
    if not lower.endswith((*volumes, *PICKS)):
        return
    try:
        size = path.stat().st_size
    except OSError:
        return
    if lower.endswith(volumes):
        found.tomograms.append((name, size))
    if lower.endswith(PICKS):
        found.picks.append((name, size))
