"""Particles as an overlay of copick: a folder that copick lays over a project, or is one itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cryoal.errors import PicksError
from cryoal.io.picks.copick_points import points_of
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import NO_CLASS, by_tomogram
from cryoal.records import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from cryoal.io.picks.copick_points import Points
    from cryoal.io.picks.write import ParticlePart

__all__ = ["write_copick"]

USER, SESSION = "cryoal", "1"
# copick 1.31.0, util/escape.py: what it takes out of names of objects, users and sessions
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\s_]|^-|-$|^$')


@writes_folder
def write_copick(path: Path, parts: Sequence[ParticlePart]) -> None:
    """Write ``ExperimentRuns/RUN/Picks/cryoal_1_CLASS.json`` below `path` for each run and class.

    Raises
    ------
    PicksError
        A class whose name copick cannot hold, or two tomograms that would be one run.
    """
    runs = by_tomogram(parts, "copick")
    _require_names({label or NO_CLASS for part in parts for label in part.labels})
    points = {id(part): points_of(part) for part in parts}
    for run, found in runs.items():
        objects: dict[str, list[str]] = {}
        for part, rows in found:
            for row, line in zip(rows, _lines(points[id(part)], rows), strict=True):
                objects.setdefault(part.labels[row] or NO_CLASS, []).append(line)
        has_poses = all(part.rotation is not None for part, _ in found)
        for name, lines in objects.items():
            about = {
                "pickable_object_name": name,
                "user_id": USER,
                "session_id": SESSION,
                "run_name": run,
                "voxel_spacing": None,
                "unit": "angstrom",
                "trust_orientation": has_poses,
            }
            # a point a line: the file can be read, and compared with another
            listed = ",\n".join(lines)
            text = f'{json.dumps(about, ensure_ascii=False)[:-1]}, "points": [\n{listed}\n]}}\n'
            file = path / "ExperimentRuns" / run / "Picks" / f"{USER}_{SESSION}_{name}.json"
            write_text(file, text)


def _lines(points: Points, rows: Sequence[int]) -> Iterator[str]:
    """The points of `rows` as JSON."""
    for row in rows:
        point = {
            "location": dict(zip("xyz", points.xyz[row].tolist(), strict=True)),
            "transformation_": points.transform[row].tolist(),
            "instance_id": points.group[row],
            "score": points.score[row],
        }
        yield json.dumps(point, allow_nan=False)


def _require_names(names: Iterable[str]) -> None:
    wrong = sorted(name for name in names if NOT_IN_NAMES.search(name))
    if wrong:
        raise PicksError(
            'expected names of classes that copick can hold (no space, no _ < > : " / \\ | ? *), '
            f"found {', '.join(map(repr, wrong[:4]))}: rename the class, or export another format"
        )
