"""RELION's columns of particles: coordinates, shifts, pixel sizes, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.picks.numbers import numbers
from cryoal.io.picks.poses import matrix_from_zyz
from cryoal.io.texts import filled, floats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = [
    "ANGLES",
    "CENTRED",
    "COORDINATES",
    "GROUPS",
    "ORIGIN_ANGSTROM",
    "ORIGIN_PIXELS",
    "SCORES",
    "SUBTOMOGRAM_ANGLES",
    "has_pixel_origins",
    "named_by",
    "origin_shift",
    "relion_matrix",
    "relion_rotation",
]

CENTRED = tuple(f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ")
COORDINATES = tuple(f"rlnCoordinate{axis}" for axis in "XYZ")
ORIGIN_ANGSTROM = tuple(f"rlnOrigin{axis}Angst" for axis in "XYZ")
ORIGIN_PIXELS = tuple(f"rlnOrigin{axis}" for axis in "XYZ")
ANGLES = ("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi")
SUBTOMOGRAM_ANGLES = ("rlnTomoSubtomogramRot", "rlnTomoSubtomogramTilt", "rlnTomoSubtomogramPsi")

SCORES = ("rlnAutopickFigureOfMerit", "rlnLCCmax")
GROUPS = ("rlnHelicalTubeID", "rlnTomoManifoldIndex")


def named_by(labels: Sequence[str], columns: StarTable, path: Path) -> Sequence[str]:
    """The first of the columns `labels` that the file has.

    Raises
    ------
    PicksError
        It has none of them.
    """
    for label in labels:
        if label in columns:
            return columns[label]
    raise PicksError(
        f"expected the tomogram's name in {' or '.join(labels)}, found "
        f"{', '.join(list(columns)[:8])} in {path}: say which column has it (--tomogram-column; "
        "none for picks of one tomogram)"
    )


def has_pixel_origins(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether the shifts are those of RELION 3.0, in pixels of the subtomograms."""
    if any(label in columns for label in ORIGIN_ANGSTROM):
        return False
    return any(label in columns for label in ORIGIN_PIXELS)


def origin_shift(
    picks: Picks, rows: NDArray[np.int64], pixel: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Origin shifts in the tomogram's frame, ``(n, 3)`` z, y, x in angstrom; None without them.

    From ``rlnOriginXAngst``, else from ``rlnOriginX`` times `pixel`; an axis without a column is
    not shifted (``ParticleSet::getParticleOffset``). Where the subtomogram was cut at an angle, the
    shift is in its frame and is turned back, as RELION does (``ParticleSet::getPosition``).
    """
    if any(label in picks.columns for label in ORIGIN_ANGSTROM):
        shift = _along(picks, ORIGIN_ANGSTROM, rows)
    elif any(label in picks.columns for label in ORIGIN_PIXELS):
        shift = _along(picks, ORIGIN_PIXELS, rows) * pixel[:, None]
    else:
        return None
    if not all(label in picks.columns for label in SUBTOMOGRAM_ANGLES):
        return shift
    rot, tilt, psi = (np.radians(numbers(picks, label, rows)) for label in SUBTOMOGRAM_ANGLES)
    turned = np.einsum("nij,nj->ni", relion_matrix(rot, tilt, psi), shift[:, ::-1])  # x, y, z
    return np.ascontiguousarray(turned[:, ::-1])


def _along(picks: Picks, labels: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Columns in z, y, x, zeros for those that the file lacks."""
    none = np.zeros(len(rows))
    found = (label in picks.columns for label in reversed(labels))
    columns = [
        numbers(picks, label, rows) if is_there else none
        for label, is_there in zip(reversed(labels), found, strict=True)
    ]
    return np.stack(columns, axis=1)


def relion_matrix(
    rot: NDArray[np.float64], tilt: NDArray[np.float64], psi: NDArray[np.float64]
) -> NDArray[np.float64]:
    """RELION's ``Euler_angles2matrix``, ``(n, 3, 3)`` acting on x, y, z; radians.

    The inverse of the intrinsic ZYZ rotation by `rot`, `tilt`, `psi`.
    """
    zero, one = np.zeros_like(rot), np.ones_like(rot)

    def about_z(angle: NDArray[np.float64]) -> NDArray[np.float64]:
        c, s = np.cos(angle), np.sin(angle)
        return np.stack([c, s, zero, -s, c, zero, zero, zero, one], axis=-1).reshape(-1, 3, 3)

    c, s = np.cos(tilt), np.sin(tilt)
    about_y = np.stack([c, zero, -s, zero, one, zero, s, zero, c], axis=-1).reshape(-1, 3, 3)
    product: NDArray[np.float64] = about_z(psi) @ about_y @ about_z(rot)
    return product


def relion_rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
    """The poses that ``rlnAngleRot`` and its like say, ``(n, 3, 3)``; None without them.

    Where subtomograms were cut at an angle, ``rlnTomoSubtomogramRot`` and its like are the frame in
    which the others are (``ParticleSet::getMatrix3x3``). An empty cell of a table is 0, as in STAR.

    Raises
    ------
    PicksError
        A value is no number.
    """
    rotation = None
    for labels in (SUBTOMOGRAM_ANGLES, ANGLES):
        if not all(label in columns for label in labels):
            continue
        found = matrix_from_zyz(np.stack([_angles(columns, label) for label in labels], axis=1))
        rotation = found if rotation is None else rotation @ found
    return rotation


def _angles(columns: Mapping[str, Sequence[str]], label: str) -> NDArray[np.float64]:
    try:
        values = floats(filled(columns[label], "0"))
    except ValueError as error:
        raise PicksError(f"expected angles in column {label}, found {error}") from error
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise PicksError(f"expected angles in column {label}, found {columns[label][row]!r}")
    return values
