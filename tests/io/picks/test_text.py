"""Plain lists of coordinates, crYOLO's boxes, and pickles, which are refused."""

from __future__ import annotations

import gzip
import pickle
from typing import TYPE_CHECKING

import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from cryoal.io.star import write_star
from tests.io.picks.files import Blank, columns, particles
from tests.io.picks.test_write import part

if TYPE_CHECKING:
    from pathlib import Path


def saved(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def located(path: Path, **options: object) -> list[list[float]]:
    """Positions as z, y, x in voxels of 10 angstrom."""
    picks = read_picks(path, **options)  # type: ignore[arg-type]
    found = picks.locate("", picks.geometry("", Blank()))
    return (found.position_zyx_angstrom / 10).round(6).tolist()


@pytest.mark.parametrize("between", [" ", "\t", ",", " , ", ";", "   "])
def test_rows_of_three_numbers_are_voxels_from_the_middle_of_the_first(
    tmp_path: Path, between: str
) -> None:
    rows = "\n".join(["0 0 0", "40 21.5 10", ""]).replace(" ", between)
    path = saved(tmp_path / "p.txt", "# picked by hand\n" + rows)
    assert read_picks(path).format == "text"
    assert located(path) == [[0, 0, 0], [10, 21.5, 40]]


def test_another_unit_and_another_first_voxel_of_a_text_can_be_said(tmp_path: Path) -> None:
    path = saved(tmp_path / "p.xyz", "400 210 100\n")
    assert located(path, coordinate_spacing=1.0) == [[10, 21, 40]]
    ones = saved(tmp_path / "p.txt", "41 22 11\n")
    assert located(ones, switches={"text_offset": "1"}) == [[10, 21, 40]]
    assert located(ones, switches={"text_offset": "0.5"}) == [[10.5, 21.5, 40.5]]


def test_a_text_in_gzip_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "p.coords.gz"
    path.write_bytes(gzip.compress(b"40 21 10\n"))
    assert (read_picks(path).format, located(path)) == ("tomotwin", [[10, 21, 40]])


def test_coords_of_three_columns_are_tomotwins_and_of_four_deepetpickers(tmp_path: Path) -> None:
    three = saved(tmp_path / "a.coords", "40 21 10\n41 22 11\n")
    assert (read_picks(three).format, located(three)[0]) == ("tomotwin", [10, 21, 40])
    four = saved(tmp_path / "b.coords", "1\t40\t21\t10\n2\t41\t22\t11\n")
    picks = read_picks(four)
    assert (picks.format, located(four)) == ("deepetpicker", [[10, 21, 40], [11, 22, 41]])
    assert picks.columns[picks.convention.class_column(picks.columns) or ""] == ["1", "2"]


@pytest.mark.parametrize(
    "content",
    [
        "40 21 10 0.9\n41 22 11 0.8\n",  # x, y, z, score
        "40 21 10 1\n41 22 11 2\n",  # x, y, z, class
        "1.5 21 10 30\n2 22 11 31\n",  # no class
    ],
)
def test_four_columns_that_may_be_either_are_asked_about(tmp_path: Path, content: str) -> None:
    path = saved(tmp_path / "a.coords", content)
    with pytest.raises(PicksError, match=r"deepetpicker \(.*text \(.*say which \(--format\)"):
        read_picks(path)
    x, y, z = map(float, content.split()[:3])
    assert located(path, format_name="text")[0] == [z, y, x]
    assert located(path, format_name="deepetpicker")[0] == [float(content.split()[3]), z, y]


def test_texts_of_more_columns_are_asked_about(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.txt", "1 40 21 10\n2 41 22 11\n")
    with pytest.raises(PicksError, match=r"say which \(--format\)"):
        read_picks(path)
    six = saved(tmp_path / "b.txt", "40 21 10 1 2 3\n")
    with pytest.raises(PicksError, match=r"x, y, z and 3 more a row"):
        read_picks(six)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("1 2 3\n4 5\n", "expected 3 numbers, as above, found 2 in line 2"),
        ("1 2 3\n4 5 z\n", "expected rows of numbers, found 'z' in line 2"),
        ("1 2 3\n4 5 1_0\n", "expected rows of numbers, found '1_0' in line 2"),
        ("1 2 nan\n", "expected a number in column text_z, row 1, found 'nan'"),
    ],
)
def test_a_broken_text_is_refused_by_its_line(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(PicksError, match=said):
        located(saved(tmp_path / "p.txt", content))


def test_too_few_columns_for_the_format_asked_for_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "p.txt", "1 2 3\n")
    with pytest.raises(PicksError, match="expected rows of 4 numbers for deepetpicker, found 3"):
        read_picks(path, format_name="deepetpicker")
    with pytest.raises(PicksError, match="expected picks, found none"):
        read_picks(saved(tmp_path / "e.txt", "# nothing\n"), format_name="text")


@pytest.mark.parametrize(
    ("to", "name", "first"),
    [
        ("text", "TS_01.txt", "40.2500 21.7500 10.0000\n"),
        ("tomotwin", "TS_01.coords", "40.2500 21.7500 10.0000\n"),
        ("deepetpicker", "TS_01.coords", "2\t40\t22\t10\n"),
    ],
)
def test_relions_places_come_out_as_a_list_for_each_tomogram(
    tmp_path: Path, to: str, name: str, first: str
) -> None:
    path = particles(
        tmp_path / "p.star",
        "rlnMicrographName rlnCoordinateX rlnCoordinateY rlnCoordinateZ\n"
        "TS_01.mrc 40.25 21.75 10\nTS_02.mrc 1 2 3\n",
    )
    ours = {"rlnClassNumber": ["2", "1"], "cryoalClass": ["b", "a"]}
    out = tmp_path / "out"
    write_particles(out, to, [part(read_picks(path), extra=ours)])
    assert len(list(out.iterdir())) == 2
    assert (out / name).read_text() == first
    voxel = [10, 22, 40] if to == "deepetpicker" else [10, 21.75, 40.25]
    assert located(out / name, format_name=to) == [voxel]


def test_a_text_of_another_offset_goes_out_with_it(tmp_path: Path) -> None:
    picks = read_picks(saved(tmp_path / "p.txt", "41 22 11\n"), switches={"text_offset": "1"})
    for to, line in (
        ("text", "41.0000 22.0000 11.0000\n"),
        ("tomotwin", "40.0000 21.0000 10.0000\n"),
    ):
        write_particles(tmp_path / to, to, [part(picks.called("TS_01"))])
        assert next((tmp_path / to).iterdir()).read_text() == line


CBOX = "CoordinateX CoordinateY CoordinateZ Width Height Depth Confidence filamentid"


def boxes(path: Path, *rows: str, header: str = CBOX) -> Path:
    write_star(
        path,
        {
            "global": {"cbox_format_version": ["1.0"]},
            "cryolo": columns("\n".join([header, *rows])),
            "cryolo_include": {"slice_index": ["10.0"]},
        },
    )
    return path


def test_a_box_of_cryolo_is_a_corner_in_x_and_y_and_a_middle_in_z(tmp_path: Path) -> None:
    path = boxes(tmp_path / "t.cbox", "21.5 2.5 10.0 37 37 37 0.8 0", "30 3 11 20 10 20 0.7 1")
    picks = read_picks(path)
    assert picks.format == "cbox"
    assert located(path) == [[10, 21, 40], [11, 8, 40]]
    assert picks.columns[picks.convention.score_column(picks.columns) or ""] == ["0.8", "0.7"]
    assert picks.columns[picks.convention.group_column(picks.columns) or ""] == ["0", "1"]


def test_boxes_of_cryolo_that_are_no_particles_are_refused(tmp_path: Path) -> None:
    path = boxes(tmp_path / "u.cbox", "21 2 10 37 37 1.0 0.8 0")
    with pytest.raises(PicksError, match=r"found one for each section \(Depth 1\)"):
        read_picks(path)
    flat = boxes(tmp_path / "m.cbox", "21 2 <NA> 37 37 <NA> 0.8 0")
    with pytest.raises(PicksError, match=r"found no CoordinateZ .* boxes of a micrograph"):
        read_picks(flat)
    old = saved(tmp_path / "o.cbox", "21 2 37 37 0.8 30 30\n")
    with pytest.raises(PicksError, match=r"expected boxes of crYOLO .*of before crYOLO 1.8"):
        read_picks(old)
    narrow = boxes(tmp_path / "w.cbox", "21 2 10", header="CoordinateX CoordinateY CoordinateZ")
    with pytest.raises(PicksError, match="found no Width"):
        read_picks(narrow)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (open, (str(tmp_path / "was_loaded"), "w"))

    for name, way in (("a.tloc", "tomotwin_pick.py write .coords"), ("b.dat", "read_pickle")):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(Trap()))
        with pytest.raises(PicksError, match=way):
            read_picks(path)
    packed = tmp_path / "c.pkl.gz"
    packed.write_bytes(gzip.compress(pickle.dumps(Trap())))
    with pytest.raises(PicksError, match="never loaded"):
        read_picks(packed)
    assert not (tmp_path / "was_loaded").exists()
