"""Dynamo's tables, by the definitions of its wiki."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.project import tomogram_files
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from tests.io.picks.files import Blank, particles
from tests.io.picks.test_formats import unpacked
from tests.io.picks.test_write import part

if TYPE_CHECKING:
    from pathlib import Path


def row(place: str, shift: str = "0 0 0", angles: str = "0 0 0", tomo: str = "1") -> str:
    """A line of 35 columns; region 2, class 3, score 0.25."""
    x, y, z = place.split()
    return (
        f"7 1 1 {shift} {angles} 0.25 0 0 1 -60 60 -60 60 0 0 {tomo} 2 3 0 {x} {y} {z} "
        "0 0 0 0 0 1 0 0 0\n"
    )


def table(path: Path, *rows: str) -> Path:
    path.write_text("".join(rows))
    return path


def located(path: Path, name: str, **options: dict[str, str]) -> list[list[float]]:
    """Positions as z, y, x in voxels of 10 angstrom."""
    picks = read_picks(path, **options)  # type: ignore[arg-type]
    found = picks.locate(name, picks.geometry(name, Blank()))
    return (found.position_zyx_angstrom / 10).round(9).tolist()


def test_the_middle_of_the_first_voxel_of_a_dynamo_table_is_at_one_half(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("0.5 0.5 0.5"), row("40.5 21.5 10.5"))
    assert located(path, "1") == [[0, 0, 0], [10, 21, 40]]


def test_dynamo_offset_says_that_another_program_left_the_half_out(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("40 21 10"))
    assert located(path, "1", switches={"dynamo_offset": "0"}) == [[10, 21, 40]]
    assert located(path, "1", switches={"dynamo_offset": "1"}) == [[9, 20, 39]]
    assert "--dynamo-offset 0" in read_picks(path).reason
    half = table(tmp_path / "h.tbl", row("40.5 21.5 10.5"))
    assert "--dynamo-offset 0" not in read_picks(half).reason


def test_the_shifts_of_a_dynamo_table_are_added(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("40.5 21.5 10.5", shift="0.25 -1 2"))
    assert located(path, "1") == [[12, 20, 40.25]]


def test_dynamo_turns_the_template_clockwise_about_z_then_its_x_then_its_z(tmp_path: Path) -> None:
    path = table(
        tmp_path / "t.tbl",
        row("9 9 9", angles="90 0 0"),
        row("9 9 9", angles="0 90 0"),
        row("9 9 9", angles="90 90 0"),
        row("9 9 9", angles="0 90 90"),
    )
    rotation = read_picks(path).rotation
    assert rotation is not None
    # seen from above, clockwise takes x to -y; seen from x, it takes z to y
    assert rotation[0] @ [1, 0, 0] == pytest.approx([0, -1, 0])
    assert rotation[1] @ [0, 0, 1] == pytest.approx([0, 1, 0])
    # and the outer turn takes that y to x
    assert rotation[2] @ [0, 0, 1] == pytest.approx([1, 0, 0])
    # the inner turn takes x to -y, which the turn about x takes to z
    assert rotation[3] @ [1, 0, 0] == pytest.approx([0, 0, 1])


def test_score_class_and_region_of_a_dynamo_table_are_known(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("9 9 9"), row("8 8 8").replace(" 2 3 ", " 4 3 "))
    picks = read_picks(path)
    columns, convention = picks.columns, picks.convention
    assert columns[convention.score_column(columns) or ""] == ["0.25", "0.25"]
    assert columns[convention.class_column(columns) or ""] == ["3", "3"]
    assert columns[convention.group_column(columns) or ""] == ["2", "4"]


def test_the_table_map_beside_a_dynamo_table_names_its_tomograms(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("9 9 9", tomo="2"), row("8 8 8", tomo="1.0000e+01"))
    assert read_picks(path).names() == ["2", "10"]
    (tmp_path / "indices_column20.doc").write_text("2 /data/TS 2.rec\n10 /data/TS_10.rec\n")
    assert read_picks(path).names() == ["/data/TS 2.rec", "/data/TS_10.rec"]
    (tmp_path / "t.doc").write_text("2 a.mrc\n")
    with pytest.raises(PicksError, match=r"expected tomogram 10 of .*t.doc, found 2"):
        read_picks(path)


def test_the_files_of_a_table_map_are_taken_where_they_are(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("9 9 9", tomo="1"), row("8 8 8", tomo="2"))
    assert tomogram_files(read_picks(path)) == {}
    (tmp_path / "t.doc").write_text(f"1 {tmp_path}/a.mrc\n2 volumes/b.mrc\n")
    (tmp_path / "volumes").mkdir()
    for file in ("a.mrc", "volumes/b.mrc"):
        (tmp_path / file).touch()
    assert tomogram_files(read_picks(path)) == {
        f"{tmp_path}/a.mrc": tmp_path / "a.mrc",
        "volumes/b.mrc": tmp_path / "volumes" / "b.mrc",
    }


def test_a_dynamo_table_of_no_tomogram_is_of_the_one_that_is_given(tmp_path: Path) -> None:
    assert read_picks(table(tmp_path / "t.tbl", row("9 9 9", tomo="0"))).names() == [""]


def test_a_dynamo_table_goes_out_as_the_text_that_came_in(tmp_path: Path) -> None:
    path = table(
        tmp_path / "t.tbl",
        row("40.5 21.5 10.50", shift="0.2500 0 0", angles="1e1 2 3"),
        row("3.5 4.5 5.5", tomo="4").replace("7 1 1", "9 1 1"),
    )
    (tmp_path / "t.doc").write_text("1 a.mrc\n4 b.mrc\n")
    out = tmp_path / "out"
    write_particles(out, "dynamo", [part(read_picks(path))])
    assert (out / "particles.tbl").read_text() == path.read_text()
    assert (out / "particles.doc").read_text() == "1 a.mrc\n4 b.mrc\n"


def test_a_table_of_another_offset_goes_out_with_it_unless_others_go_with_it(
    tmp_path: Path,
) -> None:
    path = table(tmp_path / "t.tbl", row("40 21 10"))
    zero = part(read_picks(path, switches={"dynamo_offset": "0"}))
    out, both = tmp_path / "out", tmp_path / "both"
    write_particles(out, "dynamo", [zero])
    assert (out / "particles.tbl").read_text() == path.read_text()
    other = part(read_picks(table(tmp_path / "u.tbl", row("3.5 4.5 5.5", tomo="2"))))
    write_particles(both, "dynamo", [zero, other])
    assert located(both / "particles.tbl", "1") == [[10, 21, 40]]
    assert located(both / "particles.tbl", "2") == [[5, 4, 3]]


def test_tables_of_different_widths_go_out_as_one(tmp_path: Path) -> None:
    narrow = " ".join(row("3.5 4.5 5.5").split()[:26]) + "\n"
    wide = row("9.5 9.5 9.5", tomo="2").replace("\n", " 8.8 0 7\n").replace("7 1 1", "9 1 1")
    parts = [
        part(read_picks(table(tmp_path / f"{n}.tbl", line)))
        for n, line in enumerate((narrow, wide))
    ]
    out = tmp_path / "out"
    write_particles(out, "dynamo", parts)
    columns = read_picks(out / "particles.tbl").columns
    assert columns["dynamo_36"] == ["0", "8.8"]
    assert columns["dynamo_38"] == ["0", "7"]


def test_a_table_in_other_pixels_goes_out_in_those_of_the_tomogram(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("40.5 21.5 10.5"))
    picks = read_picks(path, coordinate_spacing=5.0)
    out = tmp_path / "out"
    write_particles(out, "dynamo", [part(picks)])
    assert located(out / "particles.tbl", "1") == [[5, 10.5, 20]]


def test_a_class_of_ours_moves_dynamos_own_to_the_annotation(tmp_path: Path) -> None:
    path = table(tmp_path / "t.tbl", row("9.5 9.5 9.5"))
    ours = {"rlnClassNumber": ["1"], "cryoalClass": ["ribosome"]}
    out = tmp_path / "out"
    write_particles(out, "dynamo", [part(read_picks(path), extra=ours)])
    columns = read_picks(out / "particles.tbl").columns
    assert columns["dynamo_class"] == ["1"]
    assert columns["dynamo_annotation"] == ["3"]
    assert (out / "classes.txt").read_text() == "1 ribosome\n"


def test_relions_poses_and_places_come_out_the_same_in_a_dynamo_table(tmp_path: Path) -> None:
    path = particles(
        tmp_path / "p.star",
        "rlnMicrographName rlnCoordinateX rlnCoordinateY rlnCoordinateZ "
        "rlnAngleRot rlnAngleTilt rlnAnglePsi\n"
        "TS_01.mrc 40.3 21.75 10 10 20 30\nTS_02.mrc 1 2 3 -170 90 5\n",
    )
    picks = read_picks(path)
    out = tmp_path / "out"
    write_particles(out, "dynamo", [part(picks)])
    back = read_picks(out / "particles.tbl")
    assert back.columns["dynamo_x"] == ["40.5", "1.5"]
    assert back.columns["dynamo_dx"] == ["0.300000", "0.000000"]
    assert back.names() == ["TS_01.mrc", "TS_02.mrc"]
    assert located(out / "particles.tbl", "TS_01.mrc") == [[10, 21.75, 40.3]]
    assert back.rotation is not None
    assert picks.rotation is not None
    np.testing.assert_allclose(
        back.rotation @ [1.0, 2.0, 3.0], picks.rotation @ [1.0, 2.0, 3.0], atol=1e-6
    )


def test_tags_that_two_tables_share_are_counted_anew(tmp_path: Path) -> None:
    parts = [
        part(read_picks(table(tmp_path / f"{name}.tbl", row("9.5 9.5 9.5")))) for name in ("a", "b")
    ]
    out = tmp_path / "out"
    write_particles(out, "dynamo", parts)
    columns = read_picks(out / "particles.tbl").columns
    assert columns["dynamo_tag"] == ["1", "2"]
    assert columns["dynamo_otag"] == ["7", "7"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "expected picks, found none"),
        ("1 2 3\n", "expected a Dynamo table of 26 columns and more, found 3"),
        (row("9 9 9") + "7 1 1\n", "expected 35 numbers, as above, found 3 in line 2"),
        (row("9 9 9").replace("0.25", "x1"), "expected rows of numbers, found 'x1' in line 1"),
        (row("9 9 nan"), r"expected a number in column dynamo_z, row 1, found 'nan'"),
        (row("9 9 9", angles="0 inf 0"), "expected an angle in column dynamo_tilt, row 1"),
    ],
)
def test_a_broken_dynamo_table_is_refused_in_a_line(
    tmp_path: Path, content: str, said: str
) -> None:
    path = table(tmp_path / "t.tbl", content)
    with pytest.raises(PicksError, match=said):
        _ = located(path, "1"), read_picks(path).rotation


def test_complex_numbers_in_a_dynamo_table_pass_through(tmp_path: Path) -> None:
    line = row("9.5 9.5 9.5").split()
    line[27] = "0.5+1.2i"
    picks = read_picks(table(tmp_path / "t.tbl", " ".join(line) + "\n"))
    assert picks.columns["dynamo_daxis"] == ["0.5+1.2i"]


def test_a_real_dynamo_table_points_along_its_filaments(shared_data: Path) -> None:
    picks = read_picks(shared_data / "coordinates" / "formats" / "crop.tbl.gz")
    assert (picks.format, len(picks), len(picks.names())) == ("dynamo", 4485, 25)
    geometry = picks.geometry("1", Blank())
    place = picks.locate("1", geometry).position_zyx_angstrom[:, ::-1] / 10
    rows = picks.rows("1")
    step = np.diff(place, axis=0)
    length = np.linalg.norm(step, axis=1)
    near = length < 12  # pixels: the next one of the same filament
    assert picks.rotation is not None
    axis = picks.rotation[rows][:-1][near] @ [0.0, 0.0, 1.0]
    along = np.einsum("ni,ni->n", axis, step[near] / length[near, None])
    assert near.sum() > 100
    assert np.median(along) > 0.9999


def test_dynamotable_reads_the_same_numbers(shared_data: Path, tmp_path: Path) -> None:
    other = pytest.importorskip("dynamotable")
    path = unpacked(shared_data / "coordinates" / "formats" / "crop.tbl.gz", tmp_path)
    table, columns = other.read(path), read_picks(path).columns
    for name in ("tag", "dx", "tdrot", "tilt", "narot", "cc", "tomo", "reg", "class", "x", "z"):
        np.testing.assert_array_equal(table[name], np.array(columns[f"dynamo_{name}"], float))
