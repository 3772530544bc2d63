"""Picks that were clicked in the tomogram: cut as a part of the pool, then labelled."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.campaign import Campaign
from cryoal.data.extract import extract
from cryoal.data.tomogram import nearest_voxel
from cryoal.errors import CryoALError, LabelError, PicksError
from cryoal.how_many import how_many
from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.base import Told
from cryoal.napari_plugin.hand import Hand
from cryoal.napari_plugin.said import said
from cryoal.progress import SILENT
from cryoal.records import replacing
from cryoal.registry import nearest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.data.add_report import AddReport
    from cryoal.data.tomogram_record import TomogramRecord

__all__ = ["SOURCE", "Added", "add_by_hand"]

SOURCE = "by_hand"  # a word, as the name of every set of picks
FOLDER = "picks"
MOST_SAID = 3  # places in one line


@dataclass(frozen=True)
class Added:
    """What became of picks that were set by hand."""

    report: AddReport
    keys: tuple[str, ...]
    """Of the new boxes."""
    outside: tuple[int, ...]
    """Places, among those that were given, of the picks outside the tomogram: not added."""
    said: str
    """One line for the user."""


def add_by_hand(
    path: Path,
    record: TomogramRecord,
    position_zyx_angstrom: NDArray[np.float64],
    *,
    annotator: str,
    label: str | None,
) -> Added:
    """Cut a box at each position of the tomogram `record`, and label them where `label` is told.

    The picks are kept as a file in the campaign. The tomogram is read as it was when its first
    boxes were cut. A pick where there is a box already, or outside the tomogram, is left out; one
    that is near to another is added and told.

    Raises
    ------
    CryoALError
        The campaign is busy, the tomogram is gone or another one, every pick lies outside it;
        nothing was added. Where only the label cannot be recorded, that is said.
    """
    campaign = Campaign.open(path)
    if label is not None:
        campaign.labels.journal(annotator)  # before anything is cut
        if label not in campaign.config.classes:
            raise LabelError(f"no class called {label!r}{nearest(label, campaign.config.classes)}")
    # of the level that boxes are cut from, whose first voxel need not be at 0
    voxel = nearest_voxel(position_zyx_angstrom - record.offset_zyx, record.voxel_spacing)
    is_outside = ((voxel < 0) | (voxel >= record.shape)).any(axis=1)
    if is_outside.all():
        size = " x ".join(str(n) for n in reversed(record.shape))
        raise PicksError(
            f"expected picks inside {record.place().name} (x, y, z: {size} voxels), "
            f"found {_left(voxel)}"
        )
    with campaign.busy("add"):
        record.open().close()  # the same file as before, or nothing
        file = _write(campaign, record, position_zyx_angstrom[~is_outside])
        before = len(campaign.pool)
        try:
            report = extract(
                campaign.pool_path,
                [record.place()],
                read_picks(file),
                box=campaign.config.pool.box,
                named={record.name: record.place()},
                voxel_spacing=record.voxel_spacing,
                told=Told(level=record.level or None, axes=record.axes or None),
                density=record.density,
                source=SOURCE,
                progress=SILENT,
            )
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        if not report.n_added:
            file.unlink(missing_ok=True)
    campaign = Campaign.open(path)
    keys = tuple(campaign.pool.keys[before:].tolist())
    labelled = ""
    if label is not None and keys:
        try:
            Hand(annotator).answer(campaign, keys, label)
            labelled = f", labelled {label}"
        except (CryoALError, OSError) as error:  # the boxes are there
            labelled = f", but not labelled: {said(error)}"
    line = _said(report, labelled)
    if is_outside.any():
        line += f"; {_left(voxel[is_outside])}"
    return Added(report, keys, tuple(np.flatnonzero(is_outside).tolist()), line)


def _write(campaign: Campaign, record: TomogramRecord, position: NDArray[np.float64]) -> Path:
    folder = campaign.path / FOLDER
    folder.mkdir(exist_ok=True)
    number = 1
    while (file := folder / f"{SOURCE}_{number:03d}.csv").exists():
        number += 1
    with replacing(file) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["key", "tomogram", "x_angstrom", "y_angstrom", "z_angstrom"])
        taken: set[str] = set()
        for z, y, x in position.tolist():
            at = [round(value / record.voxel_spacing) for value in (x, y, z)]
            key = base = f"{record.name}/x{at[0]}_y{at[1]}_z{at[2]}"
            while key in taken:
                key = f"{base}_{len(taken)}"
            taken.add(key)
            writer.writerow([key, record.name, f"{x:.3f}", f"{y:.3f}", f"{z:.3f}"])
    return file


def _left(voxel: NDArray[np.int64]) -> str:
    """Which picks lie outside, and what became of them."""
    places = [f"x {x} y {y} z {z}" for z, y, x in voxel[:MOST_SAID].tolist()]
    more = f" and {len(voxel) - MOST_SAID} more" if len(voxel) > MOST_SAID else ""
    return (
        f"{len(voxel)} outside the tomogram, at voxel {', '.join(places)}{more}: "
        "left where they were clicked"
    )


def _said(report: AddReport, labelled: str) -> str:
    parts = [f"{how_many(report.n_added, 'box')} added{labelled}"]
    if report.n_there:
        parts.append(f"{report.n_there} left out: there is a box at that place, click it instead")
    if report.n_close:
        parts.append(
            f"{report.n_close} nearer than {report.close_angstrom:.0f} Å to another box: doubles?"
        )
    if report.left_out:
        parts.append(f"{len(report.left_out)} left out: {report.left_out[0].reason}")
    return "; ".join(parts)
