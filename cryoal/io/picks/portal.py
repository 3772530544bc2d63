"""The CryoET Data Portal's ndjson: a point a line, in voxels of the annotation's spacing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.errors import PicksError
from cryoal.io.numeral import to_floats
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.poses import are_rotations
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import NO_CLASS, by_tomogram, require_file_name
from cryoal.records import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.file import PickFile
    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.picks.write import ParticlePart
    from cryoal.io.star import StarTable

__all__ = ["Portal", "write_portal"]

XYZ = ("x", "y", "z")
MATRIX = tuple(f"rotation_{row}{column}" for row in range(3) for column in range(3))
FOLDER = re.compile(r"VoxelSpacing(\d+(?:\.\d+)?)")


class Portal(PickFormat):
    """ndjson of the CryoET Data Portal: a point a line, voxels of the annotation's tomogram.

    ``location`` is in voxels of the tomogram that was annotated, 0 at the centre of the first, and
    the file does not say how large they are: it is asked for (``--coordinate-spacing``), unless the
    file still lies where the portal keeps it, ``RUN/Reconstructions/VoxelSpacing13.480/...``,
    which names the run too. ``xyz_rotation_matrix`` turns the object into the tomogram (copick
    1.31.0, ``impl/cryoet_data_portal.py``, multiplies locations by the spacing and takes the
    matrix as that of its transform).
    """

    name = "portal"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By a ``location`` in the first line, which is JSON by itself."""
        first = file.head.partition(b"\n")[0] if file.is_text else b""
        if not first.lstrip().startswith(b"{") or b'"location"' not in first:
            return None
        if file.suffix == ".json" or b'"points"' in first:
            return None
        return "location in each line -> ndjson of the CryoET Data Portal, voxels"

    @staticmethod
    def read(file: PickFile) -> Contents:
        """Type, location, rotation and instance of each line; numbers as the text they are."""
        lines = [
            (number, line) for number, line in enumerate(file.text.splitlines(), 1) if line.strip()
        ]
        rows = [_row(line, f"line {number} of {file.path}") for number, line in lines]
        if not rows:
            raise PicksError(f"expected picks, found none in {file.path}")
        run, spacing = _place(file.path)
        labels = dict.fromkeys(label for row in rows for label in row)
        columns: StarTable = {label: [row.get(label, "") for row in rows] for label in labels}
        columns["voxel_spacing"] = [spacing] * len(rows)
        columns["run_name"] = [run] * len(rows)
        return Contents(columns)

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """The run whose folder the file lies in; else a single tomogram without a name."""
        del path
        return list(columns["run_name"])

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``x``, ``y`` and ``z`` of the location."""
        del columns
        return XYZ

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """Times the spacing that the user says, or the folder."""
        del geometry
        if picks.coordinate_spacing is not None:
            return picks.xyz(XYZ, rows) * picks.coordinate_spacing
        said = picks.columns["voxel_spacing"][0]
        if not said:
            raise PicksError(
                f"expected the voxel spacing of the tomogram that was annotated, found none in "
                f"{picks.path} or in its folders (VoxelSpacing13.480): --coordinate-spacing 13.48 "
                "says it, as the portal's page of the annotation does"
            )
        return picks.xyz(XYZ, rows) * float(said)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """``xyz_rotation_matrix``, where every point has one that is a rotation."""
        if not all(all(columns.get(label, [""])) for label in MATRIX):
            return None
        values = np.stack([to_floats(columns[label]) for label in MATRIX], axis=1)
        matrix: NDArray[np.float64] = values.reshape(-1, 3, 3)
        return matrix if are_rotations(matrix).all() else None

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``instance_id``, where it is not 0 for all."""
        told = set(columns.get("instance_id", ()))
        return "instance_id" if told - {"", "0"} else None


def _row(line: str, where: str) -> dict[str, str]:
    try:
        point = json.loads(line, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise PicksError(f"expected a JSON object in {where}, found: {error}") from error
    location = point.get("location") if isinstance(point, dict) else None
    if not isinstance(location, dict) or not all(isinstance(location.get(a), str) for a in XYZ):
        raise PicksError(f"expected a location with x, y and z, found {location!r:.60} in {where}")
    row = {"type": str(point.get("type", "")), **{axis: location[axis] for axis in XYZ}}
    if (matrix := point.get("xyz_rotation_matrix")) is not None:
        row |= zip(MATRIX, _cells(matrix, where), strict=True)
    if point.get("instance_id") is not None:
        row["instance_id"] = str(point["instance_id"])
    return row


def _cells(matrix: Any, where: str) -> list[str]:
    sizes = [len(row) if isinstance(row, list) else 0 for row in matrix] if matrix else []
    if sizes != [3, 3, 3] or not all(isinstance(cell, str) for row in matrix for cell in row):
        raise PicksError(f"expected an xyz_rotation_matrix of 3 x 3 numbers, found none in {where}")
    return [cell for row in matrix for cell in row]


def _place(path: Path) -> tuple[str, str]:
    """The run and the spacing that the portal's folders say; "" where they do not."""
    run = spacing = ""
    for folder in path.resolve().parents:
        if match := FOLDER.fullmatch(folder.name):
            spacing = spacing or match[1]
        if folder.name == "Reconstructions":
            run = run or folder.parent.name
    return run, spacing


@writes_folder
def write_portal(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``RUN/Reconstructions/VoxelSpacing10.000/Annotations/CLASS.ndjson`` for each."""
    for run, found in by_tomogram(parts, "portal").items():
        lines: dict[tuple[str, str], list[str]] = {}
        for part, rows in found:
            for row in rows:
                spacing = f"{part.geometry[part.tomogram[row]].voxel_spacing:.3f}"
                label = part.labels[row] or NO_CLASS
                require_file_name(label, "a class")
                lines.setdefault((spacing, label), []).append(_line(part, row, float(spacing)))
        for (spacing, label), listed in lines.items():
            folder = path / run / "Reconstructions" / f"VoxelSpacing{spacing}" / "Annotations"
            write_text(folder / f"{label}.ndjson", "\n".join(listed) + "\n")


def _line(part: ParticlePart, row: int, spacing: float) -> str:
    voxel = part.position_zyx_angstrom[row, ::-1] / spacing
    point: dict[str, object] = {
        "type": "point" if part.rotation is None else "orientedPoint",
        "location": {axis: round(v, 5) for axis, v in zip(XYZ, voxel.tolist(), strict=True)},
    }
    if part.rotation is not None:
        point["xyz_rotation_matrix"] = part.rotation[row].tolist()
    return json.dumps(point)
