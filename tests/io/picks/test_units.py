from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.fractions import are_fractions, size_by_whole_voxels
from cryoal.io.picks.read import read_picks
from cryoal.io.star import write_star
from tests.io.picks.files import Blank, columns, particles

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.io.picks.geometry import Located
    from cryoal.io.picks.picks import Picks

XYZ = "rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
CENTRED = " ".join(f"rlnCenteredCoordinate{axis}Angst" for axis in "XYZ")
SIZES = "rlnTomoSizeX rlnTomoSizeY rlnTomoSizeZ"
PIXEL = "rlnTomoTiltSeriesPixelSize"


def tomograms(path: Path, text: str) -> Path:
    write_star(path, {"global": columns(text)})
    return path


def located(picks: Picks, volume: Blank | None = None) -> Located:
    name = picks.names()[0]
    return picks.locate(name, picks.geometry(name, volume or Blank()))


FORMATS = [
    f"rlnTomoName {XYZ}\nTS_01 40 20 8",
    f"rlnTomoName {CENTRED}\nTS_01 40 20 8",
    f"rlnMicrographName {XYZ}\nTS_01.tomostar 40 20 8",
]


@pytest.mark.parametrize("text", FORMATS)
def test_no_format_reads_a_tomogram_of_another_size_than_its_table(
    tmp_path: Path, text: str
) -> None:
    # 800 x 400 x 200 pixels of 2.5 A are 200 x 100 x 50 voxels of 10 A
    table = tomograms(tmp_path / "t.star", f"rlnTomoName {PIXEL} {SIZES}\nTS_01 2.5 800 400 200")
    picks = read_picks(particles(tmp_path / "p.star", text), tomograms=table)
    assert len(located(picks).position_zyx_angstrom) == 1
    with pytest.raises(PicksError, match=r"expected a tomogram of 100 x 50 x 25 voxels of 20 A"):
        located(picks, Blank(voxel_spacing=20.0))  # a header that was never halved


@pytest.mark.parametrize("text", FORMATS)
def test_no_tomogram_has_finer_voxels_than_its_tilt_series_has_pixels(
    tmp_path: Path, text: str
) -> None:
    table = tomograms(tmp_path / "t.star", f"rlnTomoName {PIXEL}\nTS_01 2.5")
    picks = read_picks(particles(tmp_path / "p.star", text), tomograms=table)
    with pytest.raises(PicksError, match=r"no finer than .*2.5 A .*, found 1 A in .*--voxel-size"):
        located(picks, Blank(voxel_spacing=1.0))


def test_the_binning_of_the_table_counts_more_than_a_rounded_header(tmp_path: Path) -> None:
    text = f"rlnTomoName {PIXEL} rlnTomoTomogramBinning\nTS_01 2.503 4.0"
    table = tomograms(tmp_path / "t.star", text)
    picks = read_picks(
        particles(tmp_path / "p.star", f"rlnTomoName {XYZ}\nTS_01 796 4 8"), tomograms=table
    )
    geometry = picks.geometry("TS_01", Blank())  # 10 A in its header
    assert geometry.voxel_spacing == pytest.approx(10.012)
    voxel = picks.locate("TS_01", geometry).position_zyx_angstrom / geometry.voxel_spacing
    np.testing.assert_allclose(voxel, [[2, 1, 199]])
    told = picks.geometry("TS_01", Blank(), is_told=True)  # the user's word counts most
    assert told.voxel_spacing == 10.0
    with pytest.raises(PicksError, match=r"expected voxels of 10.012 A \(4 pixels of 2.503 A\)"):
        picks.geometry("TS_01", Blank(voxel_spacing=20.0))


def test_two_rows_of_one_clean_name_are_refused_where_they_differ(tmp_path: Path) -> None:
    text = f"rlnTomoName {PIXEL} {SIZES}\nTS_1 2.5 236 252 164\nTS_1_rec 2.5 {{}} 252 164"
    path = particles(tmp_path / "p.star", f"rlnTomoName {CENTRED}\nTS_1 0 0 0")
    alike = tomograms(tmp_path / "t.star", text.format(236))
    assert len(read_picks(path, tomograms=alike)) == 1
    differ = tomograms(tmp_path / "t.star", text.format(240))
    with pytest.raises(PicksError, match=r"expected one tomogram TS_1 in .*'TS_1' and 'TS_1_rec'"):
        read_picks(path, tomograms=differ)
    other = particles(tmp_path / "other.star", f"rlnTomoName {CENTRED}\nTS_2 0 0 0")
    assert read_picks(other, tomograms=differ).names() == ["TS_2"]


GROUPS = f"rlnOpticsGroup {PIXEL}\n1 2.5\n2 2.0"


def test_one_tomogram_has_one_pixel_size(tmp_path: Path) -> None:
    text = f"rlnTomoName rlnOpticsGroup {XYZ}\nTS_1 1 40 20 8\nTS_2 2 40 20 8\nTS_1 {{}} 4 2 8"
    sound = read_picks(particles(tmp_path / "p.star", text.format(1), optics=GROUPS))
    assert sound.geometry("TS_2", Blank()).unbinned_spacing == 2.0
    mixed = read_picks(particles(tmp_path / "p.star", text.format(2), optics=GROUPS))
    with pytest.raises(PicksError, match=r"expected one .*'TS_1', found 2.5 .*group 1.* 2 .*group"):
        mixed.geometry("TS_1", Blank())


def test_groups_that_differ_need_a_column_of_groups(tmp_path: Path) -> None:
    text = f"rlnTomoName {XYZ}\nTS_1 40 20 8"
    picks = read_picks(particles(tmp_path / "p.star", text, optics=GROUPS))
    with pytest.raises(PicksError, match=r"expected column rlnOpticsGroup, .*\(2.5, 2.0\)"):
        picks.geometry("TS_1", Blank())


def test_sources_of_one_pixel_size_are_compared(tmp_path: Path) -> None:
    header = "rlnPixelSize rlnMagnification rlnDetectorPixelSize rlnCtfMaxResolution"
    text = f"rlnMicrographName {XYZ} {header}\nTS_01 40 20 8 {{}} 10000 5.364 8"
    alike = read_picks(particles(tmp_path / "p.star", text.format(5.36)))
    np.testing.assert_allclose(located(alike).position_zyx_angstrom, np.array([[8, 20, 40]]) * 5.36)
    path = particles(tmp_path / "p.star", text.format(10.73))
    message = r"found 10.73 A by rlnPixelSize and 5.364 A by rlnDetectorPixelSize over"
    with pytest.raises(PicksError, match=message):
        located(read_picks(path))
    said = read_picks(path, coordinate_spacing=10.73)
    np.testing.assert_allclose(located(said).position_zyx_angstrom[0, 2], 429.2)


def test_an_axis_without_a_column_of_shifts_is_not_shifted(tmp_path: Path) -> None:
    # cryohub leaves rlnOriginZAngst out where all are 0; RELION reads 0 then
    text = f"rlnTomoName {CENTRED} rlnOriginXAngst rlnOriginYAngst\nTS_01 0 0 0 3 -4"
    position = located(read_picks(particles(tmp_path / "p.star", text))).position_zyx_angstrom
    np.testing.assert_allclose(position, [[250, 504, 997]])


def test_relions_own_picker_counts_from_another_middle(tmp_path: Path) -> None:
    # particles.py: xyz * scale - (size / 2 - 1) * pixel; unbinned 400, 200, 100 is the middle
    table = tomograms(tmp_path / "t.star", f"rlnTomoName {PIXEL} {SIZES}\nTS_01 2.5 800 400 200")
    path = particles(tmp_path / "p.star", f"rlnTomoName {CENTRED}\nTS_01 2.5 2.5 2.5")
    picks = read_picks(path, tomograms=table, switches={"relion_centre": "half-1"})
    np.testing.assert_allclose(located(picks).position_zyx_angstrom, [[250, 500, 1000]])
    by_relion = read_picks(path, tomograms=table)
    np.testing.assert_allclose(located(by_relion).position_zyx_angstrom, [[252.5, 502.5, 1002.5]])
    without = read_picks(path, switches={"relion_centre": "half-1"})
    with pytest.raises(PicksError, match=f"expected {PIXEL} for --relion-centre half-1"):
        located(without)


class TestFractions:
    def test_a_pick_beyond_the_tomogram_makes_no_voxels_of_the_others(self) -> None:
        labels = XYZ.split()
        inside = {label: ["0.1", "0.25", "0.5", "0.9", "1.0"] for label in labels}
        assert are_fractions(inside, labels)
        assert are_fractions({**inside, labels[0]: ["0.1", "1.0004", "0.5", "0.9", "1.0"]}, labels)
        assert not are_fractions({**inside, labels[0]: ["10", "20", "0.5", "9", "10"]}, labels)
        assert not are_fractions({label: ["0", "1", "1"] for label in labels}, labels)

    @pytest.mark.parametrize("physical", [(347.3, 473.6, 78.9), (348.0, 474.0, 78.0)])
    def test_whole_voxels_say_what_fractions_are_of(
        self, physical: tuple[float, float, float]
    ) -> None:
        rng = np.random.default_rng(0)
        # 348 x 474 x 78 voxels were reconstructed of 347.3 x 473.6 x 78.9
        voxels = rng.integers(5, 70, (12, 3))
        fractions = np.round(voxels / physical, 7)
        found = size_by_whole_voxels(fractions, (348, 474, 78))
        np.testing.assert_allclose(np.array(found, np.float64), physical, atol=2e-3)

    def test_positions_between_voxels_say_nothing_of_the_size(self) -> None:
        fractions = np.random.default_rng(0).uniform(0, 1, (50, 3))
        assert size_by_whole_voxels(fractions, (348, 474, 78)) == [None] * 3

    def test_warps_fractions_are_read_to_the_voxel_or_said_to_be_in_doubt(
        self, tmp_path: Path
    ) -> None:
        rng = np.random.default_rng(0)
        volume, size = Blank((348, 64, 60)), np.array([347.34, 63.53, 59.34])  # z, y, x
        voxels = rng.integers(2, 55, (9, 3))
        voxels[:, 0] = np.arange(9) * 40 + 3

        def read(at: np.ndarray) -> Located:
            rows = (f"TS_01.tomostar {x:.7f} {y:.7f} {z:.7f}" for z, y, x in at / size)
            text = "\n".join([f"rlnMicrographName {XYZ}", *rows])
            return located(read_picks(particles(tmp_path / "p.star", text)), volume)

        exact = read(voxels)
        assert exact.notes == ()
        np.testing.assert_allclose(exact.position_zyx_angstrom, voxels * 10.0, atol=0.05)
        optimised = read(voxels + rng.uniform(0.1, 0.9, voxels.shape))
        (note,) = optimised.notes
        assert "along x, y, z" in note
        assert "--tomograms" in note
