"""What one import added to a pool: its boxes, and everything known about them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.checks import CHECK, is_whole, with_check
from cryoal.data.arrays import check_of_file, read_array, read_attributes, read_text
from cryoal.data.check_writer import CHECKS_OF
from cryoal.data.lazy_boxes import LazyBoxes, Origin
from cryoal.data.left_out import from_columns
from cryoal.data.moved import name_of
from cryoal.data.pick_sets import called
from cryoal.data.shards import BoxShards
from cryoal.data.text_columns import read_text_columns
from cryoal.data.tomogram_record import TomogramRecord
from cryoal.errors import DamagedBoxError, PoolError
from cryoal.records import entries, is_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.data.boxes import Boxes
    from cryoal.data.left_out import LeftOut
    from cryoal.data.moved import Moved
    from cryoal.io.star import StarTable
    from cryoal.io.texts import Texts
    from cryoal.records import Json

__all__ = ["ABOUT", "VERSION", "PoolPart", "sealed"]

VERSION = 3
"""Of the layout on disk; a reader refuses what is newer.

Since 2 a check follows each box, chunks of zeros are stored as well, and what a part says of itself
carries a check and those of the metadata of its arrays. Parts of version 3 are those whose boxes
stay in their tomograms; others are written as 2, which earlier readers know.
"""

STORED = 2

ABOUT = "cryoal_pool_part"
"""Attribute of a part's group that says what it is."""

NUMBERS = {
    "position_zyx_angstrom": ("float64", (3,)),
    "coordinate_zyx_angstrom": ("float64", (3,)),
    "tomogram": ("int32", ()),
    "inside_fraction": ("float32", ()),
}
"""Type of each numeric column, and the shape of what it holds for one box."""

ARRAYS = ("keys", "columns", "blocks", *NUMBERS)

BOXES = "boxes"

SHOWN = "shown"
"""Boxes to look at, where an import came with volumes for that."""

LAZY = "lazy"
"""What a part says of boxes that stay in their tomograms: their dtypes, by what they are for."""

LEFT_OUT = "left_out"
"""Text that is there where an import left picks out."""


def sealed(about: Mapping[str, Json], folder: Path) -> dict[str, Json]:
    """What a part in `folder` says of itself, with the checks of its arrays' metadata and its own.

    Raises
    ------
    PoolError
        An array is missing.
    """
    is_lazy = LAZY in about
    may_be = (LEFT_OUT, SHOWN, CHECKS_OF[SHOWN])
    names = [*ARRAYS, CHECKS_OF[BOXES] if is_lazy else BOXES]
    names += [name for name in may_be if is_there(folder / name)]
    checks = {name: check_of_file(folder / name / "zarr.json") for name in names}
    version = VERSION if is_lazy else STORED
    return with_check({**about, "version": version, "metadata_checks": checks})


def _found(record: TomogramRecord, campaign: Path, moved: Moved) -> TomogramRecord:
    """The record of a part, with where its tomogram is now."""
    shown = record.shown
    if shown is not None:
        first, *others = [*moved.get(name_of(record.of_shown()), ()), shown.path]
        shown = replace(shown, path=first, elsewhere=tuple(others))
    first, *others = [*moved.get(name_of(record), ()), record.path]
    return replace(record, path=first, elsewhere=tuple(others), shown=shown, campaign=campaign)


@dataclass(frozen=True)
class PoolPart:
    """One import of a pool: rows `start` to `stop` of it.

    `source_path` and `source_format` are those of the picks, `source_tomograms` is the tomograms
    STAR that was given with them, which older pools do not remember. `told` is what the user said
    when it was added, by option (``coordinate_spacing``); older pools remember none of it.
    `source` is what the set of picks is called; `score_column` and `group_column` are the columns
    of the picker's score and of the filament's number, "" where there are none. `keys`, positions
    and the rest are in pool order; so are the text columns of the picks, which are read when asked
    for.
    """

    path: Path
    version: int
    start: int
    stop: int
    box: int
    voxel_spacing: float
    added: str
    source_path: Path
    source_format: str
    tomograms: tuple[TomogramRecord, ...]
    source_tomograms: Path | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    score_column: str = ""
    group_column: str = ""
    lazy: Mapping[str, str] = field(default_factory=dict)
    """The dtype of boxes that stay in their tomograms, and of those to look at, by the name of
    their array; empty where they are stored."""

    @classmethod
    def open(cls, path: Path, start: int, moved: Moved | None = None) -> PoolPart:
        """The part in `path`, whose first row is row `start` of the pool.

        `moved` says where tomograms are now; where they were when the boxes were cut if None.

        Raises
        ------
        PoolError
            Damaged, or written by a newer cryoal.
        """
        if is_there(path) and path.is_dir() and not entries(path):
            raise PoolError(
                f"expected a part of a pool, found an empty folder {path}: restore it from a copy, "
                f"or remove it if nothing was in it"
            )
        attributes = read_attributes(path)
        try:
            about = attributes[ABOUT]
            version = int(about["version"])
            if version > VERSION and is_whole(about):
                raise PoolError(
                    f"expected a pool of version {VERSION} or less, found {version} in {path}: "
                    f"written by a newer cryoal"
                )
            part = cls.from_about(about, path, start, moved)
            if not is_whole(about) or (version != 1 and CHECK not in about):
                raise PoolError(
                    f"expected {path / 'zarr.json'} as it was written, found it changed"
                    f"{part.remedy()}"
                )
            checks = dict(about["metadata_checks"]) if version != 1 else {}
        except (AttributeError, LookupError, TypeError) as error:
            raise PoolError(f"expected a part of a pool in {path}, found {error!r}") from error
        except PoolError:
            raise
        except ValueError as error:
            raise PoolError(f"expected a part of a pool in {path}, found {error}") from error
        for name, check in checks.items():
            part._compare(name, check)
        return part

    @classmethod
    def from_about(
        cls, about: Mapping[str, Any], path: Path, start: int, moved: Moved | None = None
    ) -> PoolPart:
        """The part in `path` that says `about` of itself; no file is looked at.

        LookupError, TypeError, ValueError or AttributeError where `about` is damaged.
        """
        listed = about.get("source_tomograms")
        return cls(
            path=path,
            version=int(about["version"]),
            start=start,
            stop=start + int(about["n_boxes"]),
            box=int(about["box"]),
            voxel_spacing=float(about["voxel_spacing"]),
            added=str(about["added"]),
            source_path=Path(about["source_path"]),
            source_format=str(about["source_format"]),
            tomograms=tuple(
                _found(TomogramRecord.from_json(t), path.parent.parent, moved or {})
                for t in about["tomograms"]
            ),
            source_tomograms=None if listed is None else Path(listed),
            told=dict(about.get("told", {})),
            score_column=str(about.get("score_column") or ""),
            group_column=str(about.get("group_column") or ""),
            lazy={str(name): np.dtype(d).name for name, d in about.get(LAZY, {}).items()},
            source=str(about.get("source") or called(Path(about["source_path"]))),
        )

    def _compare(self, name: str, check: str) -> None:
        metadata = self.path / name / "zarr.json"
        try:
            found = check_of_file(metadata)
        except PoolError as error:
            raise PoolError(f"{error}{self.remedy()}") from error
        if found != check:
            raise PoolError(
                f"expected {metadata} as it was written, found it changed{self.remedy()}"
            )

    def remedy(self) -> str:
        """What can be done where this part is damaged: the end of a line."""
        names = [record.name for record in self.tomograms]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return (
            f": restore it from a copy, or move {self.path.name} out of {self.path.parent} and add "
            f"its picks ({self.source_path}, of {names[0] if names else 'no tomogram'}{more}) again"
        )

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def is_lazy(self) -> bool:
        """Whether its boxes stay in their tomograms."""
        return bool(self.lazy)

    @cached_property
    def boxes(self) -> Boxes:
        """The boxes; PoolError when they are stored and not all there."""
        if self.is_lazy:
            return self._lazy(BOXES, [Origin(record) for record in self.tomograms])
        return self._stored(BOXES, "")

    @cached_property
    def shown(self) -> Boxes | None:
        """The boxes to look at; None where those that are learnt from are looked at."""
        if self.is_lazy and SHOWN in self.lazy:
            origins = [Origin(record.of_shown(), record) for record in self.tomograms]
            return self._lazy(SHOWN, origins)
        return self._stored(SHOWN, " to look at") if is_there(self.path / SHOWN) else None

    def _lazy(self, name: str, origins: Sequence[Origin]) -> LazyBoxes:
        dtype, checks = np.dtype(self.lazy[name]), CHECKS_OF[name]
        return LazyBoxes(self.path, len(self), self.box, dtype, origins, self.array, checks)

    def know(self, position: NDArray[np.float64], owner: NDArray[np.integer[Any]]) -> None:
        """Take what a pool has read of boxes that stay in their tomograms; see LazyBoxes."""
        for boxes in (self.boxes, self.shown if SHOWN in self.lazy else None):
            if isinstance(boxes, LazyBoxes):
                boxes.know(position, owner)

    def _stored(self, name: str, what_for: str) -> BoxShards:
        boxes = BoxShards(self.path / name)
        if (len(boxes), boxes.box) != (len(self), self.box):
            raise PoolError(
                f"expected {len(self)} boxes of {self.box} voxels{what_for}, found {len(boxes)} of "
                f"{boxes.box} in {self.path if name == BOXES else boxes.path}"
            )
        return boxes

    def read_into(
        self, out: NDArray[Any], slots: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        """Read boxes as :meth:`Boxes.read_into` does; `rows` are those of this part.

        Raises
        ------
        DamagedBoxError
            A box is not the one that was written; names it and its tomogram.
        PoolError
            A shard is missing or damaged.
        """
        try:
            self.boxes.read_into(out, slots, rows)
        except DamagedBoxError as error:
            raise self.another_box(error.row, error.path) from error

    def another_box(self, row: int, path: Path | None) -> DamagedBoxError:
        """What is raised where a box is not the one that was written, with its key and tomogram."""
        key = self.keys()[row]
        name = self.tomograms[int(self.array("tomogram")[row])].name
        return DamagedBoxError(
            f"expected the box of {key!r} in {name} as it was written, found it changed in "
            f"{path}{self.remedy()}",
            row,
            path,
        )

    def array(self, name: str) -> NDArray[Any]:
        """A numeric column, one value or row for each box.

        Raises
        ------
        PoolError
            Absent, damaged, or of another length.
        """
        dtype, shape = NUMBERS[name]
        # version 1 stored no zeros, so of one tomogram there was nothing to store
        is_implied = self.version == 1 and name == "tomogram" and len(self.tomograms) == 1
        try:
            values = read_array(
                self.path / name, (len(self), *shape), dtype, absent_is_zero=is_implied
            )
        except PoolError as error:
            raise PoolError(f"{error}{self.remedy()}") from error
        if name == "tomogram" and not (values < len(self.tomograms)).all():
            raise PoolError(
                f"expected numbers of {len(self.tomograms)} tomograms in {self.path / name}, found "
                f"{values.max()}{self.remedy()}"
            )
        return values

    def keys(self) -> list[str]:
        """The keys, in pool order; PoolError where they are damaged."""
        return self._texts("keys", self._text("keys"))

    def columns(self) -> dict[str, Texts]:
        """The picks' columns as text, in the order of the file; rows in pool order.

        They are packed, and each cell is made when it is asked for.

        Raises
        ------
        PoolError
            Absent, damaged, or of another length.
        """
        try:
            return read_text_columns(self.path / "columns", len(self))
        except PoolError as error:
            raise PoolError(f"{error}{self.remedy()}") from error

    def blocks(self) -> dict[str, StarTable]:
        """The other blocks of the picks' STAR file: optics, general."""
        blocks: dict[str, StarTable] = self._table("blocks")
        return blocks

    def left_out(self) -> list[LeftOut]:
        """The picks of which this import made no box; none of older pools."""
        if not is_there(self.path / LEFT_OUT):
            return []
        return from_columns(self._text(LEFT_OUT), self.path)

    def _text(self, name: str) -> Any:
        try:
            return read_text(self.path / name)
        except PoolError as error:
            raise PoolError(f"{error}{self.remedy()}") from error

    def _table(self, name: str) -> dict[str, Any]:
        found = self._text(name)
        if not isinstance(found, dict):
            raise PoolError(f"expected a table in {self.path / name}, found {type(found).__name__}")
        return found

    def _texts(self, what: str, found: object) -> list[str]:
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise PoolError(f"expected texts in {what} of {self.path}, found {type(found)}")
        self._require_each(what, found)
        return found

    def _require_each(self, what: str, found: Sequence[str]) -> None:
        if len(found) != len(self):
            raise PoolError(
                f"expected {len(self)} values, found {len(found)} in {what} of {self.path}"
            )
