"""EM motive lists, by what the programs that cut boxes at them do."""

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
    from pathlib import Path

    from numpy.typing import NDArray


def motive_list(
    path: Path,
    place: tuple[float, ...] = (41, 22, 11),
    shift: tuple[float, ...] = (0, 0, 0),
    angles: tuple[float, ...] = (0, 0, 0),
    row_5: float = 3,
    row_7: float = 0,
    n: int = 1,
) -> NDArray[np.float32]:
    """A file of `n` equal particles, numbered; score 0.25, class 2."""
    row = [0.25, 0, 0, 0, row_5, 0, row_7, *place, *shift, 0, 0, 0, *angles, 2]
    values = np.tile(np.array(row, "<f4"), (n, 1))
    values[:, 3] = np.arange(1, n + 1)
    save(path, values)
    return values


def save(path: Path, values: NDArray[np.float32]) -> None:
    header = struct.pack("<4B3i", 6, 0, 0, 5, values.shape[1], values.shape[0], 1)
    path.write_bytes(header.ljust(512, b"\0") + values.tobytes())


def located(path: Path, name: str, **options: dict[str, str]) -> list[list[float]]:
    """Positions as z, y, x in voxels of 10 angstrom."""
    picks = read_picks(path, **options)  # type: ignore[arg-type]
    found = picks.locate(name, picks.geometry(name, Blank()))
    return (found.position_zyx_angstrom / 10).round(6).tolist()


def test_a_motive_list_counts_voxels_from_one_and_adds_its_shifts(tmp_path: Path) -> None:
    path = tmp_path / "m.em"
    motive_list(path, shift=(0.25, -1, 2))
    assert located(path, "3") == [[12, 20, 40.25]]
    assert located(path, "3", switches={"motl_offset": "0"}) == [[13, 21, 41.25]]


def test_a_motive_list_turns_the_reference_about_z_then_x_then_z(tmp_path: Path) -> None:
    for angles, vector, becomes in (
        ((90, 0, 0), [1, 0, 0], [0, 1, 0]),  # phi, the first turn, about z
        ((0, 0, 90), [0, 0, 1], [0, -1, 0]),  # theta, about x
        ((0, 90, 90), [0, 0, 1], [1, 0, 0]),  # psi, the last turn, takes that -y to x
        ((90, 0, 90), [1, 0, 0], [0, 0, 1]),  # phi takes x to y, theta that y to z
    ):
        motive_list(tmp_path / "m.em", angles=angles)
        rotation = read_picks(tmp_path / "m.em").rotation
        assert rotation is not None
        assert rotation[0] @ vector == pytest.approx(becomes)


def test_the_tomogram_of_a_motive_list_is_in_row_5_or_7(tmp_path: Path) -> None:
    path = tmp_path / "m.em"
    for row_5, row_7, name in ((51, 0, "51"), (0, 7, "7"), (1, 107, "107"), (107, 1, "107")):
        motive_list(path, row_5=row_5, row_7=row_7)
        assert read_picks(path).names() == [name]
    values = motive_list(path, n=3)
    values[:, 4], values[:, 6] = [1, 1, 2], [1, 2, 2]
    save(path, values)
    with pytest.raises(PicksError, match=r"found 2 numbers in row 5 and 2 others in row 7"):
        read_picks(path)


def test_a_motive_list_comes_out_as_it_went_in(tmp_path: Path) -> None:
    path, out = tmp_path / "m.em", tmp_path / "out"
    values = motive_list(path, shift=(0.1, -0.7, 0.3), angles=(-160.03667, 1e-7, 179.5), n=3)
    (tmp_path / "m.doc").write_text("3 /data/TS_3.mrc\n")
    write_particles(out, "motl", [part(read_picks(path))])
    assert (out / "particles.em").read_bytes()[512:] == values.tobytes()
    assert (out / "particles.doc").read_text() == "3 /data/TS_3.mrc\n"
    assert read_picks(out / "particles.em").names() == ["/data/TS_3.mrc"]


def test_a_list_of_another_offset_goes_out_with_it(tmp_path: Path) -> None:
    path, out = tmp_path / "m.em", tmp_path / "out"
    values = motive_list(path)
    write_particles(out, "motl", [part(read_picks(path, switches={"motl_offset": "0"}))])
    assert (out / "particles.em").read_bytes()[512:] == values.tobytes()


def test_a_class_that_is_a_number_keeps_it_in_another_format(tmp_path: Path) -> None:
    path, out = tmp_path / "m.em", tmp_path / "out"
    values = motive_list(path, n=3)
    values[:, 19] = [7, 2, 0]
    save(path, values)
    write_particles(out, "dynamo", [part(read_picks(path))])
    assert read_picks(out / "particles.tbl").columns["dynamo_class"] == ["7", "2", "0"]
    assert (out / "classes.txt").read_text() == "2 2\n7 7\n"


def test_relions_poses_places_and_scores_come_out_the_same_in_a_motive_list(
    tmp_path: Path,
) -> None:
    path = particles(
        tmp_path / "p.star",
        "rlnMicrographName rlnCoordinateX rlnCoordinateY rlnCoordinateZ "
        "rlnAngleRot rlnAngleTilt rlnAnglePsi\n"
        "TS_01.mrc 40.3 21.75 10 10 20 30\nTS_02.mrc 1 2 3 -170 90 5\n",
    )
    picks, out = read_picks(path), tmp_path / "out"
    ours = {"rlnClassNumber": ["2", "1"], "cryoalClass": ["b", "a"]}
    write_particles(out, "motl", [part(picks, extra=ours)])
    back = read_picks(out / "particles.em")
    assert located(out / "particles.em", "TS_01.mrc") == [[10, 21.75, 40.3]]
    assert back.columns["motl_x"] == ["41", "2"]
    assert back.columns["motl_class"] == ["2", "1"]
    assert back.columns["motl_particle"] == back.columns["motl_object"] == ["1", "2"]
    assert back.columns["motl_tomogram"] == back.columns["motl_row_7"] == ["1", "2"]
    assert (out / "classes.txt").read_text() == "1 a\n2 b\n"
    assert back.rotation is not None
    assert picks.rotation is not None
    np.testing.assert_allclose(
        back.rotation @ [1.0, 2.0, 3.0], picks.rotation @ [1.0, 2.0, 3.0], atol=1e-5
    )


def test_a_motive_list_of_doubles_or_of_another_machine_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.em"
    values = motive_list(path).astype(np.float64)
    path.write_bytes(struct.pack("<4B3i", 6, 0, 0, 9, 20, 1, 1).ljust(512) + values.tobytes())
    assert located(path, "3") == [[10, 21, 40]]
    swapped = values.astype(">f4").tobytes()
    path.write_bytes(struct.pack(">4B3i", 5, 0, 0, 5, 20, 1, 1).ljust(512) + swapped)
    assert located(path, "3") == [[10, 21, 40]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "expected an EM file, found 0 bytes"),
        (b"\x06\0\0\x05" + bytes(600), "found type 5 and 0 x 0 x 0 of them"),
        (
            struct.pack("<4B3i", 6, 0, 0, 5, 64, 64, 64).ljust(600),
            "20 numbers a particle, found an EM volume of 64 x 64 x 64",
        ),
        (
            struct.pack("<4B3i", 6, 0, 0, 5, 20, 2**31 - 1, 1).ljust(600),
            "bytes for 2147483647 particles, found 600",
        ),
    ],
)
def test_what_is_no_motive_list_is_refused_in_a_line(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "m.em").write_bytes(content)
    with pytest.raises(PicksError, match=said):
        read_picks(tmp_path / "m.em")


def test_a_number_in_a_motive_list_that_is_none_is_refused(tmp_path: Path) -> None:
    motive_list(tmp_path / "m.em", place=(41, float("nan"), 11))
    with pytest.raises(PicksError, match="expected a number in column motl_y, row 1, found 'nan'"):
        located(tmp_path / "m.em", "3")


def test_a_real_motive_list_is_read_as_emfile_reads_it(shared_data: Path, tmp_path: Path) -> None:
    path = unpacked(shared_data / "coordinates" / "formats" / "tric.em.gz", tmp_path)
    picks = read_picks(path)
    assert (len(picks), len(picks.names())) == (139, 5)
    assert picks.columns["motl_x"][:2] == ["1703", "1208"]
    other = pytest.importorskip("emfile")
    values = np.array(list(picks.columns.values()), np.float32).T
    np.testing.assert_array_equal(other.read(path)[1][0], values)
