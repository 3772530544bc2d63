"""What napari saves of a Points layer: ``index, axis-0, axis-1, axis-2``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.io.picks.table_format import TableFormat, is_our_own
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import by_tomogram, decimals, score_text, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart

__all__ = ["NapariPoints", "write_napari"]

AXES = ("axis-0", "axis-1", "axis-2")  # z, y, x


class NapariPoints(TableFormat):
    """CSV of napari's Points: ``index, axis-0, axis-1, axis-2``, which are z, y, x in voxels.

    napari writes the data of the layer, before its scale (napari 0.9.2,
    ``napari_builtins/io/_write.py``), and a Points layer that is made beside an image has that
    image's scale: voxels, 0 at the centre of the first. Features are further columns.
    """

    name = "napari"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By three axes and no fourth, and no vertices, which shapes have."""
        columns = file.table or {}
        if is_our_own(columns) or not all(label in columns for label in AXES):
            return None
        if "axis-3" in columns or "vertex-index" in columns:
            return None
        return f"{', '.join(AXES)} -> points of napari, voxels in z, y, x"

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Axes 2, 1 and 0."""
        del columns
        return AXES[::-1]

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the voxel spacing, or what the user says."""
        return picks.xyz(AXES[::-1], rows) * (picks.coordinate_spacing or geometry.voxel_spacing)


@writes_folder
def write_napari(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``TOMOGRAM.csv`` in the folder `path` for each; class and score are features."""
    for name, found in by_tomogram(parts, "napari").items():
        rows = (
            (
                *decimals(
                    part.position_zyx_angstrom[row]
                    / part.geometry[part.tomogram[row]].voxel_spacing
                ),
                part.labels[row],
                score_text(part.scores[row]),
            )
            for part, inside in found
            for row in inside
        )
        write_rows(
            path / f"{name}.csv",
            ("index", *AXES, "class", "score"),
            ((str(number), *row) for number, row in enumerate(rows)),
            "napari",
        )
