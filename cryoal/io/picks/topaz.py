"""topaz in 3-D: ``image_name, x_coord, y_coord, z_coord`` in voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.io.picks.names import clean_name
from cryoal.io.picks.table_format import TableFormat, is_our_own
from cryoal.io.picks.write_table import decimals, score_text, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart

__all__ = ["Topaz", "write_topaz"]

LABELS = ("x_coord", "y_coord", "z_coord")


class Topaz(TableFormat):
    """Table of topaz in 3-D (``.txt`` or ``.csv``): ``image_name, x_coord, y_coord, z_coord``.

    Indices of voxels from 0 in the tomogram that was scored, times what ``topaz extract
    --up-scale`` said (topaz-em 0.3.20, ``extract.py``: indices of maxima, times the scale and
    rounded). ``image_name`` is the file without its ending. ``score`` is a log-likelihood ratio.
    """

    name = "topaz"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the three columns of coordinates."""
        columns = file.table or {}
        if is_our_own(columns) or not all(label in columns for label in LABELS):
            return None
        return f"{', '.join(LABELS)} -> topaz, voxels"

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``x_coord``, ``y_coord`` and ``z_coord``."""
        del columns
        return LABELS

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the voxel spacing, or what the user says."""
        return picks.xyz(LABELS, rows) * (picks.coordinate_spacing or geometry.voxel_spacing)


def write_topaz(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write voxels with a tab between, as ``topaz extract`` does; classes are lost."""
    rows = (
        (
            clean_name(name),
            *decimals(part.position_zyx_angstrom[row, ::-1] / part.geometry[name].voxel_spacing),
            score_text(part.scores[row]),
        )
        for part in parts
        for row, name in enumerate(part.tomogram)
    )
    write_rows(path, ("image_name", *LABELS, "score"), rows, "topaz", delimiter="\t")
