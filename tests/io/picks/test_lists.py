from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.project import tomogram_files
from cryoal.io.picks.read import read_picks
from cryoal.io.star import write_star
from tests.io.picks.files import columns, particles

XYZ = "rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
CENTRED = " ".join(f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ")
TOMOGRAMS = """
rlnTomoName rlnTomoTiltSeriesPixelSize rlnTomoReconstructedTomogram
TS_01       2.5                        Tomograms/job007/tomograms/rec_TS_01.mrc
TS_02       2.5                        Tomograms/job007/tomograms/rec_TS_02.mrc
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder as RELION 5 leaves it: paths in STAR files begin here."""
    folder = tmp_path / "project"
    for job in ("Extract/job010", "Tomograms/job007/tomograms"):
        (folder / job).mkdir(parents=True)
    write_star(folder / "Tomograms/job007/tomograms.star", {"global": columns(TOMOGRAMS)})
    particles(
        folder / "Extract/job010/particles.star",
        f"rlnTomoName {CENTRED}\nTS_01 1 2 3\nTS_02 4 5 6",
    )
    return folder


def optimisation_set(path: Path, **files: str) -> Path:
    lines = (f"_rlnTomo{name}File   {file}\n" for name, file in files.items())
    path.write_text("data_\n\n" + "".join(lines))
    return path


def test_an_optimisation_set_stands_for_what_it_names(project: Path) -> None:
    path = optimisation_set(
        project / "Extract/job010/optimisation_set.star",
        Particles="Extract/job010/particles.star",
        Tomograms="Tomograms/job007/tomograms.star",
        ReferenceMap1="Refine3D/job011/half1.mrc",
    )
    picks = read_picks(path)
    assert picks.path == project / "Extract/job010/particles.star"
    assert picks.tomograms_path == project / "Tomograms/job007/tomograms.star"
    assert (picks.format, picks.names()) == ("relion5", ["TS_01", "TS_02"])
    mine = project / "mine.star"
    write_star(mine, {"global": columns("rlnTomoName rlnVoltage\nTS_01 300")})
    assert read_picks(path, tomograms=mine).tomograms_path == mine


def test_an_optimisation_set_of_files_that_are_gone_is_refused(project: Path) -> None:
    path = optimisation_set(project / "set.star", Particles="Extract/job099/particles.star")
    with pytest.raises(PicksError, match=r"expected Extract/job099/particles.star, which the opti"):
        read_picks(path)
    path = optimisation_set(project / "set.star", Tomograms="Tomograms/job007/tomograms.star")
    with pytest.raises(PicksError, match=r"expected rlnTomoParticlesFile in the optimisation set"):
        read_picks(path)


def test_the_tomograms_star_says_where_tomograms_are(project: Path) -> None:
    here = project / "Tomograms/job007/tomograms/rec_TS_01.mrc"
    here.touch()
    path = project / "Extract/job010/particles.star"
    picks = read_picks(path, tomograms=project / "Tomograms/job007/tomograms.star")
    # the second is not there: its path stays as it was written, to be refused by its name
    absent = Path("Tomograms/job007/tomograms/rec_TS_02.mrc")
    assert tomogram_files(picks) == {"TS_01": here, "TS_02": absent}
    assert tomogram_files(read_picks(path)) == {}


def test_a_table_of_files_to_import_is_read_as_relion_reads_it(project: Path) -> None:
    (project / "picks").mkdir()
    (project / "picks/a.txt").write_text("x y z\n10 20 30 1 2 3\n\n11 21 31 4 5 6\n")
    (project / "picks/b.txt").write_text("12 22 32 7 8 9\n")
    text = "rlnTomoName rlnTomoImportParticleFile\nTS_01 picks/a.txt\nTS_02 picks/b.txt"
    write_star(project / "import.star", {"": columns(text)})
    picks = read_picks(project / "import.star", coordinate_spacing=10.0)
    assert picks.tomogram == ["TS_01", "TS_01", "TS_02"]
    assert picks.columns["rlnCoordinateY"] == ["20", "21", "22"]
    assert picks.columns["rlnTomoSubtomogramPsi"] == ["3", "6", "9"]
    assert picks.columns["rlnAngleTilt"] == ["90"] * 3  # readCoordinateFile puts it there
    assert picks.rotation is not None
    np.testing.assert_allclose(np.linalg.det(picks.rotation), 1)


def test_a_table_of_star_files_keeps_their_columns(project: Path) -> None:
    for name in ("TS_01", "TS_02"):
        particles(project / f"{name}.star", f"{CENTRED} rlnLCCmax\n1 2 3 0.5")
    text = "rlnTomoName rlnTomoImportParticleFile\nTS_01 TS_01.star\nTS_02 TS_02.star"
    write_star(project / "import.star", {"": columns(text)})
    picks = read_picks(project / "import.star")
    assert (picks.format, picks.names()) == ("relion5", ["TS_01", "TS_02"])
    assert picks.columns["rlnLCCmax"] == ["0.5", "0.5"]
    particles(project / "TS_02.star", f"{CENTRED}\n1 2 3")
    with pytest.raises(PicksError, match=r"TS_02.star to differ in rlnLCCmax"):
        read_picks(project / "import.star")
    particles(project / "TS_02.star", f"{CENTRED} rlnTomoName rlnLCCmax\n1 2 3 TS_03 0.5")
    with pytest.raises(PicksError, match=r"expected particles of 'TS_02' .* found 'TS_03'"):
        read_picks(project / "import.star")
    (project / "TS_02.star").unlink()
    with pytest.raises(PicksError, match=r"which .*import.star lists, found no file"):
        read_picks(project / "import.star")


def test_packed_tables_are_read_as_they_are(project: Path) -> None:
    path = project / "Extract/job010/particles.star"
    table = project / "Tomograms/job007/tomograms.star"
    packed = [Path(f"{file}.gz") for file in (path, table)]
    for file, other in zip((path, table), packed, strict=True):
        other.write_bytes(gzip.compress(file.read_bytes()))
    assert read_picks(packed[0], tomograms=packed[1]).tomograms == (
        read_picks(path, tomograms=table).tomograms
    )
    named = optimisation_set(
        project / "optimisation_set.star",
        Particles="Extract/job010/particles.star.gz",
        Tomograms="Tomograms/job007/tomograms.star.gz",
    )
    assert read_picks(named).names() == ["TS_01", "TS_02"]
