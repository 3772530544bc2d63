"""Boxes cut from tomograms at picks, into a pool."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cryoal.crew import ALONE
from cryoal.data.add_report import AddReport
from cryoal.data.cutter import Cutter
from cryoal.data.density import require_like
from cryoal.data.given import masks_by_name
from cryoal.data.options_told import options_told
from cryoal.data.part_writer import About, recorded, write_about, write_boxes, write_tables
from cryoal.data.plan import nothing_left, plan
from cryoal.data.pool import Pool
from cryoal.data.pool_part import BOXES, SHOWN
from cryoal.data.shown import shown_by_name, write_shown
from cryoal.data.sift import CLOSE, Sieve, require_inside
from cryoal.data.sources import paired, placed, require_spacing
from cryoal.data.staging import part_paths, staging
from cryoal.data.tomogram import Tomogram
from cryoal.errors import PicksError, PoolError
from cryoal.io.picks.fit import require_fit
from cryoal.io.volumes.base import Told
from cryoal.io.volumes.open import require_unpacked
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cryoal.crew import Crew
    from cryoal.data.density import Density
    from cryoal.data.given import Given, Slab
    from cryoal.data.sift import Outside
    from cryoal.data.sources import Source
    from cryoal.io.picks.picks import Picks
    from cryoal.progress import Progress

__all__ = ["extract"]


def extract(
    pool_path: Path | str,
    tomograms: Sequence[Path | str],
    picks: Picks,
    *,
    box: int,
    voxel_spacing: float | None = None,
    told: Told | None = None,
    density: Density | None = None,
    masks: Sequence[Path] = (),
    slab: Slab | None = None,
    scratch: Path | None = None,
    named: Mapping[str, Path] | None = None,
    listed: Mapping[str, Path] | None = None,
    source: str | None = None,
    outside: Outside = "refuse",
    min_distance: float | None = None,
    min_score: float | None = None,
    show: Sequence[Path] = (),
    lazy: bool = False,
    look: Callable[[Sequence[Source], bool], list[str]] | None = None,
    like: Density | None = None,
    crew: Crew = ALONE,
    progress: Progress = SILENT,
) -> AddReport:
    """Cut a box at each pick and add them to the pool in `pool_path`, which need not exist yet.

    All boxes are added or none. Files and picks are checked before anything is written; a call
    that fails or is killed leaves the pool as it was. Rows of the pool follow the order of
    `tomograms` and, within one, that of the picks. A pick where the pool has a box of that tomogram
    is left out and counted, so that a file of picks that has grown can be added again; one whose
    box has voxels that are NaN or infinite is left out and listed.

    Parameters
    ----------
    box
        Edge of a box in voxels, even; one size for a pool.
    voxel_spacing
        Angstrom; takes the place of what the tomograms' headers say. Of a file with several levels
        the one of this spacing is read, if there is one; without it, the one of the pool's spacing.
    told
        What else the user says of the tomograms: unit, level, axes.
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
    source
        What this set of picks is called, which is put before its keys. When None it is called
        after its file, and only running numbers get it, in a tomogram that has another set.
    outside, min_distance, min_score
        Who is left out, and listed: see :class:`~cryoal.data.sift.Sieve`.
    show
        Volumes to look at in reviews, one a tomogram, or folders of such; boxes are learnt from
        `tomograms`.
    lazy
        Leave the boxes in their tomograms: each is cut once now, as it is otherwise, and its check
        is kept; whoever reads it cuts it again.
    look
        Looks at the picks, and whether their density is known, before anything is cut: returns what
        to say of them, or raises.
    like
        The density of other tomograms that boxes will be compared with: a guess must be this.
    crew
        Who measures tomograms and cuts boxes; the pool is the same bytes whoever does.

    Raises
    ------
    TomogramError
        A tomogram that cannot be read safely, or has nothing to measure.
    PicksError
        No tomogram fits the names in the picks, a pick is outside its tomogram, or none is left.
    DuplicateKeyError
        A key is in the pool already, of a box at another place.
    PoolError
        Another box size or voxel spacing than the pool's, another `density` than that of earlier
        boxes of a tomogram, a full disk, another import at work; or no `density` was given and the
        picks do not tell.
    """
    if box < 2 or box % 2:
        raise PoolError(f"expected an even box size, found {box}")
    if masks and slab is not None:
        raise PoolError(f"expected masks or a slab of specimen, found both: {slab.name}")
    pool_path = Path(pool_path)
    sieve = Sieve(outside, min_distance, min_score)
    scratch = scratch or pool_path.parent
    picks, pairing = paired([Path(one) for one in tomograms], picks, named, listed)
    names = [pair.name for pair in pairing.pairs]
    given: dict[str, Given] = {}
    if masks:
        given.update(masks_by_name(masks, names))
    elif slab is not None:
        given.update(dict.fromkeys(names, slab))
    told = replace(told or Told(), voxel_spacing=voxel_spacing)
    there = Pool.open(pool_path) if Pool.exists(pool_path) else None
    if there is not None:
        is_looked_at = all(record.looked_at_bytes for record in there.tomograms)
        told = replace(told, fitting=there.voxel_spacing, looks_at_bytes=is_looked_at)
    shown = shown_by_name(show, names) if show else {}
    sources: list[Source] = []
    for path in (*(pair.path for pair in pairing.pairs), *shown.values()) if lazy else ():
        require_unpacked(path)
    for pair in progress.track(pairing.pairs, "checking picks", len(names), "tomograms"):
        with Tomogram.open(pair.path, scratch=scratch, told=told) as tomogram:
            sources.append(placed(tomogram, pair.name, picks, told))
            if pair.name in given:
                given[pair.name].check(tomogram.volume)
    require_fit(picks, sources, is_told=voxel_spacing is not None)
    looked = look(sources, density is not None or Pool.exists(pool_path)) if look else []
    # by file: a tomogram may go by another name in the pool
    to_show = {one.path: shown[one.name] for one in sources} if show else {}
    for one in sources if outside == "refuse" else ():
        require_inside(one, picks.path)
    spacing = sources[0].voxel_spacing
    require_spacing(spacing, sources[0].path, sources)
    if min_score is not None and picks.convention.score_column(picks.columns) is None:
        raise PicksError(f"expected the picker's score for --min-score, found none in {picks.path}")
    is_guessed = False
    with staging(pool_path) as folder:
        pool = there if _is_as_it_was(there, pool_path) else Pool.open(pool_path)
        if pool is not None and density is None:
            density, is_guessed = pool.tomograms[-1].density, pool.tomograms[-1].density_guessed
        todo = plan(
            picks,
            sources,
            pool,
            sieve,
            box=box,
            density=density,
            given=given,
            told_names=named or (),
            told_set=source,
        )
        cutter = Cutter(box, scratch, todo.given, pool.tomograms if pool else (), crew)
        boxes = write_boxes(folder, cutter, todo.sources, box, progress, lazy=lazy)
        kept, seen, missing = boxes.sources, boxes.seen, [*todo.left_out, *boxes.left_out]
        if not kept and not todo.n_there:
            raise PicksError(nothing_left(picks, missing))
        notes = [f"{picks.path.name} {remark}" for remark in picks.remarks]
        notes += [*pairing.said(), *looked, *todo.notes]
        for one, its in zip(kept, seen, strict=True):
            notes += [f"{one.name}: {note}" for note in (*one.notes, *its.said())]
        if density is None:
            is_guessed = True
            density, reason = cutter.guess.answer()
            require_like(density, reason, like)
            notes.append(reason)
        if kept:
            write_tables(folder, kept, picks, np.concatenate(cutter.inside_fraction), missing)
            records = [
                recorded(one, its, density, is_guessed=is_guessed)
                for one, its in zip(kept, seen, strict=True)
            ]
            dtypes = {BOXES: boxes.dtype.name} if lazy else {}
            if show:
                found, dtype = write_shown(
                    folder,
                    records,
                    [to_show[one.path] for one in kept],
                    [one.located.position_zyx_angstrom for one in kept],
                    box,
                    scratch,
                    progress,
                    lazy=lazy,
                )
                dtypes |= {SHOWN: dtype.name} if lazy else {}
                records = [replace(r, shown=s) for r, s in zip(records, found, strict=True)]
            about = About(
                records=records,
                box=box,
                n_boxes=sum(map(len, kept)),
                set_name=todo.set_name,
                told=options_told(
                    picks, sieve, told, named=named, source=source, show=show, lazy=lazy
                ),
                lazy=dtypes,
            )
            write_about(folder, picks, about)
    return AddReport(
        n_added=sum(map(len, kept)),
        n_in_tomogram={one.name: len(one) for one in kept},
        names_without_tomogram=[name for name in picks.names() if name not in names],
        tomograms_without_picks=list(pairing.without_picks),
        n_border=cutter.n_border,
        empty_share={one.name: its.used.empty_share for one, its in zip(kept, seen, strict=True)},
        n_beyond={one.name: its.n_beyond for one, its in zip(kept, seen, strict=True)},
        source=todo.set_name,
        left_out=missing,
        n_there=todo.n_there,
        n_close=todo.n_close,
        close_angstrom=CLOSE * box * spacing,
        density=density,
        density_guessed=is_guessed,
        lazy=lazy,
        box_bytes=sum(map(len, kept)) * box**3 * boxes.dtype.itemsize,
        boxes_per_second=sum(map(len, kept)) / cutter.seconds if cutter.seconds else None,
        notes=notes,
    )


def _is_as_it_was(pool: Pool | None, path: Path) -> bool:
    """Whether no other import has joined since `pool` was opened; parts never change."""
    return part_paths(path) == [part.path for part in (() if pool is None else pool.parts)]
