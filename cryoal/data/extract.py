"""Boxes cut from tomograms at picks, into a pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.data.arrays import write_array, write_group, write_text
from cryoal.data.cutter import Cutter, first_record
from cryoal.data.given import masks_by_name
from cryoal.data.pool import Pool
from cryoal.data.pool_part import ABOUT, sealed
from cryoal.data.shard_writer import ShardWriter
from cryoal.data.sources import Source, check_source, paired, require_spacing
from cryoal.data.staging import require_space, staging
from cryoal.data.tomogram import Tomogram
from cryoal.data.tomogram_record import TomogramRecord
from cryoal.errors import DuplicateKeyError, PoolError
from cryoal.progress import SILENT
from cryoal.records import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.density import Density
    from cryoal.data.given import Given, Slab
    from cryoal.io.picks.picks import Picks
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["AddReport", "extract"]

TABLE_BYTES = 1000  # on disk for what is known of a box besides its voxels, generously


@dataclass(frozen=True)
class AddReport:
    """What an import did, and what the user should hear about it."""

    n_added: int
    n_in_tomogram: dict[str, int]
    names_without_tomogram: list[str]
    """In the picks, but no file was given for them."""
    tomograms_without_picks: list[Path]
    n_border: int
    """Boxes that reach beyond their tomogram; their inside fraction is below 1."""
    empty_share: dict[str, float]
    """Of each tomogram, what was left out of background and scatter as empty."""
    n_beyond: dict[str, int]
    """Voxels of boxes, in each tomogram, that are bounded when they are read."""
    n_not_finite: dict[str, int]
    """Voxels of boxes, in each tomogram, that were NaN or infinite: filled as outside of it."""
    density: Density
    density_guessed: bool
    notes: list[str]


def extract(
    pool_path: Path,
    tomograms: Sequence[Path],
    picks: Picks,
    *,
    box: int,
    voxel_spacing: float | None = None,
    density: Density | None = None,
    masks: Sequence[Path] = (),
    slab: Slab | None = None,
    scratch: Path | None = None,
    named: Mapping[str, Path] | None = None,
    listed: Mapping[str, Path] | None = None,
    progress: Progress = SILENT,
) -> AddReport:
    """Cut a box at each pick and add them to the pool in `pool_path`, which need not exist yet.

    All boxes are added or none. Files and picks are checked before anything is written; a call
    that fails or is killed leaves the pool as it was. Rows of the pool follow the order of
    `tomograms` and, within one, that of the picks.

    Parameters
    ----------
    box
        Edge of a box in voxels, even; one size for a pool.
    voxel_spacing
        Angstrom; takes the place of what the tomograms' headers say.
    density
        Whether particles are lighter or darker than background. When None it is that of the
        pool's last import, or guessed from the boxes if there is none and they tell.
    masks
        Volumes that are not 0 where a tomogram has specimen, called as the tomograms are, or
        folders of such; a mask for each tomogram, or none.
    slab
        The sections that hold specimen, in place of masks; the same for all tomograms.
    scratch
        Folder to unpack compressed tomograms in; that of the pool when None.
    named
        The file of a name in the picks, as the user says it; `tomograms` need not hold it.
    listed
        The same as RELION's table of tomograms lists it; of those that `tomograms` holds, or of all
        where it holds none.

    Raises
    ------
    TomogramError
        A tomogram that cannot be read safely, or has nothing to measure.
    PicksError
        No tomogram fits the names in the picks, or a pick is outside its tomogram.
    DuplicateKeyError
        A key is in the pool already.
    PoolError
        Another box size or voxel spacing than the pool's, another `density` than that of earlier
        boxes of a tomogram, a full disk, another import at work; or no `density` was given and the
        picks do not tell.
    """
    if box < 2 or box % 2:
        raise PoolError(f"expected an even box size, found {box}")
    if masks and slab is not None:
        raise PoolError(f"expected masks or a slab of specimen, found both: {slab.name}")
    scratch = scratch or pool_path.parent
    picks, pairing = paired(tomograms, picks, named, listed)
    names = [pair.name for pair in pairing.pairs]
    given: dict[str, Given] = {}
    if masks:
        given.update(masks_by_name(masks, names))
    elif slab is not None:
        given.update(dict.fromkeys(names, slab))
    sources = []
    for pair in progress.track(pairing.pairs, "checking picks", len(names), "tomograms"):
        with Tomogram.open(pair.path, voxel_spacing=voxel_spacing, scratch=scratch) as tomogram:
            sources.append(check_source(tomogram, pair.name, picks))
            if pair.name in given:
                given[pair.name].check(tomogram.volume)
    require_spacing(sources[0].geometry.voxel_spacing, sources[0].path, sources)
    n_boxes = sum(len(source.keys) for source in sources)
    dtype = np.result_type(*(source.dtype for source in sources))
    is_guessed = False
    with staging(pool_path) as folder:
        pool = Pool.open(pool_path) if Pool.exists(pool_path) else None
        if pool is not None:
            _require_fit(pool, sources, box)
            if density is None:
                density, is_guessed = pool.tomograms[-1].density, pool.tomograms[-1].density_guessed
            _require_density(pool, sources, density)
        require_space(pool_path, n_boxes * (box**3 * dtype.itemsize + TABLE_BYTES))
        cutter = Cutter(box, scratch, given, pool.tomograms if pool else ())
        writer = ShardWriter(folder / "boxes", n_boxes, box, dtype)
        for cut in progress.track(cutter.boxes(sources), "cutting boxes", n_boxes, "boxes"):
            writer.append(cut)
        writer.finish()
        notes = [f"{picks.path.name} {remark}" for remark in picks.remarks]
        notes += pairing.said()
        notes += [
            f"{source.name}: {note}"
            for source, seen in zip(sources, cutter.seen, strict=True)
            for note in (*source.notes, *seen.said())
        ]
        if density is None:
            is_guessed = True
            density, reason = cutter.guess.answer()
            notes.append(reason)
        records = [
            TomogramRecord(
                name=source.name,
                path=source.path,
                shape=source.geometry.shape,
                voxel_spacing=source.geometry.voxel_spacing,
                center=seen.used.center,
                scale=seen.used.scale,
                density=density,
                density_guessed=is_guessed,
                geometry=source.geometry,
                notes=source.notes,
                file=source.file,
                empty_share=seen.used.empty_share,
                specimen=seen.used.specimen,
                n_beyond=seen.n_beyond,
                n_not_finite=seen.n_not_finite,
            )
            for source, seen in zip(sources, cutter.seen, strict=True)
        ]
        inside = np.concatenate(cutter.inside_fraction)
        _write_tables(folder, sources, picks, inside)
        _write_about(folder, records, picks, box, n_boxes)
    known = set(names)
    seen_in = dict(zip((source.name for source in sources), cutter.seen, strict=True))
    return AddReport(
        n_added=n_boxes,
        n_in_tomogram={source.name: len(source.keys) for source in sources},
        names_without_tomogram=[name for name in picks.names() if name not in known],
        tomograms_without_picks=list(pairing.without_picks),
        n_border=cutter.n_border,
        empty_share={name: seen.used.empty_share for name, seen in seen_in.items()},
        n_beyond={name: seen.n_beyond for name, seen in seen_in.items()},
        n_not_finite={name: seen.n_not_finite for name, seen in seen_in.items()},
        density=density,
        density_guessed=is_guessed,
        notes=notes,
    )


def _require_fit(pool: Pool, sources: Sequence[Source], box: int) -> None:
    if pool.box != box:
        raise PoolError(f"expected boxes of {pool.box} voxels as in {pool.path}, found {box}")
    require_spacing(pool.voxel_spacing, pool.path, sources)
    keys = set(pool.keys)
    known = [key for source in sources for key in source.keys if key in keys]
    if known:
        raise DuplicateKeyError(
            f"expected keys that are new to {pool.path}, found {len(known)} that it has, first "
            f"{known[0]!r}: was this file of picks added before? If they are other particles, name "
            f"them in a column (rlnTomoParticleName; in CSV: key)"
        )


def _require_density(pool: Pool, sources: Sequence[Source], density: Density) -> None:
    """A tomogram is bright or dark whoever picked in it: its boxes are not to point both ways."""
    for source in sources:
        record = first_record(pool.tomograms, source)
        if record is not None and record.density != density:
            how = "guessed" if record.density_guessed else "told"
            raise PoolError(
                f"expected --density {record.density} for {source.name}, as {how} when it was "
                f"first added to {pool.path}, found {density}: if that was wrong, its boxes are "
                "upside down; begin a new campaign with the right one"
            )


def _write_tables(
    folder: Path, sources: Sequence[Source], picks: Picks, inside: NDArray[np.float32]
) -> None:
    n_each = [len(source.keys) for source in sources]
    located = [source.located for source in sources]
    rows = np.concatenate([source.rows for source in sources]).tolist()
    arrays = {
        "position_zyx_angstrom": np.concatenate([x.position_zyx_angstrom for x in located]),
        "coordinate_zyx_angstrom": np.concatenate([x.coordinate_zyx_angstrom for x in located]),
        "tomogram": np.repeat(np.arange(len(sources), dtype=np.int32), n_each),
        "inside_fraction": inside,
    }
    for name, values in arrays.items():
        write_array(folder / name, values)
    write_text(folder / "keys", [key for source in sources for key in source.keys])
    columns = {label: [texts[row] for row in rows] for label, texts in picks.columns.items()}
    write_text(folder / "columns", columns)
    write_text(folder / "blocks", picks.blocks)


def _write_about(
    folder: Path, records: Sequence[TomogramRecord], picks: Picks, box: int, n_boxes: int
) -> None:
    about: dict[str, Json] = {
        "added": now(),
        "n_boxes": n_boxes,
        "box": box,
        "voxel_spacing": records[0].voxel_spacing,
        "source_path": _place(picks.path),
        "source_tomograms": None if picks.tomograms_path is None else _place(picks.tomograms_path),
        "source_format": picks.format,
        "tomograms": [record.to_json() for record in records],
    }
    write_group(folder, {ABOUT: sealed(about, folder)})


def _place(path: Path) -> str:
    return str(path.parent.resolve() / path.name)  # a link keeps its own name
