from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cryoal.errors import PicksError, UnknownNameError
from cryoal.io.picks import PICKS
from cryoal.io.picks import picks as picks_module
from cryoal.io.picks.read import read_picks
from cryoal.io.picks.relion3 import Relion3
from cryoal.io.picks.star_columns import relion_matrix
from cryoal.io.volumes.open import open_volume
from tests.io.picks.files import Blank, particles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.io.picks.geometry import Located
    from cryoal.io.picks.picks import Picks
    from cryoal.io.star import StarTable

XYZ = "rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
XYZ_CENTRED = " ".join(f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ")
XYZ_SHIFT = "rlnOriginXAngst rlnOriginYAngst rlnOriginZAngst"
XYZ_ORIGIN = "rlnOriginX rlnOriginY rlnOriginZ"
OPTICS = "rlnOpticsGroup rlnTomoTiltSeriesPixelSize\n1 2.5"
TOMOGRAMS = """
rlnTomoName rlnTomoTiltSeriesPixelSize rlnTomoSizeX rlnTomoSizeY rlnTomoSizeZ
TS_01       2.5                        800          400          202
"""


def located(picks: Picks, volume: Blank | None = None) -> Located:
    name = picks.names()[0]
    return picks.locate(name, picks.geometry(name, volume or Blank()))


def unpacked(source: Path, folder: Path) -> Path:
    path = folder / source.name.removesuffix(".gz")
    path.write_bytes(gzip.decompress(source.read_bytes()))
    return path


def test_every_format_of_the_table_can_be_loaded() -> None:
    for name in PICKS.names():
        assert getattr(PICKS.load(name), "name", None) == name


def test_relion5_counts_angstrom_from_the_middle(tmp_path: Path) -> None:
    text = f"rlnTomoName {XYZ_CENTRED}\nTS_01 -995 0 3.5"
    picks = read_picks(particles(tmp_path / "p.star", text))
    assert picks.format == "relion5"
    assert picks.reason == "rlnCenteredCoordinateXAngst -> RELION 5"
    # half of 50 x 100 x 200 voxels of 10 A: z 250 + 3.5, y 500 + 0, x 1000 - 995
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[253.5, 500.0, 5.0]])
    # the tomograms STAR says 202 unbinned sections of 2.5 A, so the middle is at 252.5 A
    (tmp_path / "t.star").write_text("data_global\nloop_\n" + _loop(TOMOGRAMS))
    picks = read_picks(tmp_path / "p.star", tomograms=tmp_path / "t.star")
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[256.0, 500.0, 5.0]])


def _loop(text: str) -> str:
    header, *rows = text.strip().splitlines()
    return "\n".join([*(f"_{label}" for label in header.split()), *rows, ""])


def test_a_tomogram_of_another_size_than_its_tomograms_star_is_refused(tmp_path: Path) -> None:
    text = f"rlnTomoName {XYZ_CENTRED}\nTS_01 0 0 0"
    (tmp_path / "t.star").write_text("data_global\nloop_\n" + _loop(TOMOGRAMS))
    picks = read_picks(particles(tmp_path / "p.star", text), tomograms=tmp_path / "t.star")
    with pytest.raises(
        PicksError, match=r"expected .* 200 x 100 x 50 voxels .* found 200 x 100 x 9"
    ):
        located(picks, Blank((90, 100, 200)))


RELION4 = f"rlnTomoName {XYZ} {XYZ_SHIFT} rlnOpticsGroup\nTS_01 40 20 8 1 2 3 1"


def test_relion4_counts_unbinned_pixels_and_takes_the_shift_off(tmp_path: Path) -> None:
    picks = read_picks(particles(tmp_path / "p.star", RELION4, optics=OPTICS))
    assert picks.format == "relion4"
    # 8, 20, 40 pixels of 2.5 A are 20, 50, 100 A, whatever the volume's spacing
    np.testing.assert_allclose(located(picks).coordinate_zyx_angstrom, [[20.0, 50.0, 100.0]])
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[17.0, 48.0, 99.0]])


def test_a_shift_is_turned_with_its_subtomogram(tmp_path: Path) -> None:
    angles = "rlnTomoSubtomogramRot rlnTomoSubtomogramTilt rlnTomoSubtomogramPsi"
    header, row = RELION4.splitlines()
    text = f"{header} {angles}\n{row} 90 0 0"
    picks = read_picks(particles(tmp_path / "p.star", text, optics=OPTICS))
    # Euler_angles2matrix(90, 0, 0) = [[0 1 0] [-1 0 0] [0 0 1]]: shift (1, 2, 3) -> (2, -1, 3)
    np.testing.assert_allclose(
        located(picks).position_zyx_angstrom, [[17.0, 51.0, 98.0]], atol=1e-12
    )


def test_the_rotation_is_relions_the_inverse_of_intrinsic_zyz() -> None:
    angles = np.random.default_rng(0).uniform(-np.pi, np.pi, (20, 3))
    expected = Rotation.from_euler("ZYZ", angles).inv().as_matrix()
    np.testing.assert_allclose(relion_matrix(*angles.T), expected, atol=1e-12)


def test_relion4_needs_a_pixel_size(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", RELION4)
    picks = read_picks(path, format_name="relion4")
    assert picks.reason == "relion4, as asked"
    with pytest.raises(PicksError, match="expected rlnTomoTiltSeriesPixelSize in data_optics or"):
        located(picks)
    (tmp_path / "t.star").write_text("data_global\nloop_\n" + _loop(TOMOGRAMS))
    picks = read_picks(path, tomograms=tmp_path / "t.star")
    assert picks.format == "relion4"  # the tomograms STAR says the unit
    np.testing.assert_allclose(located(picks).coordinate_zyx_angstrom, [[20.0, 50.0, 100.0]])


RELION3 = f"rlnMicrographName {XYZ} {XYZ_ORIGIN}\nTomograms/001.mrc 40 20 8 0.5 0 -1"


def test_relion3_counts_pixels_of_the_tomogram(tmp_path: Path) -> None:
    picks = read_picks(particles(tmp_path / "p.star", RELION3))
    assert picks.format == "relion3"
    assert picks.keys(picks.names()[0]) == ["001/000000"]
    np.testing.assert_allclose(located(picks).coordinate_zyx_angstrom, [[80.0, 200.0, 400.0]])
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[90.0, 200.0, 395.0]])


def test_relion3_asks_when_the_unit_is_in_doubt(tmp_path: Path) -> None:
    optics = "rlnOpticsGroup rlnImagePixelSize\n1 2.5"
    path = particles(tmp_path / "p.star", RELION3, optics=optics)
    with pytest.raises(PicksError, match=r"pixels of the tomogram \(10 A\), found .* of 2.5 A"):
        located(read_picks(path))
    picks = read_picks(path, coordinate_spacing=10.0)
    # coordinates in pixels of 10 A, shifts in pixels of the subtomogram, 2.5 A
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[82.5, 200.0, 398.75]])


def test_warp_fractions_are_of_the_whole_tomogram(tmp_path: Path) -> None:
    text = f"{XYZ} rlnMicrographName rlnScore\n0.25 0.5 1.0 TS_01.tomostar 8.5"
    picks = read_picks(particles(tmp_path / "p.star", text))
    assert picks.reason == "rlnCoordinateX between 0 and 1 -> Warp template matching, fractions"
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[500.0, 500.0, 500.0]])
    assert picks.keys("TS_01.tomostar") == ["TS_01/000000"]


def test_fractions_are_told_once_for_all_tomograms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "\n".join(f"0.25 0.5 1.0 TS_{i}.tomostar" for i in range(5))
    picks = read_picks(particles(tmp_path / "p.star", f"{XYZ} rlnMicrographName\n{rows}"))
    scans = 0
    true_are_fractions = picks_module.are_fractions

    def counted(columns: StarTable, labels: Sequence[str]) -> bool:
        nonlocal scans
        scans += 1
        return true_are_fractions(columns, labels)

    monkeypatch.setattr(picks_module, "are_fractions", counted)
    for name in picks.names():
        picks.locate(name, picks.geometry(name, Blank()))
    assert scans == 1


def test_warp_lists_of_other_programs_are_in_voxels_unless_said(tmp_path: Path) -> None:
    text = f"{XYZ} rlnMicrographName {XYZ_ORIGIN}\n40 20 8 TS_01.tomostar 1 0 0"
    path = particles(tmp_path / "p.star", text)
    picks = read_picks(path)
    assert picks.reason == "rlnMicrographName ends in .tomostar -> Warp, pixels of the tomogram"
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[80.0, 200.0, 390.0]])
    picks = read_picks(path, coordinate_spacing=5.0)  # --coords_angpix
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[40.0, 100.0, 195.0]])


def test_csv_units_are_in_the_headings(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    for header, expected in (
        ("x_angstrom,y_angstrom,z_angstrom", [3.0, 2.0, 1.0]),
        ("x_voxel,y_voxel,z_voxel", [30.0, 20.0, 10.0]),
        ("x,y,z", [30.0, 20.0, 10.0]),
    ):
        path.write_text(f"key,tomogram,{header},class\nfirst,TS_01,1,2,3,wall\n")
        picks = read_picks(path)
        assert picks.format == "csv"
        assert picks.names() == ["TS_01"]
        assert picks.keys("TS_01") == ["first"]
        assert picks.columns["class"] == ["wall"]
        np.testing.assert_allclose(located(picks).position_zyx_angstrom, [expected])
    picks = read_picks(path, coordinate_spacing=1.5)
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[4.5, 3.0, 1.5]])


def test_csv_of_the_czii_challenge_is_in_angstrom(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("id,experiment,particle_type,x,y,z\n0,TS_5_4,ribosome,1,2,3\n")
    picks = read_picks(path)
    assert picks.names() == ["TS_5_4"]
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[3.0, 2.0, 1.0]])


def test_csv_without_names_is_one_tomogram(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("x;y;z\n1;2;3\n4;5;6\n\n")
    picks = read_picks(path)
    assert picks.names() == [""]
    assert len(picks) == 2
    path.write_text("x,y,z\n1,2,3\n4,5\n")
    with pytest.raises(
        PicksError, match=r"expected 3 cells, as in the header, in .*p\.csv line 3, found 2"
    ):
        read_picks(path)


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        ('1,2,3,a\n4,5,6,"b\n7,8,9,c\n', 3, "a quote that nothing closes"),
        ('1,2,3,"a"b\n', 2, "',' expected after '\"'"),
        (f"1,2,3,a\n1,2,3,{'b' * 200_000}\n", 3, "field larger than field limit"),
    ],
)
def test_a_broken_csv_is_refused_by_its_line(
    tmp_path: Path, rows: str, line: int, said: str
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"x,y,z,note\n{rows}")
    with pytest.raises(
        PicksError, match=rf"expected CSV in .*p\.csv line {line}, found {re.escape(said)}"
    ):
        read_picks(path)


def test_the_real_microtubule_lies_where_its_truth_says(shared_data: Path) -> None:
    folder = shared_data / "microtubule"
    for tomograms in (None, folder / "13pf_tomograms.star"):
        picks = read_picks(folder / "13pf_candidates_relion5.star", tomograms=tomograms)
        with open_volume(folder / "13pf_MT.mrc") as volume:
            found = picks.locate("13pf_MT", picks.geometry("13pf_MT", volume))
            voxel = found.position_zyx_angstrom / volume.voxel_spacing
        with (folder / "13pf_truth.csv").open() as file:
            truth = list(csv.DictReader(file))
        assert picks.keys("13pf_MT") == [row["particle"] for row in truth]
        expected = [[float(row[f"{axis}_voxel"]) for axis in "zyx"] for row in truth]
        np.testing.assert_allclose(voxel, expected, atol=5.1e-4)  # the truth has three decimals


def test_real_warp_series_are_in_pixels_of_the_images(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "coordinates" / "formats"
    path = unpacked(folder / "relion5__clean__warp2_particles_matching.star.gz", tmp_path)
    tomograms = unpacked(folder / "relion5__clean__warp2_matching_tomograms.star.gz", tmp_path)
    picks = read_picks(path, tomograms=tomograms)
    assert (picks.format, len(picks), len(picks.names())) == ("warp", 1218, 5)
    assert picks.keys("TS_17.tomostar")[:2] == ["TS_17/1", "TS_17/2"]
    volume = Blank((79, 474, 347))  # 4400 x 6000 x 1000 pixels of 0.7894 A in voxels of 10 A
    for name in picks.names():
        geometry = picks.geometry(name, volume)
        assert geometry.unbinned_size_xyz == (4400, 6000, 1000)
        position = picks.locate(name, geometry).position_zyx_angstrom
        assert position.min() > 0
        assert np.all(position < geometry.extent_zyx_angstrom)
        # in pixels of 0.7894 A all picks would lie in the first fifth of the tomogram
        assert np.all(position.max(axis=0) > 0.6 * geometry.extent_zyx_angstrom)


def test_real_warp_subtomograms_are_in_their_own_pixels(tmp_path: Path, shared_data: Path) -> None:
    path = unpacked(shared_data / "coordinates" / "formats" / "relion_3.0.star.gz", tmp_path)
    picks = read_picks(path)
    assert picks.format == "warp"
    assert picks.keys(picks.names()[0])[0] == "01006/000000"
    # z 422.955, y 733.955, x 1028.455 pixels of 5.364 A in a tomogram of 10.73 A
    position = located(picks, Blank((500, 500, 1000), 10.73)).position_zyx_angstrom[0]
    np.testing.assert_allclose(position / 5.364, [422.955, 733.955, 1028.455])


def test_real_relion4_and_relion3_files_are_recognised(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "coordinates"
    picks = read_picks(unpacked(folder / "formats" / "relion_4.0.star.gz", tmp_path))
    assert (picks.format, len(picks), picks.names()[0]) == ("relion4", 1746, "TS_017")
    assert picks.geometry("TS_017", Blank()).unbinned_spacing == 1.971
    picks = read_picks(unpacked(folder / "chlamy" / "ps2.star.gz", tmp_path))
    assert (picks.format, len(picks)) == ("relion3", 3111)
    assert picks.keys("tomo_0024")[:2] == ["tomo_0024/000000", "tomo_0024/000001"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rlnTomoName rlnCoordinateX\nTS 1", "expected column rlnCoordinateZ, found none"),
        (f"{XYZ}\n5 5 5", "expected the tomogram's name in"),
        ("rlnTomoName rlnScore\nTS 1", "expected picks of a known format"),
        (RELION4.replace("40 ", "4o "), "column rlnCoordinateX, row 1, found '4o'"),
        (RELION4.replace("40 ", "nan "), "column rlnCoordinateX, row 1, found 'nan'"),
        (RELION4.removesuffix("1") + "2", "expected an optics group of 1, found 2"),
    ],
)
def test_bad_particles_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = particles(tmp_path / "p.star", text, optics=OPTICS)
    with pytest.raises(PicksError, match=message):
        located(read_picks(path))


def test_other_star_files_are_refused_by_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "o.star"
    path.write_text("data_\n_rlnTomoParticlesFile a.star\n_rlnTomoTomogramsFile b.star\n")
    with pytest.raises(PicksError, match=r"a.star, which the optimisation set .*o.star names"):
        read_picks(path)
    path.write_text("data_global\nloop_\n" + _loop(TOMOGRAMS))
    with pytest.raises(PicksError, match="found a tomograms STAR, which is for --tomograms"):
        read_picks(path)
    path.write_text("data_a\n_x 1\ndata_b\n_y 1\n")
    with pytest.raises(PicksError, match="expected one block with coordinates"):
        read_picks(path)
    good = particles(tmp_path / "p.star", RELION4)
    with pytest.raises(PicksError, match="expected data_global with rlnTomoName"):
        read_picks(good, tomograms=good)
    with pytest.raises(UnknownNameError, match="did you mean 'relion5'"):
        read_picks(good, format_name="relion6")
    path.write_text("data_particles\nloop_\n_rlnTomoName\n")
    with pytest.raises(PicksError, match="expected particles, found none"):
        read_picks(path)


def test_an_optimisation_set_without_a_row_is_refused_by_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "o.star"
    path.write_text("data_\nloop_\n_rlnTomoParticlesFile\n_rlnTomoTomogramsFile\n")
    with pytest.raises(PicksError, match=r"rlnTomoParticlesFile in the optimisation set .*o.star"):
        read_picks(path)


@pytest.mark.parametrize("value", ["0", "-2.5", "0.0", "nan", "inf", "none"])
def test_a_scale_of_the_tilt_series_is_a_number_above_0(tmp_path: Path, value: str) -> None:
    path = particles(tmp_path / "p.star", RELION4, optics=OPTICS.replace("2.5", value))
    with pytest.raises(
        PicksError, match=rf"rlnTomoTiltSeriesPixelSize of .*found '{value}' in .*p"
    ):
        located(read_picks(path))
    path = particles(tmp_path / "p.star", RELION4, optics=OPTICS)
    for good in ("2.5", "800", "400", "202"):
        (tmp_path / "t.star").write_text(
            "data_global\nloop_\n" + _loop(TOMOGRAMS.replace(good, value))
        )
        with pytest.raises(PicksError, match=rf"expected a number .*found '{value}' in .*t\.star"):
            located(read_picks(path, tomograms=tmp_path / "t.star"))


@pytest.mark.parametrize("label", ["rlnPixelSize", "rlnDetectorPixelSize", "rlnMagnification"])
@pytest.mark.parametrize("value", ["0", "-10"])
def test_a_pixel_of_the_subtomograms_is_a_number_above_0(
    tmp_path: Path, label: str, value: str
) -> None:
    head, row = f"rlnMicrographName {XYZ} {label}", f"TS_01 1 2 3 {value}"
    if label == "rlnMagnification":  # which divides another column
        head, row = f"{head} rlnDetectorPixelSize", f"{row} 10"
    path = particles(tmp_path / "p.star", f"{head}\n{row}")
    with pytest.raises(PicksError, match=f"above 0 in column {label}, row 1, found '{value}'"):
        located(read_picks(path))


def test_positions_beyond_all_numbers_are_refused(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"rlnMicrographName {XYZ}\nTS_01 1 2 1e308")
    with pytest.raises(PicksError, match=r"too large in row 1 of .*p\.star"):
        located(read_picks(path))


def test_a_tomogram_that_the_tomograms_star_lacks_or_contradicts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.star").write_text("data_global\nloop_\n" + _loop(TOMOGRAMS))
    path = particles(tmp_path / "p.star", RELION4.replace("TS_01", "TS_09"), optics=OPTICS)
    with pytest.raises(
        PicksError, match=r"expected tomogram 'TS_09' in the tomograms STAR .*, found"
    ):
        located(read_picks(path, tomograms=tmp_path / "t.star"))
    path = particles(tmp_path / "p.star", RELION4, optics=OPTICS.replace("2.5", "1.7"))
    with pytest.raises(PicksError, match=r"expected rlnTomoTiltSeriesPixelSize 1.7 .* found 2.5"):
        located(read_picks(path, tomograms=tmp_path / "t.star"))


@pytest.mark.parametrize("text", ["1_0", "\u0661\u0660"])
def test_what_only_python_takes_for_a_number_is_no_coordinate(tmp_path: Path, text: str) -> None:
    path = particles(tmp_path / "p.star", f"rlnMicrographName {XYZ}\nTS_01 {text} 0 0")
    with pytest.raises(PicksError, match="expected a number in column rlnCoordinateX, row 1"):
        located(read_picks(path))


def test_picks_say_which_rows_relion_would_lose(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"rlnMicrographName {XYZ}\nTS_01 1 0 0\nTS_01 2 0 0")
    assert read_picks(path).remarks == []
    path.write_text(path.read_text().replace("TS_01\t2", "\nTS_01\t2"))
    (remark,) = read_picks(path).remarks
    assert "RELION reads 1 of its 2 rows" in remark


def test_an_address_is_named_as_one() -> None:
    with pytest.raises(PicksError, match=r"found an address, .* at https:/host/p\.star"):
        read_picks(Path("https://host/p.star"))


def test_the_class_of_our_own_export_comes_before_relions_number(tmp_path: Path) -> None:
    path = particles(tmp_path / "p.star", f"rlnMicrographName {XYZ} rlnClassNumber\nT 1 2 3 4")
    assert Relion3.class_column(read_picks(path).columns) == "rlnClassNumber"
    text = f"rlnMicrographName {XYZ} rlnClassNumber cryoalClass\nT 1 2 3 4 wall"
    assert Relion3.class_column(read_picks(particles(path, text)).columns) == "cryoalClass"
    (tmp_path / "p.csv").write_text("x,y,z,rlnClassNumber,cryoalClass\n1,2,3,4,wall\n")
    picks = read_picks(tmp_path / "p.csv")
    assert picks.convention.class_column(picks.columns) == "cryoalClass"
