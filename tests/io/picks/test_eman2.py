from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from tests.io.picks.test_tables import part, position

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = {"0": {"name": "ribosome", "boxsize": 32}, "2": "old name"}


def info(path: Path, boxes: list[Any], **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"boxes_3d": boxes, "class_list": CLASSES, **more}, indent=0))
    return path


def test_boxes_are_unbinned_pixels_from_the_middle(tmp_path: Path) -> None:
    path = info(tmp_path / "TS_1_info.json", [[4, -8, 0, "tm", 0.5, 0, 7]], apix_unbin=2.5)
    picks = read_picks(path)
    assert (picks.format, picks.names()) == ("eman2", ["TS_1"])
    # 50 x 100 x 200 voxels of 10 A: the middle is voxel 25, 50, 100
    assert position(picks) == [[250, 480, 1010]]
    odd = picks.locate("TS_1", Geometry((51, 101, 201), 10.0))
    assert odd.position_zyx_angstrom.tolist() == [[250, 480, 1010]]  # 51 // 2 is 25
    assert picks.columns["eman2_class_name"] == ["ribosome"]
    assert picks.convention.score_column(picks.columns) == "eman2_score"


def test_boxes_without_the_unbinned_pixel_are_voxels_from_the_corner(tmp_path: Path) -> None:
    path = info(tmp_path / "TS_1_info.json", [[1, 2, 3], [4, 5, 6, "manual", 0.0, 2]])
    picks = read_picks(path)
    assert position(picks) == [[30, 20, 10], [60, 50, 40]]
    assert picks.columns["eman2_class_name"] == ["ribosome", "old name"]
    assert picks.convention.score_column(picks.columns) is None


def test_the_folder_of_a_project_is_read_and_its_nan_do_not_matter(tmp_path: Path) -> None:
    info(tmp_path / "info" / "a_info.json", [[1, 2, 3]], ali_loss=[float("nan")])
    info(tmp_path / "info" / "b_info.json", [[4, 5, 6, "manual", 0.0, 9]])
    (tmp_path / "info" / "project.json").write_text("{}")
    picks = read_picks(tmp_path / "info")
    assert (picks.names(), picks.columns["eman2_class_name"][1]) == (["a", "b"], "particles_09")


@pytest.mark.parametrize("apix", [None, 2.5])
def test_boxes_go_out_and_come_in_again(tmp_path: Path, apix: float | None) -> None:
    more = {} if apix is None else {"apix_unbin": apix}
    picks = read_picks(info(tmp_path / "TS_1_info.json", [[4, -8.25, 1], [0, 0, 0]], **more))
    said = write_particles(tmp_path / "out", "eman2", [part(picks, {"cryoalClass": ["b", "a"]})])
    assert len(said) == (apix is None)
    again = read_picks(tmp_path / "out")
    assert position(again) == position(picks)
    assert again.columns["eman2_class_name"] == ["b", "a"]
    assert again.columns["eman2_apix_unbin"] == [str(apix or "")] * 2


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([], "expected picks, found no boxes_3d"),
        ([[1, 2]], r"expected \[x, y, z, method, score, class\], found \['1', '2'\] as box 1"),
        ([3], "as box 1"),
        ({}, "expected boxes_3d, a list of boxes"),
        ([["a", 2, 3]], "expected a number in column eman2_x, row 1, found 'a'"),
    ],
)
def test_what_is_no_box_is_refused(tmp_path: Path, boxes: Any, message: str) -> None:
    path = info(tmp_path / "TS_1_info.json", boxes)
    with pytest.raises(PicksError, match=message):
        position(read_picks(path))


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = info(tmp_path / "TS_1_info.json", [[1, 2, 3]])
    path.write_text(path.read_text()[:-20])
    with pytest.raises(PicksError, match=r"expected JSON of EMAN2 in .*TS_1_info\.json"):
        read_picks(path)
