from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cryoal.errors import PicksError
from cryoal.io.picks.chosen import parse_only
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import ParticlePart, write_particles
from cryoal.io.table import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.io.picks.picks import Picks

GEOMETRY = Geometry((50, 100, 200), 10.0)
BODY = "TS_1,1,2,3\nTS_2,4,5,6\n"


def position(picks: Picks, name: str | None = None) -> list[list[float]]:
    name = picks.names()[0] if name is None else name
    return picks.locate(name, GEOMETRY).position_zyx_angstrom.tolist()


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def part(picks: Picks, extra: dict[str, list[str]] | None = None) -> ParticlePart:
    """All picks of a file whose tomograms stand together, as an export hands them over."""
    names = picks.names()
    found = [picks.locate(name, GEOMETRY) for name in names]
    return ParticlePart(
        columns=picks.columns,
        blocks=picks.blocks,
        format=picks.format,
        keys=[key for name in names for key in picks.keys(name)],
        tomogram=picks.tomogram,
        coordinate_zyx_angstrom=np.concatenate([f.coordinate_zyx_angstrom for f in found]),
        position_zyx_angstrom=np.concatenate([f.position_zyx_angstrom for f in found]),
        geometry=dict.fromkeys(names, GEOMETRY),
        extra=extra or {},
    )


@pytest.mark.parametrize(
    "label",
    [
        *("tomogram", "Tomogram", "run_name", "rlnTomoName", "_rlnTomoName", "tomo_id"),
        *("Run name", "micrograph", "image_name", "TOMO", "tomo_idx", "ts"),
    ],
)
def test_a_column_of_tomograms_is_known_however_programs_call_it(
    tmp_path: Path, label: str
) -> None:
    picks = read_picks(written(tmp_path / "p.csv", f"{label},x,y,z\n{BODY}"))
    assert picks.names() == ["TS_1", "TS_2"]
    assert position(picks, "TS_2") == [[60, 50, 40]]


def test_a_column_of_numbers_may_name_tomograms(tmp_path: Path) -> None:
    picks = read_picks(written(tmp_path / "p.csv", "tomo_id,x,y,z\n1,1,2,3\n2,4,5,6\n"))
    assert picks.names() == ["1", "2"]


def test_text_of_several_values_that_nobody_reads_is_never_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", f"where,x,y,z\n{BODY}")
    with pytest.raises(
        PicksError, match=r"'where' of text with 2 values \('TS_1', 'TS_2'\).*--tomogram-column"
    ):
        read_picks(path)
    assert read_picks(path, tomogram_column="where").names() == ["TS_1", "TS_2"]
    assert read_picks(path, tomogram_column="none").names() == [""]
    with pytest.raises(PicksError, match=r"found 'were'; did you mean 'where'\?"):
        read_picks(path, tomogram_column="were")


@pytest.mark.parametrize("label", ["class", "note", "picker", "cryoalClass"])
def test_text_that_is_known_to_say_something_else_names_no_tomogram(
    tmp_path: Path, label: str
) -> None:
    assert read_picks(written(tmp_path / "p.csv", f"{label},x,y,z\n{BODY}")).names() == [""]


def test_two_columns_of_tomograms_have_to_agree(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", "run,experiment,x,y,z\na,1,1,2,3\na,2,4,5,6\n")
    with pytest.raises(PicksError, match="found 'run' and 'experiment' that differ"):
        read_picks(path)
    path.write_text("run,experiment,x,y,z\na,1,1,2,3\nb,2,4,5,6\n")
    assert read_picks(path).names() == ["a", "b"]


def test_a_row_without_its_tomogram_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PicksError, match="expected a tomogram's name in column 'run', found none"):
        read_picks(written(tmp_path / "p.csv", "run,x,y,z\na,1,2,3\n,4,5,6\n"))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("X,Y,Z", [30, 20, 10]),
        ("x_nm,y_nm,z_nm", [30, 20, 10]),
        ("X_Angstrom,Y_Angstrom,Z_Angstrom", [3, 2, 1]),
    ],
)
def test_units_stand_in_the_headings_in_any_case(
    tmp_path: Path, header: str, expected: list[float]
) -> None:
    picks = read_picks(written(tmp_path / "p.csv", f"{header}\n1,2,3\n"))
    assert position(picks) == [expected]


def test_two_units_that_differ_are_refused_not_taken_in_turn(tmp_path: Path) -> None:
    text = "x_angstrom,y_angstrom,z_angstrom,x,y,z\n10,20,30,1,2,3\n40,50,60,4,5,{}\n"
    path = written(tmp_path / "p.csv", text.format(6))
    assert position(read_picks(path)) == [[30, 20, 10], [60, 50, 40]]
    path.write_text(text.format(7))
    with pytest.raises(PicksError, match=r"expected x_angstrom and x to say the same.*row 2"):
        position(read_picks(path))


def test_two_units_that_are_said_have_the_scale_of_the_tomogram(tmp_path: Path) -> None:
    header = "x_angstrom,y_angstrom,z_angstrom,x_voxel,y_voxel,z_voxel"
    path = written(tmp_path / "p.csv", f"{header}\n10,20,30,1,2,3\n")
    assert position(read_picks(path)) == [[30, 20, 10]]  # voxels of 10 A
    path.write_text(f"{header}\n10.5,21,31.5,1,2,3\n")  # of 10.5 A
    with pytest.raises(PicksError, match=r"found the first 1\.05 times the other.*--voxel-size"):
        position(read_picks(path))


def test_a_column_in_two_cases_is_refused(tmp_path: Path) -> None:
    picks = read_picks(written(tmp_path / "p.csv", "X,x,y,z\n5,1,2,3\n"))
    with pytest.raises(PicksError, match="expected one column X, found X and x"):
        position(picks)


def test_an_export_is_read_by_our_own_columns(tmp_path: Path) -> None:
    header = "key,tomogram,x_angstrom,y_angstrom,z_angstrom,run_name,x,y,z,transform_00,zvec"
    picks = read_picks(written(tmp_path / "p.csv", f"{header}\nk,TS_1,10,20,30,a,9,9,9,1,0\n"))
    assert (picks.format, position(picks)) == ("csv", [[30, 20, 10]])


@pytest.mark.parametrize(
    "text",
    [
        ",x,y,z\n0,1,2,3\n1,4,5,6\n",  # pandas' index
        "x,y,z,,\n1,2,3,,\n4,5,6,,\n",  # a spreadsheet's empty columns
        "sep=;\nx;y;z\n1;2;3\n4;5;6\n",
        "x y z\n1 2 3\n4   5 6\n",
        "#x,y,z\n1,2,3\n4,5,6\n",
        "\ufeffx\ty\tz\r\n1\t2\t3\r\n4\t5\t6\r\n",
    ],
)
def test_tables_are_read_as_programs_save_them(tmp_path: Path, text: str) -> None:
    picks = read_picks(written(tmp_path / "p.csv", text))
    assert position(picks) == [[30, 20, 10], [60, 50, 40]]
    assert set(picks.columns) - {"x", "y", "z"} <= {"index"}


def test_words_with_spaces_are_a_header_where_they_are_axes(tmp_path: Path) -> None:
    assert position(read_picks(written(tmp_path / "p.txt", "x y z\n1 2 3\n"))) == [[30, 20, 10]]
    with pytest.raises(PicksError, match="found text that begins with 'some words of a reader'"):
        read_picks(written(tmp_path / "p.txt", "some words of a reader\n1 2 3\n"))


def test_numbers_without_a_header_are_told_what_they_need(tmp_path: Path) -> None:
    with pytest.raises(PicksError, match=r"found numbers without a header line \(write x,y,z"):
        read_picks(written(tmp_path / "p.csv", "1,2,3\n4,5,6\n"))


def test_utf_16_is_text(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("x\ty\tz\n1\t2\t3\n", encoding="utf-16")
    assert position(read_picks(tmp_path / "p.csv")) == [[30, 20, 10]]


def test_rows_are_chosen_by_what_stands_in_columns(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", "user,class,x,y,z\na,r,1,1,1\nb,r,2,2,2\na,j,3,3,3\n")
    picks = read_picks(path, only=parse_only(["user=a", "class=r", "class=j"]))
    assert picks.columns["x"] == ["1", "3"]
    with pytest.raises(PicksError, match=r"expected picks whose user is c, found none .* is a, b"):
        read_picks(path, only=[("user", "c")])
    with pytest.raises(PicksError, match="expected --only COLUMN=VALUE, found 'user'"):
        parse_only(["user"])


def test_the_czii_challenge_is_in_angstrom_in_any_order_of_columns(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", "x,y,z,particle_type,experiment\n1,2,3,ribosome,TS_5_4\n")
    picks = read_picks(path)
    assert (picks.format, picks.names(), position(picks)) == ("czii", ["TS_5_4"], [[3, 2, 1]])
    write_particles(tmp_path / "out.csv", "czii", [part(picks)])
    assert (tmp_path / "out.csv").read_text() == (
        "id,experiment,particle_type,x,y,z\n0,TS_5_4,ribosome,1.0000,2.0000,3.0000\n"
    )


def test_the_csv_of_copick_is_in_angstrom_and_adds_its_translation(tmp_path: Path) -> None:
    turn = "0,-1,0,5,1,0,0,6,0,0,1,7,0,0,0,1"  # about z by 90 degrees
    labels = ",".join(f"transform_{i}{j}" for i in range(4) for j in range(4))
    text = f"run_name,x,y,z,{labels},score,instance_id\n001,10,20,30,{turn},0.5,3\n"
    picks = read_picks(written(tmp_path / "p.csv", text))
    assert (picks.format, picks.names(), position(picks)) == ("copick_csv", ["001"], [[37, 26, 15]])
    assert picks.rotation is not None
    np.testing.assert_array_equal(picks.rotation[0] @ [1, 0, 0], [0, 1, 0])
    write_particles(tmp_path / "out.csv", "copick_csv", [part(picks)])
    again = read_picks(tmp_path / "out.csv")
    assert position(again) == [[37, 26, 15]]
    assert (again.columns["score"], again.columns["instance_id"]) == (["0.5"], ["3"])
    np.testing.assert_array_equal(again.rotation, picks.rotation)


def test_a_table_with_the_columns_of_copick_says_which_picks_are_whose(tmp_path: Path) -> None:
    rows = "".join(f"TS_{1 + i % 2},{i},{i},{i},1,0\n" for i in range(42))
    path = written(tmp_path / "p.csv", f"run_name,x,y,z,score,instance_id\n{rows}")
    picks = read_picks(path)
    assert [len(picks.rows(name)) for name in picks.names()] == [21, 21]


@pytest.mark.parametrize(("name", "separator"), [("p.txt", "\t"), ("p.csv", ","), ("p.tsv", "\t")])
def test_topaz_counts_voxels_in_three_columns(tmp_path: Path, name: str, separator: str) -> None:
    text = "image_name,x_coord,y_coord,z_coord,score\nTS_1,1,2,3,-0.5\n".replace(",", separator)
    picks = read_picks(written(tmp_path / name, text))
    assert (picks.format, picks.names(), position(picks)) == ("topaz", ["TS_1"], [[30, 20, 10]])
    assert position(read_picks(tmp_path / name, coordinate_spacing=2.0)) == [[6, 4, 2]]
    write_particles(tmp_path / "out.txt", "topaz", [part(picks)])
    assert (tmp_path / "out.txt").read_text().splitlines()[
        1
    ] == "TS_1\t1.0000\t2.0000\t3.0000\t-0.5"


def test_a_table_in_gzip_is_read_as_what_it_is(tmp_path: Path) -> None:
    text = "image_name\tx_coord\ty_coord\tz_coord\nTS_1\t1\t2\t3\n"
    (tmp_path / "p.txt.gz").write_bytes(gzip.compress(text.encode()))
    assert read_picks(tmp_path / "p.txt.gz").format == "topaz"


def test_points_of_napari_are_voxels_in_z_y_x(tmp_path: Path) -> None:
    text = "index,axis-0,axis-1,axis-2,class\n0.0,3.0,2.0,1.0,a\n"
    picks = read_picks(written(tmp_path / "p.csv", text))
    assert (picks.format, picks.names(), position(picks)) == ("napari", [""], [[30, 20, 10]])
    write_particles(tmp_path / "out", "napari", [part(picks.called("TS_1"))])
    again = read_picks(tmp_path / "out" / "TS_1.csv")
    assert (position(again), again.columns["class"]) == ([[30, 20, 10]], ["a"])


@pytest.mark.parametrize("more", ["axis-3", "vertex-index"])
def test_what_napari_saves_of_other_layers_is_no_table_of_points(tmp_path: Path, more: str) -> None:
    path = written(tmp_path / "p.csv", f"index,axis-0,axis-1,axis-2,{more}\n0,3,2,1,4\n")
    with pytest.raises(PicksError, match="expected picks of a known format"):
        read_picks(path)


def test_molecules_of_acryo_are_nanometres_and_turn_the_other_way(tmp_path: Path) -> None:
    vector = Rotation.from_euler("ZXZ", [30, 40, 50], degrees=True).as_rotvec()
    text = "z,y,x,zvec,yvec,xvec,pf-id\n3,2,1," + ",".join(map(str, vector[::-1])) + ",7\n"
    picks = read_picks(written(tmp_path / "p.csv", text))
    assert (picks.format, picks.names(), position(picks)) == ("acryo", [""], [[30, 20, 10]])
    # findings/acryo-euler-angles-turn-backwards.sh: its axis z is scipy's turned back
    expected = Rotation.from_rotvec(vector).inv().as_matrix()
    assert picks.rotation is not None
    np.testing.assert_allclose(picks.rotation[0], expected, atol=1e-12)
    assert np.abs(picks.rotation[0] - Rotation.from_rotvec(vector).as_matrix()).max() > 0.1
    write_particles(tmp_path / "out", "acryo", [part(picks.called("TS_1"))])
    again = read_picks(tmp_path / "out" / "TS_1.csv")
    assert again.rotation is not None
    assert position(again) == [[30, 20, 10]]
    np.testing.assert_allclose(again.rotation, picks.rotation, atol=1e-5)


def test_two_tomograms_that_would_be_one_file_are_refused(tmp_path: Path) -> None:
    text = "tomogram,axis-0,axis-1,axis-2\na/TS_1.mrc,3,2,1\nb/TS_1.mrc,3,2,1\n"
    picks = read_picks(written(tmp_path / "p.csv", text))
    with pytest.raises(PicksError, match=r"found 'a/TS_1.mrc' and 'b/TS_1.mrc', both 'TS_1'"):
        write_particles(tmp_path / "out", "napari", [part(picks)])


def test_one_reader_of_tables_takes_labels_and_picks(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", "x;y;z\n1;2;3\n")
    assert read_table(path, lambda names: "x" in names).rows[0].cells == ["1", "2", "3"]
    assert position(read_picks(path)) == [[30, 20, 10]]


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        (b"PAR1\x15\x04", r"found a Parquet table \(python -c .*read_parquet.*p\.bin"),
        (b"PK\x03\x04[Content", "found a spreadsheet or a zip"),
        (b"\x93NUMPY\x01\x00", "found an array of numpy"),
        (b"\x89HDF\r\n\x1a\n", "found an HDF5 file"),
    ],
)
def test_what_is_not_read_is_named_with_the_way_around(
    tmp_path: Path, begins: bytes, said: str
) -> None:
    (tmp_path / "p.bin").write_bytes(begins + b"\0" * 20)
    with pytest.raises(PicksError, match=said):
        read_picks(tmp_path / "p.bin")
