"""The boxes of a pool cut anew, of another size or from another level, under the same keys."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.arrays import read_attributes, write_array, write_group, write_text, write_texts
from cryoal.data.as_added import require_as_added
from cryoal.data.check_writer import CHECKS_OF, box_writer
from cryoal.data.given import Mask, parse_slab
from cryoal.data.left_out import to_columns
from cryoal.data.normalise import is_beyond
from cryoal.data.pool_part import ABOUT, BOXES, LAZY, LEFT_OUT, NUMBERS, SHOWN, sealed
from cryoal.data.shown import write_shown
from cryoal.data.staging import COUNT, require_space
from cryoal.data.statistics import Statistics
from cryoal.data.tomogram import Tomogram
from cryoal.data.tomogram_record import TomogramRecord
from cryoal.errors import PoolError, TomogramError
from cryoal.io.fingerprint import fingerprint
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.open import open_volume
from cryoal.progress import SILENT
from cryoal.records import flush

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.given import Given
    from cryoal.data.pool import Pool
    from cryoal.data.pool_part import PoolPart
    from cryoal.data.tomogram_record import Shown
    from cryoal.io.volumes.base import Volume
    from cryoal.progress import Progress

__all__ = ["Recut", "cut_anew"]

SPACING_TOLERANCE = 1e-3  # as for tomograms that join a pool
CUT_AT_ONCE = 64
TABLE_BYTES = 1000  # on disk for what is known of a box besides its voxels, generously


@dataclass
class Recut:
    """What has become of the boxes."""

    n_boxes: int
    box: int
    voxel_spacing: float
    n_border: int = 0
    """Boxes that reach beyond their tomogram."""
    n_not_finite: int = 0
    """Boxes with voxels that are NaN or infinite, which are filled as if outside."""
    notes: list[str] = field(default_factory=list)


def cut_anew(
    pool: Pool, target: Path, *, box: int, level: str | None = None, progress: Progress = SILENT
) -> Recut:
    """Write to `target` the pool `pool` with boxes of `box` voxels, cut from `level`.

    Keys, order, positions, columns and everything else stay. Where the level stays, so do the
    centre and scale of each tomogram.

    Parameters
    ----------
    target
        A folder that is not there yet.
    level
        Name or number; empty for the finest; None for the one that each tomogram was cut from.

    Raises
    ------
    TomogramError
        A tomogram is not where it was, or has no such level.
    DamagedBoxError
        A tomogram no longer holds a box that was added from it.
    PoolError
        The tomograms have different spacings at this level; a full disk.
    """
    if box < 8 or box % 2:
        raise PoolError(f"expected an even box size of 8 or more, found {box}")
    records = [_at_level(record, level) for record in progress.track(
        pool.tomograms, "looking at tomograms", len(pool.tomograms), "tomograms"
    )]  # fmt: skip
    spacing = records[0].voxel_spacing
    for record in records:
        if abs(record.voxel_spacing - spacing) > SPACING_TOLERANCE * spacing:
            raise PoolError(
                f"expected a voxel spacing of {spacing:g} A as in {records[0].name}, found "
                f"{record.voxel_spacing:g} A in {record.name} at this level"
            )
    told = Recut(len(pool), box, spacing)
    n_stored = sum(len(part) for part in pool.parts if not part.is_lazy)
    require_space(pool.path.parent, n_stored * box**3 * 4 + len(pool) * TABLE_BYTES)
    target.mkdir()
    write_group(target, {})
    first, measured = 0, dict[tuple[str, str], Statistics]()
    for part in pool.parts:
        n_here = len(part.tomograms)
        _write_part(
            part,
            records[first : first + n_here],
            target / part.path.name,
            told,
            measured,
            level,
            progress,
        )
        first += n_here
    number = 1 + int(pool.parts[-1].path.name.rpartition("_")[2])
    write_group(target, {COUNT: number})
    for path in (*target.rglob("*"), target):
        flush(path)
    return told


def _at_level(record: TomogramRecord, level: str | None) -> TomogramRecord:
    """What is known of a tomogram once it is read at `level`; it is the one that was cut."""
    with record.open() as volume:
        if level is None or level == record.level:
            return record
        finest = record.geometry.voxel_spacing
        # its spacing as that of the finest one is known, which may not be what the header says
        with _opened(record, volume.path, level, 1.0) as scaled:
            found = finest if scaled.level is None else finest / scaled.level.finest_spacing
        with _opened(record, volume.path, level, found) as coarse:
            which = coarse.level
            return replace(
                record,
                path=volume.path,
                shape=coarse.shape,
                voxel_spacing=float(f"{found:.9g}"),
                level="" if which is None else which.name,
                offset_zyx=(0.0, 0.0, 0.0) if which is None else which.offset_zyx,
                file=fingerprint(coarse),
            )


@contextmanager
def _at_level_of(
    was: TomogramRecord, tomogram: Tomogram, record: TomogramRecord
) -> Iterator[Tomogram]:
    """The tomogram as its boxes were cut from it."""
    if record.level == was.level:
        yield tomogram
        return
    with Tomogram(was.name, was.path, was.open()) as before:
        yield before


def _opened(record: TomogramRecord, path: Path, level: str, spacing: float) -> Volume:
    told = Told(
        spacing, level=level, axes=record.axes or None, looks_at_bytes=record.looked_at_bytes
    )
    return open_volume(path, told=told)


def _write_part(
    part: PoolPart,
    records: list[TomogramRecord],
    folder: Path,
    told: Recut,
    measured: dict[tuple[str, str], Statistics],
    level: str | None,
    progress: Progress,
) -> None:
    folder.mkdir()
    box = told.box
    about: dict[str, Any] = dict(read_attributes(part.path)[ABOUT])
    position, owner = part.array("position_zyx_angstrom"), part.array("tomogram")
    inside = np.empty(len(part), np.float32)
    writer, done = None, 0
    for number, record in enumerate(records):
        rows = np.flatnonzero(owner == number)
        if rows.size and (rows[0] != done or not (np.diff(rows) == 1).all()):
            raise PoolError(f"expected boxes tomogram by tomogram, found others in {part.path}")
        was = part.tomograms[number]
        with (
            Tomogram(record.name, record.path, record.open()) as tomogram,
            _at_level_of(was, tomogram, record) as before,
        ):
            found = _statistics(tomogram, was, record, measured)
            if writer is None:
                dtype = np.result_type(*(_dtype(each) for each in records))
                writer = box_writer(folder, BOXES, len(part), box, dtype, lazy=part.is_lazy)
                if part.is_lazy:
                    about[LAZY] = {BOXES: dtype.name}
            n_beyond = 0
            for start in progress.track(
                range(0, len(rows), CUT_AT_ONCE), f"cutting {record.name}", unit="blocks"
            ):
                here = rows[start : start + CUT_AT_ONCE]
                require_as_added(part, here, position[here], before, was.center)
                cut, share = tomogram.cut(position[here], box, found.center)
                is_hole = ~np.isfinite(cut)
                holes = is_hole.sum(axis=(1, 2, 3))
                cut[is_hole] = found.center
                inside[here] = np.maximum(share - holes / box**3, 0)
                told.n_not_finite += int((holes > 0).sum())
                told.n_border += int((share < 1).sum())
                n_beyond += int(is_beyond(cut, found.center, found.scale).sum())
                for each in cut:
                    writer.append(each)
        done += len(rows)
        known = replace(
            record,
            center=found.center,
            scale=found.scale,
            empty_share=found.empty_share,
            specimen=found.specimen,
            n_beyond=n_beyond,
        ).to_json()
        if record.level == was.level:
            # as it was first told: what has moved since is laid over it
            known["path"] = about["tomograms"][number]["path"]
        about["tomograms"][number] = known
    assert writer is not None
    writer.finish()
    _write_shown(part, about, position, owner, folder, told, progress)
    for name in NUMBERS:
        write_array(folder / name, inside if name == "inside_fraction" else part.array(name))
    write_text(folder / "keys", part.keys())
    write_texts(folder / "columns", part.columns().items())
    write_text(folder / "blocks", part.blocks())
    if missing := part.left_out():
        write_text(folder / LEFT_OUT, to_columns(missing))
    for name in ("check", "version", "metadata_checks"):
        about.pop(name, None)
    about |= {"box": box, "voxel_spacing": told.voxel_spacing}
    if level is not None:
        about["told"] = {**about.get("told", {}), "level": level}
    write_group(folder, {ABOUT: sealed(about, folder)})


def _write_shown(
    part: PoolPart,
    about: dict[str, Any],
    position: NDArray[np.float64],
    owner: NDArray[np.int32],
    folder: Path,
    told: Recut,
    progress: Progress,
) -> None:
    """The boxes to look at, where there were some and their volumes fit the level."""
    if part.shown is None:
        return
    records = [TomogramRecord.from_json(record) for record in about["tomograms"]]
    paths = [record.shown.path for record in records if record.shown is not None]
    where = [position[owner == number] for number in range(len(records))]
    found: list[Shown | None] = [None] * len(records)
    try:
        found[:], dtype = write_shown(
            folder, records, paths, where, told.box, None, progress, lazy=part.is_lazy
        )
        if part.is_lazy:
            about[LAZY] |= {SHOWN: dtype.name}
    except TomogramError as error:
        for name in (SHOWN, CHECKS_OF[SHOWN]):
            shutil.rmtree(folder / name, ignore_errors=True)
        told.notes.append(f"the boxes to learn from are looked at from now on: {error}")
    for number, shown in enumerate(found):
        about["tomograms"][number] = replace(records[number], shown=shown).to_json()


def _statistics(
    tomogram: Tomogram,
    before: TomogramRecord,
    record: TomogramRecord,
    measured: dict[tuple[str, str], Statistics],
) -> Statistics:
    """Those of before where the level is the same; else measured, once for each tomogram."""
    if record.level == before.level:
        return Statistics(before.center, before.scale, before.empty_share, before.specimen)
    which = (str(record.path), record.level)
    if which not in measured:
        measured[which] = tomogram.statistics(_given(before, record))
    return measured[which]


def _given(before: TomogramRecord, record: TomogramRecord) -> Given | None:
    """Where the user said that specimen is, in the sections of another level."""
    if before.mask is not None:
        return Mask(before.mask)
    if not before.specimen.startswith("slab "):
        return None
    slab = parse_slab(before.specimen.removeprefix("slab "))
    factor = record.shape[0] / before.shape[0]
    stop = min(record.shape[0], max(round(slab.stop * factor), 1))
    return replace(slab, start=min(round(slab.start * factor), stop - 1), stop=stop)


def _dtype(record: TomogramRecord) -> np.dtype[Any]:
    with record.open() as volume:
        return volume.dtype
