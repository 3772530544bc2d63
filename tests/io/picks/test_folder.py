from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.read import read_picks
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


def test_files_of_several_kinds_are_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(PicksError, match=r"expected picks of a known format .* nothing in it"):
        read_picks(tmp_path)
    written(tmp_path / "a.csv", POINTS)
    written(tmp_path / "classes.txt", "1 wall\n")
    with pytest.raises(PicksError, match=r"found \.csv, \.txt: name the file of picks"):
        read_picks(tmp_path)
    (tmp_path / "classes.txt").unlink()
    written(tmp_path / "b.csv", "x,y,z\n1,2,3\n")
    with pytest.raises(PicksError, match="found napari, csv: name the file of picks"):
        read_picks(tmp_path)
    written(tmp_path / "b.csv", "index,axis-0,axis-1,axis-2,note\n0,3,2,1,a\n")
    with pytest.raises(PicksError, match=r"expected the same columns in all files of .*b\.csv"):
        read_picks(tmp_path)
