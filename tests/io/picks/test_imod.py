"""IMOD's models, by the definition of the file and what IMOD's programs make of its numbers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from tests.io.picks.files import Blank, particles
from tests.io.picks.test_formats import unpacked
from tests.io.picks.test_write import part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHAPE = (200, 100, 50)  # of Blank, x, y, z
SPACING = 10.0


def contour(*points: Sequence[float]) -> bytes:
    head = b"CONT" + struct.pack(">iIii", len(points), 0, 0, 0)
    return head + np.array(points, ">f4").tobytes()


def thing(*contours: bytes, name: str = "", flags: int = 0) -> bytes:
    body = struct.pack(">64s64xiI", name.encode(), len(contours), flags).ljust(176, b"\0")
    return b"OBJT" + body + b"".join(contours)


def image(scale: float, origin: float = 0.0, current: float = 0.0) -> bytes:
    """MINX: the spacing of the image, its origin, and that of the part that was loaded."""
    zero, one = (0.0,) * 3, (1.0,) * 3
    values = (*one, *[origin] * 3, *zero, *[scale] * 3, *[current] * 3, *zero)
    return b"MINX" + struct.pack(">i18f", 72, *values)


def model(
    path: Path,
    *things: bytes,
    after: bytes = b"",
    size: Sequence[int] = SHAPE,
    flags: int = 1 << 10,
    pixel: tuple[float, int] = (1.0, 0),
    n: int | None = None,
) -> Path:
    """A model by the definition: the header is 232 bytes, pixel size and unit at byte 208."""
    head = struct.pack(">128s4iI", b"IMOD-NewModel", *size, len(things) if n is None else n, flags)
    head = head.ljust(208, b"\0") + struct.pack(">fi", *pixel)
    path.write_bytes(b"IMODV1.2" + head.ljust(232, b"\0") + b"".join(things) + after + b"IEOF")
    return path


def located(path: Path, **options: object) -> list[list[float]]:
    """Positions as z, y, x in voxels of 10 angstrom."""
    picks = read_picks(path, **options)  # type: ignore[arg-type]
    found = picks.locate("", picks.geometry("", Blank()))
    return (found.position_zyx_angstrom / SPACING).round(6).tolist()


def test_imod_counts_x_and_y_from_the_corner_and_z_from_the_middle(tmp_path: Path) -> None:
    path = model(tmp_path / "m.mod", thing(contour((0.5, 0.5, 0), (40.5, 21.5, 10))))
    assert located(path) == [[0, 0, 0], [10, 21, 40]]


def test_imod_offset_says_that_another_program_left_the_halves_out(tmp_path: Path) -> None:
    path = model(tmp_path / "m.mod", thing(contour((40, 21, 10))))
    assert located(path, switches={"imod_offset": "0"}) == [[10, 21, 40]]


def test_a_model_saved_on_a_part_of_the_volume_is_moved_by_where_it_begins(
    tmp_path: Path,
) -> None:
    # 3dmod loaded from voxel 20 on: its shift is the origin less 20 voxels of 10 angstrom
    after = image(10, origin=50, current=50 - 200)
    path = model(tmp_path / "m.mod", thing(contour((1.5, 2.5, 3))), after=after, flags=1 << 14)
    assert located(path) == [[23, 22, 21]]
    unsaid = model(tmp_path / "u.mod", thing(contour((1.5, 2.5, 3))), after=after, flags=0)
    assert located(unsaid) == [[3, 2, 1]]


def test_a_model_of_another_binning_keeps_the_corner_of_the_volume(tmp_path: Path) -> None:
    size = [2 * n for n in SHAPE]
    path = model(tmp_path / "m.mod", thing(contour((81, 43, 20.5))), after=image(5), size=size)
    # from the corner 81, 43, 21 of 5 angstrom: 40.5, 21.5, 10.5 of 10, the middle of 40, 21, 10
    assert located(path) == [[10, 21, 40]]


def test_a_model_of_who_knows_which_image_is_asked_about(tmp_path: Path) -> None:
    points = thing(contour((40.5, 21.5, 10)))
    other = model(tmp_path / "o.mod", points, after=image(5), size=(300, 300, 300))
    with pytest.raises(PicksError, match=r"voxels of the tomogram \(10 A\), found an image of 5 A"):
        located(other)
    assert located(other, coordinate_spacing=10.0) == [[10, 21, 40]]
    header = model(tmp_path / "h.mod", points, pixel=(0.5, -9), size=(0, 0, 0))
    with pytest.raises(PicksError, match="an image of 5 A"):
        located(header)


def test_the_same_voxels_are_the_same_whatever_two_headers_say_of_their_size(
    tmp_path: Path,
) -> None:
    path = model(tmp_path / "m.mod", thing(contour((40.5, 21.5, 10))), after=image(5))
    assert located(path) == [[10, 21, 40]]


def test_objects_are_classes_and_lines_are_groups(tmp_path: Path) -> None:
    lines = thing(contour((1, 1, 1), (2, 2, 2)), contour((3, 3, 3), (4, 4, 4)), name="tube")
    dots = thing(contour((5, 5, 5), (6, 6, 6)), name="dot", flags=1 << 9)
    picks = read_picks(model(tmp_path / "m.mod", lines, dots))
    columns, convention = picks.columns, picks.convention
    assert columns[convention.class_column(columns) or ""] == ["tube"] * 4 + ["dot"] * 2
    assert columns[convention.group_column(columns) or ""] == [
        *["1.1", "1.1", "1.2", "1.2"],
        *["", ""],
    ]
    alone = read_picks(model(tmp_path / "a.mod", thing(contour((1, 1, 1), (2, 2, 2)))))
    assert alone.convention.class_column(alone.columns) is None
    assert alone.convention.group_column(alone.columns) is None


def test_meshes_and_unknown_chunks_are_passed_over(tmp_path: Path) -> None:
    mesh = b"MESH" + struct.pack(">iiIhh", 2, 3, 0, 0, 0) + bytes(2 * 12 + 3 * 4)
    other = b"IMAT" + struct.pack(">i", 16) + b"CONT" * 4
    path = model(tmp_path / "m.mod", thing(contour((1.5, 2.5, 3)), mesh, other))
    assert located(path) == [[3, 2, 1]]


def test_relions_places_and_classes_come_out_as_models(tmp_path: Path) -> None:
    path = particles(
        tmp_path / "p.star",
        "rlnMicrographName rlnCoordinateX rlnCoordinateY rlnCoordinateZ rlnHelicalTubeID\n"
        "TS_01.mrc 40.25 21.75 10 0\nTS_02.mrc 1 2 3 0\nTS_01.mrc 7 8 9 0\n",
    )
    ours = {"rlnClassNumber": ["2", "1", "1"], "cryoalClass": ["b", "a", "a"]}
    out = tmp_path / "out"
    write_particles(out, "imod", [part(read_picks(path), extra={**ours})])
    assert sorted(file.name for file in out.iterdir()) == ["TS_01.mod", "TS_02.mod"]
    back = read_picks(out / "TS_01.mod")
    assert located(out / "TS_01.mod") == [[10, 21.75, 40.25], [9, 8, 7]]
    assert back.columns["imod_x"] == ["40.75", "7.5"]
    assert len(set(back.columns["imod_name"])) == 2
    assert back.blocks["imod"]["imodPixel"] == ["10.0"]


def test_lines_come_out_as_lines(tmp_path: Path) -> None:
    lines = thing(contour((1, 1, 1), (2, 2, 2)), contour((3, 3, 3), (4, 4, 4)))
    picks = read_picks(model(tmp_path / "m.mod", lines)).called("TS_01")
    out = tmp_path / "out"
    write_particles(out, "imod", [part(picks)])
    back = read_picks(out / "TS_01.mod")
    assert back.columns["imod_line"] == ["1.1", "1.1", "1.2", "1.2"]
    assert back.columns["imod_x"] == picks.columns["imod_x"]


def test_a_model_without_the_halves_goes_out_without_them(tmp_path: Path) -> None:
    path = model(tmp_path / "m.mod", thing(contour((40, 21, 10))))
    picks = read_picks(path, switches={"imod_offset": "0"}).called("TS_01")
    write_particles(tmp_path / "out", "imod", [part(picks)])
    back = read_picks(tmp_path / "out" / "TS_01.mod")
    assert [back.columns[f"imod_{axis}"] for axis in "xyz"] == [["40"], ["21"], ["10"]]


def test_points_of_no_tomogram_cannot_be_written(tmp_path: Path) -> None:
    picks = read_picks(model(tmp_path / "m.mod", thing(contour((1, 1, 1)))))
    with pytest.raises(PicksError, match="expected the name of a tomogram, found none for"):
        write_particles(tmp_path / "out", "imod", [part(picks)])


def test_a_broken_model_is_refused_in_a_line(tmp_path: Path) -> None:
    path = model(tmp_path / "m.mod", thing(contour((1, 1, 1), (2, 2, 2))))
    whole = path.read_bytes()
    for content, said in (
        (b"", "expected an IMOD model"),
        (b"IMODV0.1" + whole[8:], "another kind of one in .* open it in 3dmod and save it"),
        (b"# an ASCII model\nimod 1\n", "found b'# an ASC'"),
        (b"imod 1\nobject 0 1 0\n", "another kind of one"),
        (whole[:300], "expected 176 bytes more after byte 244"),
        (whole[:-10], "expected 24 bytes more after byte"),
        (whole.replace(b"CONT" + bytes(3) + b"\x02", b"CONT\x7f\xff\xff\xff"), "bytes more after"),
        (whole.replace(b"CONT" + bytes(3) + b"\x02", b"CONT\xff\xff\xff\xff"), "bytes more after"),
    ):
        path.write_bytes(content)
        with pytest.raises(PicksError, match=said):
            read_picks(path)


def test_a_model_whose_header_lies_or_that_is_flipped_or_empty_is_refused(tmp_path: Path) -> None:
    path = model(tmp_path / "m.mod", thing(), n=2)
    with pytest.raises(PicksError, match="expected 2 objects, as its header says, found 1"):
        read_picks(path)
    model(path, thing())
    with pytest.raises(PicksError, match="found a model without points"):
        read_picks(path)
    model(path, thing(contour((1, 1, 1))), flags=1 << 16)
    with pytest.raises(PicksError, match="last shown with Y and Z exchanged"):
        read_picks(path)


def test_a_real_model_is_read_as_imodmodel_reads_it(shared_data: Path, tmp_path: Path) -> None:
    path = unpacked(shared_data / "coordinates" / "formats" / "mod110.mod.gz", tmp_path)
    picks = read_picks(path)
    assert (len(picks), set(picks.columns["imod_object"])) == (235, {"1", "2"})
    other = pytest.importorskip("imodmodel")
    table = other.read(path)
    for axis in "xyz":
        np.testing.assert_array_equal(table[axis], np.array(picks.columns[f"imod_{axis}"], float))
