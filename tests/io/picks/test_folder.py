from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.read import read_picks
from tests.io.picks.test_imod import contour, image, model, thing
from tests.io.picks.test_tables import position, written

if TYPE_CHECKING:
    from pathlib import Path

POINTS = "index,axis-0,axis-1,axis-2\n0,3,2,1\n"


def test_a_file_for_each_tomogram_goes_by_the_name_of_its_file(tmp_path: Path) -> None:
    written(tmp_path / "TS_2.csv", POINTS.replace("3,2,1", "6,5,4"))
    written(tmp_path / "TS_1.csv", POINTS)
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    picks = read_picks(tmp_path)
    assert (picks.format, picks.names()) == ("napari", ["TS_1", "TS_2"])
    assert picks.reason.startswith("2 files, axis-0")
    assert position(picks, "TS_2") == [[60, 50, 40]]
    assert picks.keys("TS_2") == ["TS_2/000000"]
    assert read_picks(tmp_path, only=[("axis-0", "6")]).names() == ["TS_2"]
    assert read_picks(tmp_path, format_name="napari").reason == "2 files, napari, as asked"


def test_files_that_name_their_tomogram_keep_it(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "tomogram,x,y,z\nTS_1,1,2,3\n")
    written(tmp_path / "b.csv", "tomogram,x,y,z\nTS_2,4,5,6\n")
    assert read_picks(tmp_path).names() == ["TS_1", "TS_2"]


def test_a_column_may_be_said_to_name_tomograms_in_each(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "where,x,y,z\nTS_1,1,2,3\nTS_2,1,2,3\n")
    written(tmp_path / "b.csv", "where,x,y,z\nTS_3,1,2,3\nTS_3,4,5,6\n")
    with pytest.raises(PicksError, match=r"found column 'where' .* in .*a\.csv"):
        read_picks(tmp_path)
    assert read_picks(tmp_path, tomogram_column="where").names() == ["TS_1", "TS_2", "TS_3"]
    assert read_picks(tmp_path, tomogram_column="none").names() == ["a", "b"]


def test_files_of_several_formats_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(PicksError, match=r"expected picks of a known format .* nothing in it"):
        read_picks(tmp_path)
    written(tmp_path / "a.csv", POINTS)
    written(tmp_path / "b.csv", "x,y,z\n1,2,3\n")
    with pytest.raises(PicksError, match=r"found napari \(a\.csv\), csv \(b\.csv\): say which"):
        read_picks(tmp_path)
    picks = read_picks(tmp_path, format_name="napari")
    assert picks.names() == [""]  # one file is read as if it had been given itself
    assert picks.path == tmp_path / "a.csv"


def test_what_is_no_file_of_picks_is_named_and_left_alone(tmp_path: Path) -> None:
    for name in "ab":
        written(tmp_path / f"{name}.csv", POINTS)
        written(tmp_path / f"{name}.zarr" / "0.csv", POINTS)
    written(tmp_path / "classes.txt", "1 wall\n")
    picks = read_picks(tmp_path)
    assert picks.names() == ["a", "b"]
    assert picks.remarks == [f"no picks in classes.txt of {tmp_path}"]


def test_files_may_have_columns_of_their_own_but_not_coordinates(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", POINTS)
    written(tmp_path / "b.csv", "index,axis-0,axis-1,axis-2,note\n0,3,2,1,n\n")
    assert read_picks(tmp_path).columns["note"] == ["", "n"]
    for name, unit in (("a", "voxel"), ("b", "angstrom")):
        written(tmp_path / f"{name}.csv", f"tomogram,x_{unit},y_{unit},z_{unit}\nT,1,2,3\n")
    with pytest.raises(PicksError, match=r"expected the same columns of coordinates .*b\.csv"):
        read_picks(tmp_path)


def test_the_rows_of_one_tomogram_may_stand_in_several_files(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "tomogram,x,y,z\nT,1,2,3\nU,7,8,9\n")
    written(tmp_path / "b.csv", "tomogram,x,y,z\nT,4,5,6\n")
    picks = read_picks(tmp_path)
    assert picks.keys("T") == ["T/000000", "T/000001"]
    assert picks.rows("T").tolist() == [0, 2]
    assert position(picks, "T") == [[30, 20, 10], [60, 50, 40]]


def test_each_model_is_read_in_the_frame_of_its_own_image(tmp_path: Path) -> None:
    model(tmp_path / "a.mod", thing(contour((10.5, 20.5, 30))), flags=1 << 14)
    after = image(10, origin=50, current=50 - 200)  # 3dmod loaded from voxel 20 on
    model(tmp_path / "b.mod", thing(contour((10.5, 20.5, 3))), after=after, flags=1 << 14)
    picks = read_picks(tmp_path)
    assert picks.names() == ["a", "b"]
    assert position(picks, "a") == [[300, 200, 100]]
    assert position(picks, "b") == [[230, 400, 300]]


def test_files_in_folders_go_by_the_folder(tmp_path: Path) -> None:
    for run in ("TS_1", "TS_2"):
        written(tmp_path / run / "Points" / "found.csv", POINTS)
    assert read_picks(tmp_path).names() == ["TS_1", "TS_2"]
