"""copick: the points of a JSON file, a run or a project, read without the copick package."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cryoal.errors import PicksError
from cryoal.io.numeral import to_float
from cryoal.io.picks import copick_table
from cryoal.io.picks.base import Contents, PickFormat
from cryoal.io.picks.copick_places import pick_files, tomograms_of
from cryoal.io.picks.copick_table import TRANSFORM, XYZ
from cryoal.io.picks.file import PickFile
from cryoal.records import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

__all__ = ["Copick"]

OBJECT, USER, SESSION = "pickable_object_name", "user_id", "session_id"
KEY = "copick_point"
LABELS = (
    *(KEY, "run_name", OBJECT, USER, SESSION, *XYZ, *TRANSFORM),
    *("score", "instance_id", "trust_orientation"),
)
IDENTITY = ["1" if row == column else "0" for row in range(4) for column in range(4)]
UPRIGHT = tuple(zip(TRANSFORM, IDENTITY, strict=True))
NOTHING = {"1": {"1", "1.0"}, "0": {"0", "0.0", "-0.0"}}  # as they are written where none is told
MANY = re.compile(rb'"(points|pickable_object_name)"\s*:')


class Copick(PickFormat):
    """copick: a JSON file of points, a run's folder, a project's folder or its configuration.

    Angstrom, x, y, z, 0 at the centre of the first voxel (copick ``docs/geometry``). A particle is
    at its ``location`` plus the translation of its ``transformation_``, whose upper left is the
    rotation from the object's space to the tomogram's (copick 1.31.0, ``models.py``:
    ``CopickPoint``, ``full_positions``). A run is called as its folder, whatever the JSON says;
    of user, session and object the JSON has the word, then the name of the file. Points of all
    users, sessions and objects are read; ``--only`` chooses.
    """

    name = "copick"

    @staticmethod
    def recognise(file: PickFile) -> str | None:
        """By the folders of a project, or by what stands in the JSON."""
        if file.is_folder:
            files = pick_files(file)
            return None if files is None else f"{len(files)} files of Picks/*.json -> copick"
        if file.suffix != ".json" or not (MANY.search(file.head) or b"_root" in file.head):
            return None
        if _is_config(file.json):
            return "pickable_objects, overlay_root -> configuration of copick"
        if isinstance(file.json, dict) and "points" in file.json and OBJECT in file.json:
            return f"{OBJECT}, points -> copick, angstrom"
        return None

    @staticmethod
    def read(file: PickFile) -> Contents:
        """A row for each point of each file, in the order of their names.

        Where all transforms are the identity, as where nobody told one, there are none of them.
        """
        if _is_config(file.json) or file.is_folder:
            files = pick_files(file)
        else:
            files = [(_run_of(file.path), file)]
        if files is None:
            raise PicksError(
                f"expected a project of copick (ExperimentRuns/*/Picks/*.json), a run or a JSON "
                f"file of it, found none in {file.path}"
            )
        rows = [row for run, one in files for row in _rows(run, one)]
        if not rows:
            raise PicksError(f"expected picks, found none in {file.path}")
        columns: StarTable = dict(zip(LABELS, map(list, zip(*rows, strict=True)), strict=True))
        if all(set(columns[label]) <= NOTHING[text] for label, text in UPRIGHT):
            columns = {label: texts for label, texts in columns.items() if label not in TRANSFORM}
        return Contents(columns)

    @staticmethod
    def tomogram(columns: StarTable, path: Path) -> list[str]:
        """The run."""
        del path
        return list(columns["run_name"])

    @staticmethod
    def tomogram_files(path: Path, names: Sequence[str]) -> dict[str, Path]:
        """The project's own, where each run has one, or all have one of a kind."""
        file = PickFile(path)
        return tomograms_of(file, names) if file.is_folder or _is_config(file.json) else {}

    @staticmethod
    def key_column(columns: StarTable) -> str | None:
        """Run, file and number, so that a project which has grown keeps the names of its points."""
        del columns
        return KEY

    @staticmethod
    def coordinate_labels(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """``x``, ``y`` and ``z`` of the location."""
        del columns
        return XYZ

    @staticmethod
    def coordinate(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64]:
        """The location, or times what the user says."""
        del geometry
        return picks.xyz(XYZ, rows) * (picks.coordinate_spacing or 1.0)

    @staticmethod
    def shift(
        picks: Picks, rows: NDArray[np.int64], geometry: Geometry
    ) -> NDArray[np.float64] | None:
        """The translation, added."""
        del geometry
        return copick_table.translation(picks, rows)

    @staticmethod
    def rotation(columns: Mapping[str, Sequence[str]]) -> NDArray[np.float64] | None:
        """Of the transforms, unless ``trust_orientation`` is false."""
        return copick_table.rotation(columns)

    @staticmethod
    def score_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``score``."""
        return "score" if "score" in columns else None

    @staticmethod
    def class_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """The object."""
        return OBJECT if OBJECT in columns else None

    @staticmethod
    def group_column(columns: Mapping[str, Sequence[str]]) -> str | None:
        """``instance_id``."""
        return copick_table.group_column(columns)


def _is_config(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and "pickable_objects" in value
        and ("overlay_root" in value or "config_type" in value)
    )


def _run_of(path: Path) -> str | None:
    """The run whose folder a file lies in, None where it lies in none."""
    folder = path.resolve().parent
    return folder.parent.name if folder.name == "Picks" else None


def _rows(run: str | None, file: PickFile) -> Iterator[list[str]]:
    """The columns ``LABELS`` of each point, numbers as the text that stands in the file."""
    parse_json(file.text, file.path, PicksError)  # well formed, and numbers that are finite
    value = json.loads(file.text, parse_float=str, parse_int=str)
    if not isinstance(value, dict) or not isinstance(value.get("points") or [], list):
        raise PicksError(f"expected picks of copick, an object with points, found {file.path}")
    stem = file.name.removesuffix(".json")
    spelt = stem.split("_") if stem.count("_") == 2 else ["", "", stem]
    if (unit := value.get("unit", "angstrom")) != "angstrom":
        raise PicksError(f"expected unit 'angstrom', found {unit!r} in {file.path}")
    said = [value.get(label) or spelt[i] for i, label in enumerate((USER, SESSION, OBJECT))]
    user, session, name = (str(text) for text in said)
    run = run or str(value.get("run_name") or "")
    trust = "false" if value.get("trust_orientation") is False else "true"
    # a file that is called as copick calls it is unique in its run; one on its own may not be
    about = f"{run}/{user}_{session}_{name}".lstrip("/")
    for number, point in enumerate(value.get("points") or []):
        where = f"point {number + 1} of {file.path}"
        yield [
            *(f"{about}/{number:06d}", run, name, user, session),
            *_location(point, where),
            *_transform(point, where),
            *(_text(point.get("score")), _text(point.get("instance_id")), trust),
        ]


def _location(point: Any, where: str) -> list[str]:
    location = point.get("location") if isinstance(point, dict) else None
    if not isinstance(location, dict) or not all(isinstance(location.get(a), str) for a in XYZ):
        raise PicksError(f"expected a location with x, y and z, found {location!r:.60} in {where}")
    return [location[axis] for axis in XYZ]


def _transform(point: Any, where: str) -> list[str]:
    rows = point.get("transformation_")
    if rows is None:
        return IDENTITY
    is_square = (
        isinstance(rows, list)
        and [len(row) if isinstance(row, list) else 0 for row in rows] == [4] * 4
    )
    if not is_square or not all(isinstance(cell, str) for row in rows for cell in row):
        raise PicksError(f"expected a transformation_ of 4 x 4 numbers, found another in {where}")
    if not _is_affine(rows[3]):
        raise PicksError(
            f"expected 0, 0, 0, 1 as the last row of transformation_, found "
            f"{', '.join(rows[3])} in {where}"
        )
    return [cell for row in rows for cell in row]


def _is_affine(last: list[str]) -> bool:
    try:
        return [to_float(cell) for cell in last] == [0.0, 0.0, 0.0, 1.0]
    except ValueError:
        return False


def _text(value: Any) -> str:
    return "" if value is None else str(value)
