"""The mean of a class as MRC, with its halves and their correlation beside it where asked for."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from cryoal.campaign.average_picture import draw_average
from cryoal.campaign.averages import average_class
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.sheet import format_of, save
from cryoal.errors import OutputError
from cryoal.how_many import how_many
from cryoal.progress import SILENT

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.campaign.averages import Align, Average
    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["write_average"]

SUFFIXES = (".mrc", ".map", ".rec")
DPI = 300.0  # of a picture


def write_average(
    campaign: Campaign,
    path: Path,
    name: str,
    align: Align | None = None,
    *,
    min_probability: float = 0.0,
    only_labelled: bool = False,
    most: int | None = None,
    halves: bool = False,
    picture: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> tuple[Average, list[Path]]:
    """Write the mean of the class `name` to the MRC `path`; returns it and the files.

    The header has the voxel spacing; its origin is 0, the first voxel, as RELION's and Warp's are.
    With `halves`, beside it: ``NAME_half1.mrc``, ``NAME_half2.mrc`` and ``NAME_fsc.csv``. To
    `picture` go the slices through the middle, as PNG, SVG or PDF by the end of its name.

    Raises
    ------
    OutputError
        Nothing may be written there, or `path` is not called an MRC.
    UnknownNameError, ConfigError, CampaignError
        As :func:`cryoal.campaign.averages.average_class`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"expected a name that ends in .mrc, found {path}")
    beside = [path.with_name(f"{path.stem}_{what}") for what in ("half1", "half2")]
    files = [file.with_name(file.name + path.suffix) for file in beside]
    table = path.with_name(f"{path.stem}_fsc.csv")
    written = [path, *files, table] if halves else [path]
    kind = "" if picture is None else format_of(picture)
    if picture is not None:
        check_output(campaign, picture, force=force)
    for file in written:
        check_output(campaign, file, force=force)  # now, not after a minute
    found = average_class(
        campaign,
        name,
        align,
        min_probability=min_probability,
        only_labelled=only_labelled,
        most=most,
        progress=progress,
    )
    volumes = [found.volume, *found.halves]
    for file, volume in zip(written[:3], volumes, strict=False):
        with writing(campaign, file, force=force, progress=progress) as temporary:
            _write_mrc(temporary, volume, found)
    if halves:
        with writing(campaign, table, force=force, progress=progress) as temporary:
            _write_fsc(temporary, found)
    if picture is not None:
        with writing(campaign, picture, force=force, progress=progress) as temporary:
            save(draw_average(found), temporary, kind, DPI)
        written.append(picture)
    return found, written


def _write_mrc(path: Path, volume: NDArray[np.float32], found: Average) -> None:
    import mrcfile

    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(volume)
        file.set_volume()
        file.voxel_size = found.spacing
        # the format has 80 bytes of ASCII for a line
        said = f"cryoal: mean of {how_many(found.n, 'box')}, aligned by {found.align}: {found.name}"
        file.add_label(said.encode("ascii", "replace").decode()[:80])


def _write_fsc(path: Path, found: Average) -> None:
    edge = found.volume.shape[0] * found.spacing
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["shell", "resolution_angstrom", "fsc"])
        for shell, value in enumerate(found.fsc.tolist()):
            writer.writerow([shell, f"{edge / shell:.6g}" if shell else "", f"{value:.6f}"])
