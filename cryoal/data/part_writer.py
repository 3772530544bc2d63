"""What an import writes: the boxes, what is known of each, and what it says of itself."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.arrays import write_array, write_group, write_text, write_texts
from cryoal.data.check_writer import CheckWriter, box_writer
from cryoal.data.left_out import NOT_FINITE, left_out, to_columns
from cryoal.data.pool_part import ABOUT, BOXES, LAZY, sealed
from cryoal.data.staging import require_space
from cryoal.data.tomogram_record import TomogramRecord
from cryoal.io.texts import chosen
from cryoal.records import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.cutter import Cutter, Seen
    from cryoal.data.density import Density
    from cryoal.data.left_out import LeftOut
    from cryoal.data.sources import Source
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["About", "Boxes", "recorded", "write_about", "write_boxes", "write_tables"]

TABLE_BYTES = 1000  # on disk for what is known of a box besides its voxels, generously
LESS = " (--lazy leaves the boxes in their tomograms)"


@dataclass(frozen=True)
class Boxes:
    """What has become of the picks of each tomogram that has a box at least."""

    sources: list[Source]
    """With the picks of which there is a box."""
    seen: list[Seen]
    left_out: list[LeftOut]
    """Those whose box is not all finite."""
    dtype: np.dtype[Any]


def write_boxes(
    folder: Path,
    cutter: Cutter,
    sources: Sequence[Source],
    box: int,
    progress: Progress,
    *,
    lazy: bool = False,
) -> Boxes:
    """Cut the boxes of `sources` and write them to the part in `folder`, if there are any.

    Parameters
    ----------
    lazy
        Keep the checks of the boxes alone.

    Raises
    ------
    TomogramError
        A tomogram that cannot be read, or has nothing to measure.
    PoolError
        A full disk.
    """
    n_boxes = sum(map(len, sources))
    if not n_boxes:
        return Boxes([], [], [], np.dtype(np.float32))
    dtype = np.result_type(*(source.dtype for source in sources))
    n_bytes = 0 if lazy else box**3 * dtype.itemsize
    require_space(folder, n_boxes * (n_bytes + TABLE_BYTES), "" if lazy else LESS)
    writer = box_writer(folder, BOXES, n_boxes, box, dtype, lazy=lazy)
    keep = writer.take if isinstance(writer, CheckWriter) else writer.append
    cut = cutter.boxes(sources, dtype, progress, lazy=lazy)
    for each in progress.track(cut, "cutting boxes", n_boxes, "boxes"):
        keep(each)
    writer.finish()
    found = Boxes([], [], [], dtype)
    for source, seen in zip(sources, cutter.seen, strict=True):
        found.left_out.extend(left_out(source, ~seen.is_finite, NOT_FINITE))
        if seen.is_finite.any():
            found.sources.append(source.keep(seen.is_finite))
            found.seen.append(seen)
    if not found.sources:
        shutil.rmtree(writer.path)
    return found


def write_tables(
    folder: Path,
    sources: Sequence[Source],
    picks: Picks,
    inside: NDArray[np.float32],
    missing: Sequence[LeftOut],
) -> None:
    """Write the columns of the boxes of `sources`, in their order, and who was left out."""
    n_each = [len(source) for source in sources]
    located = [source.located for source in sources]
    rows = np.concatenate([source.rows for source in sources])
    arrays = {
        "position_zyx_angstrom": np.concatenate([x.position_zyx_angstrom for x in located]),
        "coordinate_zyx_angstrom": np.concatenate([x.coordinate_zyx_angstrom for x in located]),
        "tomogram": np.repeat(np.arange(len(sources), dtype=np.int32), n_each),
        "inside_fraction": inside,
    }
    for name, values in arrays.items():
        write_array(folder / name, values)
    write_text(folder / "keys", [key for source in sources for key in source.keys])
    # one column in their order at a time
    in_order = ((label, chosen(texts, rows)) for label, texts in picks.columns.items())
    write_texts(folder / "columns", in_order)
    write_text(folder / "blocks", as_lists(picks.blocks))
    if missing:
        write_text(folder / "left_out", to_columns(missing))


def as_lists(blocks: Mapping[str, StarTable]) -> dict[str, dict[str, list[str]]]:
    """The blocks beside the particles as plain values."""
    return {
        name: {label: list(texts) for label, texts in table.items()}
        for name, table in blocks.items()
    }


def recorded(source: Source, seen: Seen, density: Density, *, is_guessed: bool) -> TomogramRecord:
    """What is remembered of a tomogram."""
    return TomogramRecord(
        name=source.name,
        path=source.path,
        shape=source.shape,
        voxel_spacing=source.voxel_spacing,
        level="" if source.level is None else source.level.name,
        offset_zyx=(0.0, 0.0, 0.0) if source.level is None else source.level.offset_zyx,
        axes=source.axes,
        looked_at_bytes=source.looked_at_bytes,
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
    )


@dataclass(frozen=True)
class About:
    """What a part says of itself besides where its picks came from."""

    records: Sequence[TomogramRecord]
    box: int
    n_boxes: int
    set_name: str
    told: Mapping[str, Json]
    lazy: Mapping[str, str]
    """The dtypes of boxes that stay in their tomograms, as a part keeps them."""


def write_about(folder: Path, picks: Picks, about: About) -> None:
    """Write what the part says of itself, with the checks of all that was written before."""
    facts: dict[str, Json] = {
        "added": now(),
        "n_boxes": about.n_boxes,
        "box": about.box,
        "voxel_spacing": about.records[0].voxel_spacing,
        "source": about.set_name,
        "source_path": _place(picks.path),
        "source_tomograms": None if picks.tomograms_path is None else _place(picks.tomograms_path),
        "source_format": picks.format,
        "score_column": picks.convention.score_column(picks.columns),
        "group_column": picks.convention.group_column(picks.columns),
        "told": about.told,
        "tomograms": [record.to_json() for record in about.records],
    }
    if about.lazy:
        facts[LAZY] = dict(about.lazy)
    write_group(folder, {ABOUT: sealed(facts, folder)})


def _place(path: Path) -> str:
    return str(path.parent.resolve() / path.name)  # a link keeps its own name
