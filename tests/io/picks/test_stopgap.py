"""STOPGAP's motive lists and pytom-match-pick's, by what the programs themselves do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.geometry import Geometry
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import ParticlePart, write_particles
from tests.io.picks.files import Blank, particles

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.io.picks.picks import Picks

FIELDS = [
    *("motl_idx", "tomo_num", "object", "subtomo_num", "halfset", "orig_x", "orig_y", "orig_z"),
    *("score", "x_shift", "y_shift", "z_shift", "phi", "psi", "the", "class"),
]


def motive_list(path: Path, *rows: str, fields: list[str] = FIELDS) -> Path:
    # as stopgap_star_write.m writes it: labels without numbers, an empty line, columns of blanks
    head = "\ndata_stopgap_motivelist\n\nloop_\n" + "".join(f"_{label}\n" for label in fields)
    path.write_text(head + "\n" + "".join(f"  {row}\n" for row in rows))
    return path


ROW = "1  3  1  1  A  41  22  11  0.25  0.25  -1.0  2.0  30.0  50.0  70.0  2"


def places(picks: Picks, name: str) -> list[list[float]]:
    """Positions as z, y, x in voxels of 10 angstrom."""
    found = picks.locate(name, picks.geometry(name, Blank())).position_zyx_angstrom
    voxels: list[list[float]] = (found / 10).round(6).tolist()
    return voxels


def test_a_list_counts_voxels_from_one_and_adds_its_shifts(tmp_path: Path) -> None:
    path = motive_list(tmp_path / "m.star", ROW)
    picks = read_picks(path)
    assert (picks.format, picks.names()) == ("stopgap", ["3"])
    assert places(picks, "3") == [[12, 20, 40.25]]
    assert places(read_picks(path, switches={"motl_offset": "0"}), "3") == [[13, 21, 41.25]]
    (tmp_path / "m.doc").write_text("3 tomograms/TS_03.rec\n")
    assert read_picks(path).names() == ["tomograms/TS_03.rec"]


def test_half_of_a_binning_is_where_stopgap_rescales_to(tmp_path: Path) -> None:
    # sg_motl_rescale.m by 2: (41.25 * 2) - 1 = 81.5, so 80.5 from 0: twice the 40.25 of before
    fine = ROW.replace("41  22  11", "82  41  25").replace("0.25  -1.0  2.0", "-0.5  0.0  0.0")
    coarse = places(read_picks(motive_list(tmp_path / "c.star", ROW)), "3")
    picks = read_picks(motive_list(tmp_path / "f.star", fine))
    np.testing.assert_allclose(places(picks, "3"), 2 * np.array(coarse))


def test_the_reference_turns_about_z_then_x_then_z(tmp_path: Path) -> None:
    row = ROW.replace("30.0  50.0  70.0", "90.0  0.0  90.0")  # phi, psi, the
    rotation = read_picks(motive_list(tmp_path / "m.star", row)).rotation
    assert rotation is not None
    # x goes to y by phi, y to z by the: (1, 0, 0) -> (0, 1, 0) -> (0, 0, 1)
    np.testing.assert_allclose(rotation[0] @ [1, 0, 0], [0, 0, 1], atol=1e-12)


def test_score_class_and_object_are_known(tmp_path: Path) -> None:
    other = ROW.replace("1  3  1  1", "2  3  7  2")
    picks = read_picks(motive_list(tmp_path / "m.star", ROW, other))
    convention = picks.convention
    assert convention.score_column(picks.columns) == "score"
    assert convention.class_column(picks.columns) == "class"
    assert convention.group_column(picks.columns) == "object"
    one = read_picks(motive_list(tmp_path / "m.star", ROW))
    assert convention.group_column(one.columns) is None


def test_lists_that_lack_what_they_need_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PicksError, match=r"expected particles, found none in data_stopgap_"):
        read_picks(motive_list(tmp_path / "m.star"))
    short = motive_list(tmp_path / "m.star", "1 2 3 4", fields=FIELDS[:4])
    with pytest.raises(PicksError, match=r"expected orig_x in data_stopgap_motivelist"):
        read_picks(short)


def part(picks: Picks, **extra: list[str]) -> ParticlePart:
    geometry = {name: Geometry((50, 100, 200), 10.0) for name in picks.names()}
    name = picks.names()[0]
    found = picks.locate(name, geometry[name])
    return ParticlePart(
        columns=picks.columns,
        blocks=picks.blocks,
        format=picks.format,
        keys=picks.keys(name),
        tomogram=picks.tomogram,
        coordinate_zyx_angstrom=found.coordinate_zyx_angstrom,
        position_zyx_angstrom=found.position_zyx_angstrom,
        geometry=geometry,
        extra=extra,
    )


def written(folder: Path) -> list[list[str]]:
    lines = (folder / "particles.star").read_text().splitlines()
    return [line.split() for line in lines if line[:1].isdigit()]


def test_a_list_goes_out_as_it_came_in_and_takes_the_class(tmp_path: Path) -> None:
    picks = read_picks(motive_list(tmp_path / "m.star", ROW))
    write_particles(tmp_path / "out", "stopgap", [part(picks)])
    assert written(tmp_path / "out") == [ROW.split()]
    text = (tmp_path / "out/particles.star").read_text()
    assert "\n_motl_idx\n_tomo_num\n" in text  # sg_motl_read2.m takes " #1" for a part of the name
    assert (tmp_path / "out/particles.doc").read_text() == "3 3\n"


def test_other_picks_go_out_at_whole_voxels_and_a_shift(tmp_path: Path) -> None:
    header = "rlnTomoName rlnCoordinateX rlnCoordinateY rlnCoordinateZ rlnAngleRot rlnAngleTilt"
    path = particles(tmp_path / "p.star", f"{header} rlnAnglePsi\nTS_1 40.25 20 12.5 10 20 30")
    picks = read_picks(path)
    write_particles(tmp_path / "out", "stopgap", [part(picks)])
    (row,) = written(tmp_path / "out")
    assert row[:5] == ["1", "1", "1", "1", "A"]
    assert row[5:12] == ["41", "21", "14", "0", "0.2500", "0.0000", "-0.5000"]
    back = read_picks(tmp_path / "out/particles.star")
    assert back.names() == ["TS_1"]
    assert places(back, "TS_1") == [[12.5, 20, 40.25]]
    vector: NDArray[np.float64] = np.array([0.3, -0.5, 0.8])
    assert picks.rotation is not None
    assert back.rotation is not None
    np.testing.assert_allclose(back.rotation[0] @ vector, picks.rotation[0] @ vector, atol=1e-5)


PYTOM = "rlnCoordinateX rlnCoordinateY rlnCoordinateZ rlnLCCmax rlnCutOff rlnDetectorPixelSize"


def test_pytoms_lists_are_right_at_any_binning(tmp_path: Path) -> None:
    text = f"{PYTOM} rlnMicrographName\n40 20 8 0.3 0.2 13.79 tomo200528_107"
    picks = read_picks(particles(tmp_path / "p.star", text))
    assert picks.format == "pytom_star"
    assert picks.reason == (
        "rlnLCCmax and rlnDetectorPixelSize -> pytom-match-pick, voxels of rlnDetectorPixelSize"
    )
    for spacing in (13.79, 6.895):
        geometry = picks.geometry("tomo200528_107", Blank(voxel_spacing=spacing))
        found = picks.locate("tomo200528_107", geometry).position_zyx_angstrom
        np.testing.assert_allclose(found, [[8 * 13.79, 20 * 13.79, 40 * 13.79]])


def test_pytoms_lists_for_relion_say_that_there_are_two_middles(tmp_path: Path) -> None:
    centred = " ".join(f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ")
    path = particles(tmp_path / "p.star", f"rlnTomoName {centred} rlnLCCmax\nTS_1 1 2 3 0.4")
    picks = read_picks(path)
    (note,) = picks.locate("TS_1", picks.geometry("TS_1", Blank())).notes
    assert "--relion-centre half-1" in note
    said = read_picks(path, switches={"relion_centre": "half"})
    assert said.locate("TS_1", said.geometry("TS_1", Blank())).notes == ()
