from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.preview import preview
from cryoal.io.picks.read import read_picks
from cryoal.io.star import write_star
from tests.io.picks.files import columns, particles

if TYPE_CHECKING:
    from pathlib import Path

XYZ = "rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
CENTRED = " ".join(f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ")
PIXEL = "rlnTomoTiltSeriesPixelSize"
SIZES = "rlnTomoSizeX rlnTomoSizeY rlnTomoSizeZ"


def test_what_a_file_says_alone_is_shown_in_angstrom(tmp_path: Path) -> None:
    text = f"rlnTomoName rlnTomoParticleName {XYZ} rlnAngleRot rlnAngleTilt rlnAnglePsi"
    rows = "TS_1 TS_1/4 40 20 8 1 2 3\nTS_1 TS_1/7 400 200 80 1 2 3\nTS_2 TS_2/1 4 4 4 1 2 3"
    optics = f"rlnOpticsGroup {PIXEL}\n1 2.5"
    found = preview(read_picks(particles(tmp_path / "p.star", f"{text}\n{rows}", optics=optics)))
    assert (found.format, found.unit, found.n) == ("relion4", "2.5 A", 3)
    assert found.tomograms == {"TS_1": 2, "TS_2": 1}
    assert found.ranges["rlnCoordinateX"] == (4, 400)
    assert (found.missing, found.has_poses) == (None, True)
    assert found.first == [("TS_1/4", "TS_1", 100, 50, 20), ("TS_1/7", "TS_1", 1000, 500, 200)]
    assert "  TS_1/7: 1000.0 500.0 200.0" in found.lines()


@pytest.mark.parametrize(
    ("text", "unit", "missing"),
    [
        (f"rlnMicrographName {XYZ}\nTS_1 40 20 8\nTS_1 90 70 80", "voxels", "the voxel spacing"),
        (f"rlnTomoName {CENTRED}\nTS_1 40 20 8\nTS_1 90 70 80", "angstrom", "the size and voxel"),
        (
            f"rlnMicrographName {XYZ}\nTS_1.tomostar .4 .2 .8\nTS_1.tomostar .9 .7 .3",
            "fractions",
            "the size and voxel",
        ),
    ],
)
def test_what_positions_lack_is_named(tmp_path: Path, text: str, unit: str, missing: str) -> None:
    found = preview(read_picks(particles(tmp_path / "p.star", text)))
    assert found.unit.startswith(unit)
    assert found.missing is not None
    assert found.missing.startswith(missing)
    assert found.first == []
    assert any(line.startswith(f"positions in angstrom need {missing}") for line in found.lines())


def test_a_tomograms_star_gives_what_is_lacking(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"rlnTomoName {CENTRED}\nTS_1 40 20 8\nTS_1 90 70 80")
    write_star(
        tmp_path / "t.star",
        {"global": columns(f"rlnTomoName {PIXEL} {SIZES}\nTS_1 2.5 800 400 200")},
    )
    found = preview(read_picks(path, tomograms=tmp_path / "t.star"))
    assert found.missing is None
    np.testing.assert_allclose(found.first[0][2:], [1040, 520, 258])


def test_a_unit_that_is_in_doubt_is_said(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"rlnMicrographName {XYZ}\na 40 20 8\na 3900 3000 900")
    (note,) = preview(read_picks(path)).notes
    assert note.startswith("coordinates reach 3900")
    assert preview(read_picks(path, coordinate_spacing=2.5)).notes == []


def test_what_cannot_be_read_is_said_with_the_rest(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"rlnTomoName {XYZ}\nTS_1 40 20 8")
    found = preview(read_picks(path, format_name="relion4"))
    assert found.n == 1
    assert found.missing is not None
    assert f"expected {PIXEL}" in found.missing


def test_what_is_no_file_of_picks_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/b.mrc").touch()
    for name, content, found in (
        ("folder", None, r"a folder with b.mrc \(copick: ExperimentRuns"),
        ("ls.bin", b"\x7fELF\0\0", "bytes of a .bin file"),
        ("notes.md", b"# Some notes\non others", "text that begins with '# Some notes'"),
        ("none.txt", b"", "nothing"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(PicksError, match=f"picks of a known format .*, found {found}"):
            read_picks(tmp_path / name)


def test_a_star_file_without_names_is_of_one_tomogram_if_that_is_said(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"{XYZ} rlnGroupName\n40 20 8 g1\n90 70 80 g2")
    with pytest.raises(PicksError, match=r"name in rlnTomoName or .* \(--tomogram-column; none"):
        read_picks(path)
    assert preview(read_picks(path, tomogram_column="none")).tomograms == {"": 2}
