"""crYOLO's boxes in a tomogram: a STAR file of corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Cbox"]

BLOCK = "cryolo"
PLACE = ("CoordinateX", "CoordinateY", "CoordinateZ")
SIZES = ("Width", "Height")
DEPTH = "Depth"


class Cbox(PickFormat):
    """crYOLO's .cbox of a tomogram: the corner of a box in x and y, its middle in z.

    Unit: voxels of the tomogram, 0 at the middle of the first: x = CoordinateX + Width / 2,
    y = CoordinateY + Height / 2, z = CoordinateZ ("z is already centered after tracing",
    ``CoordsIO.py`` of crYOLO 1.9; TomoTwin's ``cbox_format.py`` takes half a width off x and y
    only). Score: Confidence, group: filamentid. Boxes of single sections (Depth 1) are no particles
    yet and are refused, as are those of micrographs.
    """

    name = "cbox"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By its suffix or its block ``data_cryolo``."""
        if file.suffix != ".cbox" and (file.star is None or BLOCK not in file.star):
            return None
        return f"data_{BLOCK} -> crYOLO, boxes of a tomogram, voxels from the middle of the first"

    @staticmethod
    def read(file: PickFile) -> Contents:
        """The boxes, and the other blocks."""
        blocks = dict(file.star or {})
        columns = blocks.pop(BLOCK, {})
        if not next(iter(columns.values()), []):
            raise PicksError(
                f"expected boxes of crYOLO (data_{BLOCK}), found none in {file.path}: of before "
                "crYOLO 1.8?"
            )
        absent = [label for label in (*PLACE, *SIZES) if label not in columns]
        if absent or all(map(_is_nothing, columns[PLACE[2]])):
            raise PicksError(
                f"expected boxes of a tomogram, found no {(absent or PLACE[2:])[0]} in {file.path}"
                ": boxes of a micrograph?"
            )
        if {text.partition(".")[0] for text in columns.get(DEPTH, [])} == {"1"}:
            raise PicksError(
                f"expected boxes traced through the tomogram, found one for each section (Depth 1) "
                f"in {file.path}: give crYOLO's traced file (CBOX_3D), or trace them in its box "
                "manager"
            )
        return Contents(columns, blocks)

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """None: such a file is of the one that it is given with."""
        del path
        return [""] * len(columns[PLACE[0]])

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """Corner, corner, middle."""
        del columns
        return PLACE

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """The middle of each box."""
        corner = picks.xyz(PLACE, rows)
        for axis, label in zip((2, 1), SIZES, strict=True):
            corner[:, axis] += numbers(picks, label, rows) / 2
        return corner * (picks.coordinate_spacing or geometry.voxel_spacing)

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``Confidence``."""
        return "Confidence" if "Confidence" in columns else None

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``filamentid``."""
        return "filamentid" if "filamentid" in columns else None


def _is_nothing(text: str) -> bool:
    return text.lower() in ("nan", "none", "<na>", "")
