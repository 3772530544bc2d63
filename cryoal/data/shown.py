"""Volumes to look at, beside those that are learnt from: denoised tomograms, most often.

Boxes of both are in the pool. Those that are shown are never learnt from, described or classified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.data.check_writer import box_writer
from cryoal.data.staging import require_space
from cryoal.data.tomogram import Tomogram, laid_over
from cryoal.data.tomogram_record import Shown
from cryoal.errors import PicksError, TomogramError
from cryoal.io.fingerprint import fingerprint
from cryoal.io.picks.pairing import pair_up
from cryoal.io.volumes.base import Told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.tomogram_record import TomogramRecord
    from cryoal.io.volumes.base import Volume
    from cryoal.progress import Progress

__all__ = ["shown_by_name", "write_shown"]

CUT_AT_ONCE = 64
N_SECTIONS, N_VOXELS = 16, 1 << 18  # looked at for the grey of a volume: sections, voxels of each
EXTREME = 0.2  # percent of the voxels at either end that may be all black or all white
REACH = 2.75  # units from the middle of the grey window to its ends


def shown_by_name(paths: Sequence[Path], names: Sequence[str]) -> dict[str, Path]:
    """The volume to look at of each tomogram, paired as tomograms are; folders stand for files.

    Raises
    ------
    PicksError
        A tomogram has none, or a file goes by none of `names`.
    """
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() and path.suffix != ".zarr" else [path]
        files += [each for each in inside if not each.name.startswith(".")]
    if len(files) == len(names) == 1 and files[0] in paths:  # named itself, whatever it is called
        return {names[0]: files[0]}
    pairing = pair_up(files, names, where="the volumes to look at (--show)")
    found = {pair.name: pair.path for pair in pairing.pairs}
    missing = [name for name in names if name not in found]
    if missing:
        raise PicksError(
            f"expected a volume to look at (--show) for each tomogram, found none for "
            f"{len(missing)}, first {missing[0]!r}"
        )
    return found


def write_shown(
    folder: Path,
    records: Sequence[TomogramRecord],
    paths: Sequence[Path],
    position: Sequence[NDArray[np.float64]],
    box: int,
    scratch: Path | None,
    progress: Progress,
    *,
    lazy: bool = False,
) -> tuple[list[Shown], np.dtype[Any]]:
    """Cut boxes from volumes to look at, tomogram by tomogram, into the part in `folder`.

    Returns what is remembered of the volumes, and the dtype of the boxes.

    Parameters
    ----------
    lazy
        Keep the checks of the boxes alone.
    records
        What the boxes to learn from were cut from; the volumes have their shapes.
    position
        Of each box, ``(n, 3)`` z, y, x in angstrom, for each tomogram.

    Raises
    ------
    TomogramError
        A volume of another shape, or with nothing to see.
    """
    n_boxes = sum(map(len, position))
    found: list[Shown] = []
    opened = [_open(record, path, scratch) for record, path in zip(records, paths, strict=True)]
    try:
        dtype = np.result_type(*(each.volume.dtype for each in opened))
        require_space(folder, 0 if lazy else n_boxes * box**3 * dtype.itemsize)
        writer = box_writer(folder, "shown", n_boxes, box, dtype, lazy=lazy)
        todo = list(zip(opened, records, position, strict=True))
        for tomogram, record, where in progress.track(
            todo, "cutting boxes to look at", unit="tomograms"
        ):
            center, scale = _grey(tomogram.volume)
            path = tomogram.path.parent.resolve() / tomogram.path.name
            level = tomogram.volume.level
            name = "" if level is None else level.name
            found.append(Shown(path, name, center, scale, fingerprint(tomogram.volume)))
            # its voxels are those of the volume that is learnt from, wherever these begin
            where = laid_over(tomogram.volume, record.offset_zyx, where)
            for start in range(0, len(where), CUT_AT_ONCE):
                cut, _ = tomogram.cut(where[start : start + CUT_AT_ONCE], box, center)
                cut[~np.isfinite(cut)] = center
                for each in cut:
                    writer.append(each)
        writer.finish()
    finally:
        for tomogram in opened:
            tomogram.volume.close()
    return found, dtype


def _open(record: TomogramRecord, path: Path, scratch: Path | None) -> Tomogram:
    # of several levels the one of the same spacing; of one its header need not be right
    told = Told(record.voxel_spacing, axes=record.axes or None)
    tomogram = Tomogram.open(path, name=record.name, scratch=scratch, told=told)
    if tomogram.volume.shape != record.shape:
        tomogram.volume.close()
        raise TomogramError(
            f"expected a volume to look at of {record.shape} voxels (z, y, x) as {record.path} "
            f"has, found {tomogram.volume.shape} in {path}"
        )
    return tomogram


def _grey(volume: Volume) -> tuple[float, float]:
    """Median of a sample, and what takes all but its extremes to the ends of the window."""
    depth, height, width = volume.shape
    step = max(1, round((height * width / N_VOXELS) ** 0.5))
    sections = np.linspace(0, depth - 1, min(depth, N_SECTIONS)).round().astype(int)
    sample = np.concatenate(
        [
            volume.read((z, 0, 0), (z + 1, height, width))[0, ::step, ::step].ravel()
            for z in sections.tolist()
        ]
    ).astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        raise TomogramError(f"expected finite voxels to look at, found none in {volume.path}")
    low, center, high = np.percentile(sample, (EXTREME, 50, 100 - EXTREME))
    scale = max(high - center, center - low) / REACH
    if not 0 < scale < np.inf:
        raise TomogramError(
            f"expected voxels that differ, to look at, found mostly {center:g} in {volume.path}"
        )
    return float(center), float(scale)
