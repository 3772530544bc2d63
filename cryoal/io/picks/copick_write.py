"""Particles as an overlay of copick: a folder that copick lays over a project, or is one itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from cryoal.errors import PicksError
from cryoal.io.picks.copick_points import points_of
from cryoal.io.picks.write import writes_folder
from cryoal.io.picks.write_table import NO_CLASS, by_tomogram
from cryoal.records import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cryoal.io.picks.write import ParticlePart

__all__ = ["write_copick"]

Points: TypeAlias = "dict[str, list[dict[str, object]]]"

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
    points = {id(part): list(points_of(part)) for part in parts}
    for run, found in runs.items():
        objects: Points = {}
        has_poses = True
        for part, rows in found:
            has_poses = has_poses and part.rotation is not None
            for row in rows:
                point = points[id(part)][row]
                xyz = [float(text) for text in point.xyz]
                objects.setdefault(part.labels[row] or NO_CLASS, []).append(
                    {
                        "location": dict(zip("xyz", xyz, strict=True)),
                        "transformation_": point.transform.tolist(),
                        "instance_id": int(point.group),
                        "score": float(point.score),
                    }
                )
        for name, listed in objects.items():
            content = {
                "pickable_object_name": name,
                "user_id": USER,
                "session_id": SESSION,
                "run_name": run,
                "voxel_spacing": None,
                "unit": "angstrom",
                "points": listed,
                "trust_orientation": has_poses,
            }
            file = path / "ExperimentRuns" / run / "Picks" / f"{USER}_{SESSION}_{name}.json"
            write_text(file, json.dumps(content, indent=4, allow_nan=False) + "\n")


def _require_names(names: Iterable[str]) -> None:
    wrong = sorted(name for name in names if NOT_IN_NAMES.search(name))
    if wrong:
        raise PicksError(
            'expected names of classes that copick can hold (no space, no _ < > : " / \\ | ? *), '
            f"found {', '.join(map(repr, wrong[:4]))}: rename the class, or export another format"
        )
