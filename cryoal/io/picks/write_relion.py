"""Particles as RELION 5 or RELION 4 STAR, several files of picks merged into one.

The optics table is said in :mod:`cryoal.io.picks.optics`, the particles in
:mod:`cryoal.io.picks.star_table`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.blocks import merge_blocks
from cryoal.io.picks.optics import (
    GROUP,
    VOLTAGE,
    complete_optics,
    merge_optics,
    said_of_optics,
)
from cryoal.io.picks.star_columns import CENTRED, COORDINATES
from cryoal.io.picks.star_table import has_origins, stack, star_table
from cryoal.io.picks.tilt_series import MISFIT
from cryoal.io.picks.unbinned import EXACT, columns_say, numbers_of, require_pixels, unbinned_pixels
from cryoal.io.star import write_star
from cryoal.io.texts import coded, distinct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import Columns

__all__ = ["write_relion4", "write_relion5", "write_star_parts"]

STACKS = "rlnTomoSubTomosAre2DStacks"  # of RELION 5; RELION 4 has no such particles


def write_relion5(path: Path, parts: Sequence[ParticlePart]) -> list[str]:
    """Write `parts` with ``rlnCenteredCoordinateXAngst``, from the middle of each tomogram.

    That is half the unbinned size; where no tomograms STAR has said it, half the volume, which
    differs by what a program rounds when it bins, and a line says so.
    """
    tables = [star_table(part, CENTRED, _centred(part)) for part in parts]
    pixels = [unbinned_pixels(part) for part in parts]
    is_needed = any("optics" in part.blocks for part in parts)
    if all(None not in pixel.values() for pixel in pixels):
        is_needed = is_needed or any(VOLTAGE in table for table in tables)
        is_needed = is_needed or len({GROUP in table for table in tables}) > 1
    if not is_needed and len({GROUP in table for table in tables}) > 1:
        for table in tables:  # RELION takes groups from its tomograms STAR too, but 0 for a group
            table.pop(GROUP, None)
    notes = write_star_parts(path, parts, tables, pixels, is_needed=is_needed)
    unknown = {
        name
        for part in parts
        if part.format != "relion5"
        for name in distinct(part.tomogram)
        if part.geometry[name].unbinned_size_xyz is None
    }
    if unknown:
        notes.append(
            f"the middle of {_named(sorted(unknown))} is taken for half the volume, as no "
            "tomograms STAR says the unbinned size: RELION's may be some pixels off (--tomograms)"
        )
    return notes


def write_relion4(path: Path, parts: Sequence[ParticlePart]) -> list[str]:
    """Write `parts` with ``rlnCoordinateX`` in pixels of the unbinned tilt series.

    Raises
    ------
    PicksError
        Nothing says these pixels.
    """
    pixels = [require_pixels(part, "relion4") for part in parts]
    tables = [
        star_table(part, COORDINATES, _in_pixels(part, pixel))
        for part, pixel in zip(parts, pixels, strict=True)
    ]
    return write_star_parts(path, parts, tables, pixels, is_needed=True, without=(STACKS,))


def write_star_parts(
    path: Path,
    parts: Sequence[ParticlePart],
    tables: Sequence[Columns],
    pixels: Sequence[Mapping[str, float | None]],
    *,
    is_needed: bool,
    without: Sequence[str] = (),
) -> list[str]:
    """Write the particles of `tables` with one optics table and the other blocks of `parts`.

    `without` are labels that data_general is not to have. Returns what is to be said of the file.
    """
    pairs = [
        (complete_optics(part, table, pixel, is_needed=is_needed), table)
        for part, table, pixel in zip(parts, tables, pixels, strict=True)
    ]
    blocks = merge_blocks([part.blocks for part in parts])
    if "general" in blocks:
        blocks["general"] = {k: v for k, v in blocks["general"].items() if k not in without}
    blocks["optics"] = merge_optics(pairs)
    first = {name: blocks.pop(name) for name in ("general", "optics") if blocks.get(name)}
    filled = {name: table for name, table in blocks.items() if table}
    remarks = list(dict.fromkeys(remark for part in parts for remark in part.remarks))
    write_star(path, {**first, "particles": stack(tables), **filled}, remarks)
    return [*said_of_optics(first.get("optics", {})), *_said_of_quotes(parts)]


def _said_of_quotes(parts: Sequence[ParticlePart]) -> list[str]:
    """Of classes that RELION reads as they are, and the starfile package does not."""
    odd = sorted(
        {name for part in parts for name in distinct(part.labels) if re.search("['\"]", name)}
    )
    if not odd:
        return []
    return [f"the starfile package reads other quotes than there are in {', '.join(odd)}"]


def _centred(part: ParticlePart) -> NDArray[np.float64] | None:
    """Angstrom from the middle, z, y, x; None where the source's columns say that already."""
    tomogram = coded(part.tomogram)
    middle = np.stack([part.geometry[name].extent_zyx_angstrom / 2 for name in tomogram.names])[
        tomogram.codes
    ]
    if part.format == "relion5" and _say_angstrom_from(part, middle):
        return None
    centred: NDArray[np.float64] = _before_shift(part) - middle
    return centred


def _say_angstrom_from(part: ParticlePart, middle: NDArray[np.float64]) -> bool:
    """Whether RELION 5's own columns are angstrom from about the `middle` of each tomogram.

    They are not where the user said another unit or another middle when they came in. What half a
    volume and half the unbinned size differ by is no reason to write them anew: RELION knows the
    middle that it wrote them from.
    """
    if part.switches.get("relion_centre", "half") != "half":
        return False
    values = numbers_of(part, CENTRED)
    if values is None:
        return False
    off = part.coordinate_zyx_angstrom - values[:, ::-1] - middle
    tomogram = coded(part.tomogram)
    order = np.argsort(tomogram.codes, kind="stable")
    ends = np.cumsum(np.bincount(tomogram.codes, minlength=len(tomogram.names)))
    for name, rows in zip(tomogram.names, np.split(order, ends[:-1]), strict=True):
        if not len(rows):
            continue
        voxel, here = part.geometry[name].voxel_spacing, off[rows]
        if np.ptp(here, axis=0).max() > EXACT * voxel or np.abs(here).max() > MISFIT * voxel:
            return False
    return True


def _in_pixels(part: ParticlePart, pixel: Mapping[str, float]) -> NDArray[np.float64] | None:
    """In unbinned pixels, z, y, x; None where the source's columns say that already."""
    tomogram = coded(part.tomogram)
    each = np.array([pixel.get(name, np.nan) for name in tomogram.names])[tomogram.codes]
    if part.format == "relion4" and columns_say(part, COORDINATES, each):
        return None
    in_pixels: NDArray[np.float64] = _before_shift(part) / each[:, None]
    return in_pixels


def _before_shift(part: ParticlePart) -> NDArray[np.float64]:
    """What RELION takes the origin columns from; z, y, x in angstrom."""
    return part.coordinate_zyx_angstrom if has_origins(part) else part.position_zyx_angstrom


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
