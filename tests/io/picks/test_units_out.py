"""In which unit and with which optics particles go out, and what is refused or told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import starfile

from cryoal.errors import PicksError
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from cryoal.io.star import read_star
from tests.io.picks.files import particles
from tests.io.picks.test_formats import OPTICS, RELION3, TOMOGRAMS, XYZ, XYZ_CENTRED, _loop
from tests.io.picks.test_write import part

if TYPE_CHECKING:
    from pathlib import Path

LIST = f"rlnTomoName {XYZ}\nTS_1 400 80.5 1200\nTS_1 16 24 0"
PIXEL = "rlnTomoTiltSeriesPixelSize"


def test_a_pixel_that_only_the_user_said_is_written_beside_the_coordinates(tmp_path: Path) -> None:
    picks = read_picks(
        particles(tmp_path / "p.star", LIST), format_name="relion4", coordinate_spacing=1.96
    )
    before = part(picks)  # tomograms of 10 A
    out = tmp_path / "out.star"
    write_particles(out, "relion4", [before])
    blocks = read_star(out)
    assert blocks["optics"][PIXEL] == ["1.960000"]
    assert blocks["particles"]["rlnCoordinateX"] == ["400", "16"]
    again = part(read_picks(out))
    np.testing.assert_allclose(again.position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-9)


def test_a_unit_that_the_optics_contradict_is_written_as_the_optics_have_it(tmp_path: Path) -> None:
    file = particles(tmp_path / "p.star", f"{LIST}\n", optics=OPTICS)  # which say 2.5
    before = part(read_picks(file, coordinate_spacing=5.0))
    out = tmp_path / "out.star"
    write_particles(out, "relion4", [before])
    assert read_star(out)["particles"]["rlnCoordinateX"] == ["800.000000", "32.000000"]
    again = part(read_picks(out))
    np.testing.assert_allclose(again.position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-9)


@pytest.mark.parametrize("source", ["csv", "relion3"])
def test_no_voxel_is_written_as_an_unbinned_pixel(tmp_path: Path, source: str) -> None:
    (tmp_path / "p.csv").write_text("tomogram,x,y,z\n001,1,2,3\n")
    path = {"csv": tmp_path / "p.csv", "relion3": particles(tmp_path / "p.star", RELION3)}[source]
    before = part(read_picks(path))
    with pytest.raises(PicksError, match=r"expected the pixel .* for relion4, found none: .*--pix"):
        write_particles(tmp_path / "out.star", "relion4", [before])
    assert not (tmp_path / "out.star").exists()


def test_another_file_of_picks_may_say_the_pixel_of_the_same_tomogram(tmp_path: Path) -> None:
    first = part(read_picks(particles(tmp_path / "p.star", LIST, optics=OPTICS)))
    (tmp_path / "p.csv").write_text("tomogram,key,x,y,z\nTS_1.mrc,a,10,20,30\n")
    second = part(read_picks(tmp_path / "p.csv"))
    write_particles(tmp_path / "out.star", "relion4", [first, second])
    table = read_star(tmp_path / "out.star")["particles"]
    assert table["rlnCoordinateX"] == ["400", "16", "40.000000"]  # 10 voxels of 10 A, pixels of 2.5


def test_a_middle_that_nobody_said_is_told(tmp_path: Path) -> None:
    tomograms = tmp_path / "t.star"
    tomograms.write_text("data_global\nloop_\n" + _loop(TOMOGRAMS + "001 2.5 800 400 202\n"))
    (tmp_path / "p.csv").write_text("tomogram,x,y,z\n001,1,2,3\n")
    before = part(read_picks(tmp_path / "p.csv"))
    out = tmp_path / "out.star"
    said = write_particles(out, "relion5", [before])
    assert any("middle of 001 is taken for half the volume" in line for line in said)
    known = part(read_picks(tmp_path / "p.csv", tomograms=tomograms))
    said = write_particles(out, "relion5", [known])
    assert not any("middle" in line for line in said)
    # 3 voxels of 10 A, less half of 202 pixels of 2.5 A
    assert read_star(out)["particles"]["rlnCenteredCoordinateZAngst"] == ["-222.500000"]
    own = part(read_picks(particles(tmp_path / "5.star", f"rlnTomoName {XYZ_CENTRED}\n1 2 3 4")))
    assert not any("middle" in line for line in write_particles(out, "relion5", [own]))


def test_optics_come_from_the_tomograms_star_or_the_user(tmp_path: Path) -> None:
    optics = {"rlnVoltage": "300.000000", "rlnSphericalAberration": "2.7"}
    (tmp_path / "p.csv").write_text("tomogram,x,y,z\n001,1,2,3\n")
    before = part(read_picks(tmp_path / "p.csv"), pixel=2.5)
    out = tmp_path / "out.star"
    said = write_particles(out, "relion4", [before])
    assert any(line.startswith("no rlnVoltage and no rlnSphericalAberration") for line in said)
    said = write_particles(out, "relion4", [replace(before, optics={"001": optics})])
    assert said == []
    assert read_star(out)["optics"] == {
        "rlnOpticsGroup": ["1"],
        "rlnOpticsGroupName": ["opticsGroup1"],
        PIXEL: ["2.500000"],
        "rlnVoltage": ["300.000000"],
        "rlnSphericalAberration": ["2.7"],
        "rlnImagePixelSize": ["2.500000"],
    }


def test_optics_that_others_contradict_are_refused(tmp_path: Path) -> None:
    file = particles(
        tmp_path / "p.star",
        f"rlnTomoName {XYZ} rlnOpticsGroup\nTS_1 4 8 12 1",
        optics=f"rlnOpticsGroup {PIXEL} rlnVoltage\n1 2.5 300.00",
    )
    before = part(read_picks(file))
    write_particles(
        tmp_path / "out.star", "relion4", [replace(before, optics={"TS_1": {"rlnVoltage": "300"}})]
    )
    assert read_star(tmp_path / "out.star")["optics"]["rlnVoltage"] == ["300.00"]
    with pytest.raises(PicksError, match=r"expected rlnVoltage 300.00 of optics .* found 2"):
        write_particles(
            tmp_path / "out.star",
            "relion4",
            [replace(before, optics={"TS_1": {"rlnVoltage": "200"}})],
        )


def test_numbers_that_are_spelt_differently_are_no_dispute(tmp_path: Path) -> None:
    text, label = f"rlnTomoName {XYZ_CENTRED} rlnOpticsGroup\n00{{}} 1 2 3 1", "rlnVoltage"
    parts = []
    for number, voltage in enumerate(("300.000000", "300.000", "300"), start=1):
        file = particles(
            tmp_path / f"{number}.star",
            text.format(number),
            optics=f"rlnOpticsGroup {PIXEL} {label}\n1 2.5{'0' * number} {voltage}",
            general=f"rlnTomoSubTomosAre2DStacks\n1{'.0' * (number == 2)}",
        )
        parts.append(part(read_picks(file)))
    (tmp_path / "4.csv").write_text("tomogram,x,y,z\n004,1,2,3\n")
    parts.append(part(read_picks(tmp_path / "4.csv"), pixel=2.5))
    write_particles(tmp_path / "out.star", "relion5", parts)
    blocks = read_star(tmp_path / "out.star")
    assert blocks["optics"][label] == ["300.000000", "300.000000"]  # of the files, of the table
    assert blocks["particles"]["rlnOpticsGroup"] == ["1", "1", "1", "2"]
    assert blocks["general"]["rlnTomoSubTomosAre2DStacks"] == ["1"]


def test_quotes_that_another_package_changes_are_told(tmp_path: Path) -> None:
    before = part(read_picks(particles(tmp_path / "p.star", f"rlnTomoName {XYZ_CENTRED}\n1 2 3 4")))
    for name, is_odd in (("it's", True), ("a#b", False)):
        named = replace(before, extra={"cryoalClass": [name]})
        said = write_particles(tmp_path / "out.star", "relion5", [named])
        assert is_odd == any("starfile package reads other quotes" in line for line in said)
        assert read_star(tmp_path / "out.star")["particles"]["cryoalClass"] == [name]
        frame = starfile.read(tmp_path / "out.star")
        assert isinstance(frame, pd.DataFrame)
        assert (frame["cryoalClass"].tolist() == [name]) != is_odd


def test_a_middle_or_a_unit_that_was_told_is_written_as_relion_reads_it(tmp_path: Path) -> None:
    tomograms = tmp_path / "t.star"
    tomograms.write_text("data_global\nloop_\n" + _loop(TOMOGRAMS + "001 2.5 800 400 200\n"))
    text = f"rlnTomoName {XYZ_CENTRED}\n001 100 50 20.50\n001 -100 0 30"
    file = particles(tmp_path / "p.star", text)
    out = tmp_path / "out.star"
    for told, x in (
        ({}, ["100", "-100"]),
        ({"switches": {"relion_centre": "half-1"}}, ["97.500000", "-102.500000"]),
        ({"coordinate_spacing": 2.0}, ["200.000000", "-200.000000"]),
    ):
        before = part(read_picks(file, tomograms=tomograms, **told))  # type: ignore[arg-type]
        if "switches" in told:
            before = replace(before, switches=told["switches"])  # type: ignore[arg-type]
        write_particles(out, "relion5", [before])
        assert read_star(out)["particles"]["rlnCenteredCoordinateXAngst"] == x
        again = part(read_picks(out, tomograms=tomograms))
        np.testing.assert_allclose(
            again.position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-6
        )
