"""Particles as RELION 5 or RELION 4 STAR, several files of picks merged into one.

Where a column of numbers has no value (only some of the merged files have it, or a CSV's cell is
empty) it gets 0: RELION takes any word for 0 too, and does not say so. A column of text gets
``None``, RELION's own word for nothing, in the files that lack it. The optics table gets neither,
see :mod:`cryoal.io.picks.optics`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_float, to_floats
from cryoal.io.picks import PICKS
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.optics import GROUP, complete_optics, merge_optics
from cryoal.io.picks.star_columns import (
    CENTRED,
    COORDINATES,
    ORIGIN_ANGSTROM,
    ORIGIN_PIXELS,
    SUBTOMOGRAM_ANGLES,
    relion_matrix,
)
from cryoal.io.star import write_star

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.base import PickFormat
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["write_relion4", "write_relion5"]

ORIGINS = (*ORIGIN_ANGSTROM, *ORIGIN_PIXELS)
STACKS = "rlnTomoSubTomosAre2DStacks"  # of RELION 5; RELION 4 has no such particles


def write_relion5(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write `parts` with ``rlnCenteredCoordinateXAngst``, from the middle of each tomogram."""
    _write(path, parts, "relion5", CENTRED)


def write_relion4(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write `parts` with ``rlnCoordinateX`` in pixels of the unbinned tilt series.

    Where nothing says those, the tomogram's voxels stand for them, and data_optics says so.
    """
    _write(path, parts, "relion4", COORDINATES)


def _write(path: Path, parts: Sequence[ParticlePart], to: str, labels: Sequence[str]) -> None:
    tables = [_particles(part, to, labels) for part in parts]
    is_needed = to == "relion4" or any("optics" in part.blocks for part in parts)
    is_needed = is_needed or any("rlnVoltage" in table for table in tables)
    is_needed = is_needed or len({GROUP in table for table in tables}) > 1
    pairs = [
        (complete_optics(part, table, is_needed), table)
        for part, table in zip(parts, tables, strict=True)
    ]
    blocks = _merge_blocks([part.blocks for part in parts])
    if to == "relion4" and STACKS in blocks.get("general", {}):
        blocks["general"] = {k: v for k, v in blocks["general"].items() if k != STACKS}
    blocks["optics"] = merge_optics(pairs)
    first = {name: blocks.pop(name) for name in ("general", "optics") if blocks.get(name)}
    filled = {name: table for name, table in blocks.items() if table}
    remarks = list(dict.fromkeys(remark for part in parts for remark in part.remarks))
    write_star(path, {**first, "particles": _stack(tables), **filled}, remarks)


def _particles(part: ParticlePart, to: str, labels: Sequence[str]) -> StarTable:
    """The columns of `part` in order, with the coordinates and names of the format `to`."""
    replaced: dict[str, tuple[str, list[str]]] = {}
    if part.format != to:
        source = cast("type[PickFormat]", PICKS.load(part.format))
        values = _in_target(part, to)
        for axis, (old, new) in enumerate(
            zip(source.coordinate_labels(part.columns), labels, strict=True)
        ):
            replaced[old] = new, _texts(values[:, 2 - axis])
        if not source.has_shift:
            replaced |= {label: (label, ["0.000000"] * len(part)) for label in ORIGINS}
        elif ORIGIN_PIXELS[0] in part.columns and ORIGIN_ANGSTROM[0] not in part.columns:
            shift = _shift(part)
            for axis, (old, new) in enumerate(zip(ORIGIN_PIXELS, ORIGIN_ANGSTROM, strict=True)):
                replaced[old] = new, _texts(shift[:, 2 - axis])
    table: StarTable = {}
    if "" in part.tomogram:
        key = part.keys[part.tomogram.index("")]
        raise PicksError(f"expected the name of a tomogram, found none for {key!r}")
    if "rlnTomoName" not in part.columns:
        table["rlnTomoName"] = _tomogram_names(part)
    if "rlnTomoParticleName" not in part.columns:
        table["rlnTomoParticleName"] = list(part.keys)
    for label, column in part.columns.items():
        new, texts = replaced.get(label, (_star_label(label), list(column)))
        if part.format != to and label not in replaced and label in {*CENTRED, *COORDINATES}:
            continue  # coordinates of another convention beside those that were read
        if new in table:
            raise PicksError(f"expected column names that differ in STAR, found {new} twice")
        table[new] = texts
    for label, column in part.extra.items():
        table[_star_label(label)] = list(column)
    return table


def _shift(part: ParticlePart) -> NDArray[np.float64]:
    """Origin shifts as RELION has them, in the frame of the subtomogram; z, y, x in angstrom."""
    shift: NDArray[np.float64] = part.coordinate_zyx_angstrom - part.position_zyx_angstrom
    if not all(label in part.columns for label in SUBTOMOGRAM_ANGLES):
        return shift
    rot, tilt, psi = (np.radians(to_floats(part.columns[label])) for label in SUBTOMOGRAM_ANGLES)
    turned: NDArray[np.float64] = np.einsum(
        "nji,nj->ni", relion_matrix(rot, tilt, psi), shift[:, ::-1]
    )
    return turned[:, ::-1]


def _tomogram_names(part: ParticlePart) -> list[str]:
    """Names for RELION, which knows no paths; ``.tomostar`` names are names and stay.

    Raises
    ------
    PicksError
        Two tomograms would have the same name.
    """
    names = {
        name: name if name.endswith(".tomostar") else clean_name(name)
        for name in dict.fromkeys(part.tomogram)
    }
    first: dict[str, str] = {}
    for name, clean in names.items():
        if (other := first.setdefault(clean, name)) is not name:
            raise PicksError(
                f"expected tomograms of different names, found {clean!r} for {other!r} and {name!r}"
            )
    return [names[name] for name in part.tomogram]


def _in_target(part: ParticlePart, to: str) -> NDArray[np.float64]:
    """Coordinates before the shift, in the unit and from the origin of `to`; z, y, x."""
    zyx = part.coordinate_zyx_angstrom
    names = list(dict.fromkeys(part.tomogram))
    index = {name: place for place, name in enumerate(names)}
    which = np.array([index[name] for name in part.tomogram], np.int64)
    geometry: list[Geometry] = [part.geometry[name] for name in names]
    if to == "relion5":
        middle = np.stack([g.extent_zyx_angstrom / 2 for g in geometry])
        centred: NDArray[np.float64] = zyx - middle[which]
        return centred
    pixel = np.array([g.unbinned_spacing or g.voxel_spacing for g in geometry], np.float64)
    in_pixels: NDArray[np.float64] = zyx / pixel[which, None]
    return in_pixels


def _texts(values: NDArray[np.float64]) -> list[str]:
    return [f"{value:.6f}" for value in values]


def _star_label(label: str) -> str:
    """A CSV heading as a STAR label, which has no white space."""
    return re.sub(r"\s+", "_", label).lstrip("_#")


def _stack(tables: Sequence[StarTable]) -> StarTable:
    labels = dict.fromkeys(label for table in tables for label in table)
    absent = {label: _absent([t[label] for t in tables if label in t]) for label in labels}
    stacked: StarTable = {label: [] for label in labels}
    for table in tables:
        n_rows = len(next(iter(table.values())))
        for label, column in stacked.items():
            texts = table.get(label, [""] * n_rows)
            is_text = label in table and absent[label] == "None"
            column.extend(texts if is_text else [text or absent[label] for text in texts])
    return stacked


def _absent(columns: Sequence[Sequence[str]]) -> str:
    """What stands for no value beside those of `columns`, of which a CSV's may be empty."""
    try:
        numbers = [to_float(text) for column in columns for text in column if text]
    except ValueError:
        return "None"
    return "0" if numbers else "None"


def _merge_blocks(sources: Sequence[Mapping[str, StarTable]]) -> dict[str, StarTable]:
    """Every block but the optics; blocks that differ under one name get a number.

    Raises
    ------
    PicksError
        The parts differ in what data_general says of all their particles.
    """
    merged: dict[str, StarTable] = {}
    for blocks in sources:
        for name, table in blocks.items():
            if name == "optics" or table == merged.get(name):
                continue
            if name == "general" and name in merged:
                for label in table.keys() & merged[name].keys():
                    if table[label] != merged[name][label]:
                        raise PicksError(
                            f"expected one {label} in data_general, found "
                            f"{merged[name][label][0]} and {table[label][0]}: export them apart"
                        )
                merged[name] = {**merged[name], **table}
                continue
            free = name
            while free in merged:
                free = f"{name}_{sum(other.startswith(name) for other in merged) + 1}"
            merged[free] = table
    return merged
