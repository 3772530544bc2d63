"""The particles of one file of picks as a table of RELION's columns, and several tables as one.

Where a column of numbers has no value (only some of the merged files have it, or a CSV's cell is
empty) it gets 0: RELION takes any word for 0 too, and does not say so. A column of text gets
``None``, RELION's own word for nothing, in the files that lack it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.base import StarFormat
from cryoal.io.picks.names import clean_name
from cryoal.io.picks.poses import zyz_from_matrix
from cryoal.io.picks.star_columns import (
    ANGLES,
    CENTRED,
    COORDINATES,
    ORIGIN_ANGSTROM,
    ORIGIN_PIXELS,
    SUBTOMOGRAM_ANGLES,
    relion_matrix,
)
from cryoal.io.texts import Coded, Numbers, Stacked, distinct, filled, renamed, same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import Columns
    from cryoal.io.texts import Texts

__all__ = ["ORIGINS", "has_origins", "stack", "star_label", "star_table", "texts", "tomogram_names"]

ORIGINS = (*ORIGIN_ANGSTROM, *ORIGIN_PIXELS)
KEY = "rlnTomoParticleName"
SCORE = "rlnAutopickFigureOfMerit"

Replaced = dict[str, tuple[str, "Sequence[str]"]]
NO_SHIFT = "0.000000"


def has_origins(part: ParticlePart) -> bool:
    """Whether the shifts of `part` stand in RELION's columns, and so can stay there."""
    held = any(all(label in part.columns for label in o) for o in (ORIGIN_ANGSTROM, ORIGIN_PIXELS))
    return held and part.source.has_shift and issubclass(part.source, StarFormat)


def star_table(
    part: ParticlePart, labels: Sequence[str], coordinates_zyx: NDArray[np.float64] | None
) -> Columns:
    """The columns of `part` in order, its coordinates under `labels`.

    `coordinates_zyx` take the place of the columns that were read, and those of any other
    convention go; None leaves everything as it came in. They are before the shift where
    :func:`has_origins`, else where the particle is: other origin columns are 0 then.
    """
    replaced = {} if coordinates_zyx is None else _shifts(part)
    if coordinates_zyx is not None:
        old = part.source.coordinate_labels(part.columns)
        for axis, label in enumerate(labels):
            replaced[old[axis]] = label, texts(coordinates_zyx[:, 2 - axis])
    if part.key_column == KEY and KEY in part.columns:
        replaced[KEY] = KEY, part.keys  # which tell sets of picks apart that had the same names
    table: Columns = {}
    if "rlnTomoName" not in part.columns:
        table["rlnTomoName"] = tomogram_names(part)
    if KEY not in part.columns:
        table[KEY] = part.keys
    is_other = coordinates_zyx is not None
    for label, column in part.columns.items():
        if is_other and label not in replaced and label in {*CENTRED, *COORDINATES}:
            continue  # coordinates of another convention beside those that were read
        new, values = replaced.pop(label, (star_label(label), column))
        if new in table:
            raise PicksError(f"expected column names that differ in STAR, found {new} twice")
        table[new] = values
    table |= dict(replaced.values())
    table |= {label: column for label, column in pose_columns(part).items() if label not in table}
    if not issubclass(part.source, StarFormat) and SCORE not in table:
        table |= _score(part)
    return table | {star_label(label): column for label, column in part.extra.items()}


def _shifts(part: ParticlePart) -> Replaced:
    """Origin columns of RELION 4 and 5 in place of those that there are."""
    if not has_origins(part):
        return {
            label: (label, same(NO_SHIFT, len(part))) for label in ORIGINS if label in part.columns
        }
    if ORIGIN_ANGSTROM[0] in part.columns:
        return {}
    shift = part.coordinate_zyx_angstrom - part.position_zyx_angstrom
    if all(label in part.columns for label in SUBTOMOGRAM_ANGLES):  # they are in its frame
        rot, tilt, psi = (
            np.radians([float(text) for text in part.columns[label]])
            for label in SUBTOMOGRAM_ANGLES
        )
        turned = np.einsum("nji,nj->ni", relion_matrix(rot, tilt, psi), shift[:, ::-1])
        shift = turned[:, ::-1]
    return {
        old: (new, texts(shift[:, 2 - axis]))
        for axis, (old, new) in enumerate(zip(ORIGIN_PIXELS, ORIGIN_ANGSTROM, strict=True))
    }


def pose_columns(part: ParticlePart) -> Columns:
    """``rlnAngleRot`` and its like of a format that has other columns for them."""
    if part.columns.keys() & {*ANGLES, *SUBTOMOGRAM_ANGLES} or part.rotation is None:
        return {}
    angles = zyz_from_matrix(part.rotation)
    return {label: texts(angles[:, place]) for place, label in enumerate(ANGLES)}


def _score(part: ParticlePart) -> Columns:
    """The picker's score where every particle has one."""
    scores = np.array(part.scores, np.float64)
    return {SCORE: texts(scores)} if np.isfinite(scores).all() else {}


def tomogram_names(part: ParticlePart) -> Sequence[str]:
    """Names for RELION, which knows no paths; ``.tomostar`` names are names and stay.

    Raises
    ------
    PicksError
        Two tomograms would have the same name.
    """
    names = {
        name: name if name.endswith(".tomostar") else clean_name(name)
        for name in distinct(part.tomogram)
    }
    first: dict[str, str] = {}
    for name, clean in names.items():
        if (other := first.setdefault(clean, name)) is not name:
            raise PicksError(
                f"expected tomograms of different names, found {clean!r} for {other!r} and {name!r}"
            )
    return renamed(part.tomogram, names)


def texts(values: NDArray[np.float64]) -> Texts:
    """Numbers as they are written, to the sixth decimal."""
    return Numbers(values, ".6f")


def star_label(label: str) -> str:
    """A CSV heading as a STAR label, which has no white space."""
    return re.sub(r"\s+", "_", label).lstrip("_#")


def stack(tables: Sequence[Mapping[str, Sequence[str]]]) -> Columns:
    """The rows of all `tables` under each other, with every column that one of them has."""
    labels = dict.fromkeys(label for table in tables for label in table)
    stacked: Columns = {}
    for label in labels:
        absent = _absent([table[label] for table in tables if label in table])
        columns: list[Sequence[str]] = []
        for table in tables:
            if label not in table:
                columns.append(same(absent, len(next(iter(table.values())))))
            else:  # an empty cell is a text, but no number
                columns.append(filled(table[label], "" if absent == "None" else absent))
        stacked[label] = Stacked(columns)
    return stacked


def _absent(columns: Sequence[Sequence[str]]) -> str:
    """What stands for no value beside those of `columns`, of which a CSV's may be empty."""
    has_number = False
    for column in columns:
        if isinstance(column, Numbers):
            has_number = has_number or len(column) > 0
            continue
        try:
            for text in distinct(column) if isinstance(column, Coded) else column:
                if text:
                    float(text)
                    has_number = True
        except ValueError:
            return "None"
    return "0" if has_number else "None"
