"""Molecules of acryo and cylindra: z, y, x in nanometres and a rotation vector in z, y, x."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_floats
from cryoal.io.picks.poses import matrix_from_vector, vector_from_matrix
from cryoal.io.picks.table_format import TableFormat, is_our_own
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import by_tomogram, score_text, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart

__all__ = ["Acryo", "write_acryo"]

XYZ = ("x", "y", "z")
VECTOR = ("xvec", "yvec", "zvec")
ANGSTROM = 10.0  # of a nanometre


class Acryo(TableFormat):
    """CSV of acryo and cylindra: ``z, y, x`` in nanometres, ``zvec, yvec, xvec``.

    0 is the centre of the first voxel (acryo 0.9.1 samples at position / scale with
    ``ndimage``). The rotation vector is given in z, y, x, and exchanging x and z makes a
    left-handed frame of a right-handed one: in x, y, z it is MINUS ``xvec, yvec, zvec``
    (``Molecules.to_dataframe`` writes ``Rotation.as_rotvec`` of a rotation that acts on z, y, x).
    All other columns are features. Molecules name no tomogram: cylindra keeps a file for each.
    """

    name = "acryo"
    has_numbers = True  # image-id of BatchLoader

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By ``zvec``, ``yvec`` and ``xvec``."""
        columns = file.table or {}
        if is_our_own(columns) or not all(label in columns for label in (*XYZ, *VECTOR)):
            return None
        return "zvec, yvec, xvec -> molecules of acryo or cylindra, nanometres"

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``x``, ``y`` and ``z``."""
        del columns
        return XYZ

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Nanometres, or what the user says a unit is."""
        del geometry
        return picks.xyz(XYZ, rows) * (picks.coordinate_spacing or ANGSTROM)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """Of the rotation vectors, turned into x, y, z."""
        if not all(label in columns for label in VECTOR):
            return None
        try:
            vector = np.stack([to_floats(columns[label]) for label in VECTOR], axis=1)
        except ValueError as error:
            raise PicksError(f"expected numbers in zvec, yvec, xvec: {error}") from error
        return matrix_from_vector(-vector)


@writes_folder
def write_acryo(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``TOMOGRAM.csv`` in the folder `path` for each; class and score are features."""
    header = ("z", "y", "x", "zvec", "yvec", "xvec", "class", "score")
    vectors = {
        id(part): np.zeros((len(part), 3))
        if part.rotation is None
        else -vector_from_matrix(part.rotation)
        for part in parts
    }
    for name, found in by_tomogram(parts, "acryo").items():
        rows = (
            (
                *(f"{value:.6f}" for value in part.position_zyx_angstrom[row] / ANGSTROM),
                *(f"{value:.6f}" for value in vectors[id(part)][row][::-1] + 0.0),
                part.labels[row],
                score_text(part.scores[row]),
            )
            for part, inside in found
            for row in inside
        )
        write_rows(path / f"{name}.csv", header, rows, "acryo")
