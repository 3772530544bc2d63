from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.io.picks.read import read_picks
from cryoal.io.picks.write import write_particles
from cryoal.io.star import read_star
from tests.io.picks.files import particles
from tests.io.picks.test_formats import OPTICS, XYZ, XYZ_SHIFT, unpacked
from tests.io.picks.test_write import SUBTOMOGRAM, part

if TYPE_CHECKING:
    from pathlib import Path

ANGLES = "rlnAngleRot rlnAngleTilt rlnAnglePsi"


def test_warp_gets_tomostar_names_and_a_pixel_that_is_said(tmp_path: Path) -> None:
    header = f"rlnTomoName {XYZ} {XYZ_SHIFT} {SUBTOMOGRAM} {ANGLES} rlnOpticsGroup note"
    file = particles(
        tmp_path / "p.star", f"{header}\nTS_01 40 80 12 5 0 0 90 0 0 0 90 0 1 kept", optics=OPTICS
    )
    before = part(read_picks(file))  # pixels of 2.5 A, tomogram of 10 A
    said = write_particles(tmp_path / "out.star", "warp", [before])
    assert said == ["coordinates are in pixels of 10 A: WarpTools --coords_angpix 10"]
    blocks = read_star(tmp_path / "out.star")
    assert list(blocks) == ["particles"]
    table = blocks["particles"]
    assert table["rlnMicrographName"] == table["rlnTomoName"] == ["TS_01.tomostar"]
    # 5 A along x of the subtomogram, whose x is -y of the tomogram: taken off
    assert [table[label] for label in XYZ.split()] == [["10.000000"], ["20.500000"], ["3.000000"]]
    assert not table.keys() & {*XYZ_SHIFT.split(), *SUBTOMOGRAM.split(), "rlnOpticsGroup"}
    assert (table["rlnPixelSize"], table["note"]) == (["10.000000"], ["kept"])
    again = part(read_picks(tmp_path / "out.star"))
    assert again.format == "warp"
    np.testing.assert_allclose(again.position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-9)
    np.testing.assert_allclose(again.rotation, before.rotation, atol=1e-7)


def test_fractions_become_pixels(tmp_path: Path) -> None:
    text = f"{XYZ} rlnMicrographName rlnAutopickFigureOfMerit\n0.25 0.5 0.75 TS_01.tomostar 7.5"
    before = part(read_picks(particles(tmp_path / "p.star", text)))
    write_particles(tmp_path / "out.star", "warp", [before])
    table = read_star(tmp_path / "out.star")["particles"]
    assert [table[label] for label in XYZ.split()] == [["50.000000"], ["50.000000"], ["37.500000"]]
    assert table["rlnAutopickFigureOfMerit"] == ["7.5"]


def test_one_pixel_holds_for_files_of_several(tmp_path: Path) -> None:
    files = [
        particles(
            tmp_path / f"{pixel}.star",
            f"{XYZ} rlnMicrographName rlnPixelSize rlnDetectorPixelSize rlnMagnification\n"
            f"40.00 80 16 TS_{pixel}.tomostar {pixel} {pixel} 10000",
        )
        for pixel in (5.0, 2.5)
    ]
    parts = [part(read_picks(file, format_name="warp")) for file in files]
    said = write_particles(tmp_path / "out.star", "warp", parts)
    assert said == ["coordinates are in pixels of 5 A: WarpTools --coords_angpix 5"]
    table = read_star(tmp_path / "out.star")["particles"]
    assert table["rlnCoordinateX"] == ["40.00", "20.000000"]  # the first is as it came in
    assert table["rlnPixelSize"] == ["5.000000"] * 2


def test_real_particles_of_warp_stay_where_they_are(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "coordinates" / "formats"
    source = unpacked(folder / "relion5__clean__warp2_particles_matching.star.gz", tmp_path)
    before = part(read_picks(source))
    write_particles(tmp_path / "out.star", "warp", [before])
    after = part(read_picks(tmp_path / "out.star"))
    assert (after.format, after.keys) == ("warp", before.keys)
    np.testing.assert_allclose(after.position_zyx_angstrom, before.position_zyx_angstrom, atol=1e-4)
