from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from tests.io.picks.test_tables import part, position, written

if TYPE_CHECKING:
    from pathlib import Path

TURN = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
POINT = {"type": "orientedPoint", "location": {"x": 1, "y": 2.50, "z": 3}}
LINE = json.dumps({**POINT, "xyz_rotation_matrix": TURN, "instance_id": 4})


def test_the_spacing_of_a_file_from_the_portal_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ndjson", f"{LINE}\n\n{LINE}\n")
    picks = read_picks(path)
    assert (picks.format, picks.names(), len(picks)) == ("portal", [""], 2)
    with pytest.raises(PicksError, match=r"--coordinate-spacing 13\.48 says it"):
        position(picks)
    assert position(read_picks(path, coordinate_spacing=4.0))[0] == [12, 10, 4]
    assert picks.rotation is not None
    np.testing.assert_array_equal(picks.rotation[0], TURN)
    assert picks.convention.group_column(picks.columns) == "instance_id"


def test_the_folders_of_the_portal_say_run_and_spacing(tmp_path: Path) -> None:
    folder = tmp_path / "10000/TS_026/Reconstructions/VoxelSpacing13.480/Annotations/100"
    folder.mkdir(parents=True)
    picks = read_picks(written(folder / "ribosome-1.0_point.ndjson", LINE))
    assert (picks.names(), position(picks)) == (["TS_026"], [[40.44, 33.7, 13.48]])


def test_points_go_out_as_the_portal_keeps_them(tmp_path: Path) -> None:
    picks = read_picks(written(tmp_path / "a.ndjson", LINE), coordinate_spacing=4.0)
    write_particles(tmp_path / "out", "portal", [part(picks.called("TS_1"))])
    place = tmp_path / "out/TS_1/Reconstructions/VoxelSpacing10.000/Annotations"
    again = read_picks(place / "unclassified.ndjson")
    assert (again.names(), position(again)) == (["TS_1"], [[12, 10, 4]])
    np.testing.assert_array_equal(again.rotation, picks.rotation)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{LINE}\n{LINE[:-9]}", "expected a JSON object in line 2 of"),
        (f"{LINE}\n[]", "expected a location with x, y and z, found None in line 2"),
        (LINE.replace('"z": 3', '"w": 3'), "expected a location with x, y and z"),
        (LINE.replace("[0, 0, 1]", "[0, 1]"), "expected an xyz_rotation_matrix of 3 x 3 numbers"),
        (LINE.replace('"x": 1', '"x": "1_0"'), "expected a number in column x, row 1, found '1_0'"),
    ],
)
def test_a_line_that_is_no_point_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path / "a.ndjson", text)
    with pytest.raises(PicksError, match=message):
        position(read_picks(path, coordinate_spacing=4.0))
