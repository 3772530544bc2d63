from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.errors import PicksError
from cryoal.io.picks.fit import require_fit
from cryoal.io.picks.read import read_picks
from cryoal.io.star import write_star
from tests.io.picks.files import Blank, columns, particles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.io.picks.geometry import Geometry, Located
    from cryoal.io.picks.picks import Picks

SHAPE = (50, 100, 200)  # z, y, x; voxels of 10 A
SIZE_XYZ = np.array(SHAPE[::-1])
XYZ = "rlnCoordinateX rlnCoordinateY rlnCoordinateZ"
PIXEL = "rlnTomoTiltSeriesPixelSize"
OPTICS = f"rlnOpticsGroup {PIXEL}\n1 2.5"


@dataclass
class Read:
    name: str
    path: Path
    geometry: Geometry
    located: Located


def check(picks: Picks, spacing: float = 10.0, *, is_told: bool = False) -> None:
    read = []
    for name in picks.names():
        geometry = picks.geometry(name, Blank(SHAPE, spacing), is_told=is_told)
        read.append(Read(name, Path(f"{name}.mrc"), geometry, picks.locate(name, geometry)))
    require_fit(picks, read, is_told=is_told)


def voxels(n: int = 42, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).uniform([0, 0, 0], SIZE_XYZ - 1, (n, 3))


def star(path: Path, xyz: NDArray[np.float64], label: str = "rlnTomoName", **blocks: str) -> Path:
    rows = (f"TS_{i % 2} {x:.4f} {y:.4f} {z:.4f}" for i, (x, y, z) in enumerate(xyz))
    return particles(path, "\n".join([f"{label} {XYZ}", *rows]), **blocks)


def test_voxels_under_the_pixel_of_the_tilt_series_are_asked_about(tmp_path: Path) -> None:
    path = star(tmp_path / "p.star", voxels(), optics=OPTICS)
    message = (
        r"all 42 within the first 0\.2\d of each axis .* units of 2\.5 A; "
        r"in units of 10 A \(voxels of the tomogram\) they fit: .*--coordinate-spacing 2\.5 or 10"
    )
    with pytest.raises(PicksError, match=message):
        check(read_picks(path))
    for said in (2.5, 10.0):  # who says it is believed
        check(read_picks(path, coordinate_spacing=said))


def test_a_tomograms_star_does_not_change_the_unit_in_silence(tmp_path: Path) -> None:
    path = star(tmp_path / "p.star", voxels())
    check(read_picks(path))
    write_star(tmp_path / "t.star", {"global": columns(f"rlnTomoName {PIXEL}\nTS_0 2.5\nTS_1 2.5")})
    with pytest.raises(PicksError, match=r"2\.5 A; in units of 10 A \(voxels"):
        check(read_picks(path, tomograms=tmp_path / "t.star"))


def test_pixels_of_the_tilt_series_under_nothing_are_asked_about(tmp_path: Path) -> None:
    path = star(tmp_path / "p.star", voxels() * 4)
    message = r"outside .* units of 10 A; in units of 2\.5 A \(as of a tomogram binned some 4 times"
    with pytest.raises(PicksError, match=message):
        check(read_picks(path))


def test_angstrom_called_voxels_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("x,y,z\n" + "".join(f"{x},{y},{z}\n" for x, y, z in voxels() * 10))
    with pytest.raises(PicksError, match=r"42 outside .* in units of 1 A \(angstrom\) they fit"):
        check(read_picks(path).called("TS_0"))


def test_voxels_called_angstrom_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    rows = "".join(f"{x},{y},{z}\n" for x, y, z in voxels())
    path.write_text(f"x_angstrom,y_angstrom,z_angstrom\n{rows}")
    with pytest.raises(PicksError, match=r"units of 1 A; in units of 10 A \(voxels"):
        check(read_picks(path).called("TS_0"))


def test_exchanged_columns_are_named_where_they_bring_picks_inside(tmp_path: Path) -> None:
    truth = voxels()
    # the columns x, y, z hold z, x, y
    with pytest.raises(PicksError, match=r"of 42 outside in .* taken for z, x, y they lie inside"):
        check(read_picks(star(tmp_path / "p.star", truth[:, [2, 0, 1]])))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 10, 42])
def test_picks_in_their_own_unit_are_not_asked_about(tmp_path: Path, n: int) -> None:
    for seed in range(5):
        xyz = voxels(n, seed)
        check(read_picks(star(tmp_path / "p.star", xyz)))
        check(read_picks(star(tmp_path / "p.star", xyz * 4, optics=OPTICS)))


def test_one_object_in_the_corner_is_not_asked_about(tmp_path: Path) -> None:
    # a virus of 60 x 30 x 20 voxels, of 200 x 100 x 50, with picks all over it
    for seed in range(5):
        xyz = np.array([30.0, 15.0, 4.0]) + voxels(42, seed) * [0.3, 0.3, 0.4]
        check(read_picks(star(tmp_path / "p.star", xyz * 4, optics=OPTICS)))


def test_a_header_that_was_never_halved_is_asked_about(tmp_path: Path) -> None:
    path = star(tmp_path / "p.star", voxels() * 4, optics=OPTICS)
    message = r"units of 5 A \(as of a tomogram binned some 2 times more.* 20 A is wrong \(--voxel"
    with pytest.raises(PicksError, match=message):
        check(read_picks(path), 20.0)


def test_a_few_strays_are_left_to_others(tmp_path: Path) -> None:
    xyz = voxels()
    xyz[:4] += 500
    check(read_picks(star(tmp_path / "p.star", xyz)))


def test_angstrom_need_a_spacing_that_a_program_knew(tmp_path: Path) -> None:
    centred = (voxels() - SIZE_XYZ / 2) / 10
    path = star(tmp_path / "p.star", centred)
    path.write_text(path.read_text().replace("rlnCoordinate", "rlnCenteredCoordinate"))
    path.write_text(path.read_text().replace(" #", "Angst #", 4).replace("NameAngst", "Name"))
    picks = read_picks(path)
    assert picks.format == "relion5"
    with pytest.raises(
        PicksError, match=r"TS_0.mrc for picks in angstrom, found 1 A.*--voxel-size"
    ):
        check(picks, 1.0)
    check(picks, 1.0, is_told=True)
    check(read_picks(star(tmp_path / "p.star", voxels())), 1.0)  # voxels are where they are


def test_a_rounded_header_is_asked_about_where_it_moves_picks(tmp_path: Path) -> None:
    # 4 x 2.5075 = 10.03 A, as 10 A in a header: 195 voxels become 195.6
    path = star(tmp_path / "p.star", voxels() * 4, optics=f"rlnOpticsGroup {PIXEL}\n1 2.5075")
    message = r"10 A, which may be 10\.03 A \(whole pixels of 2\.5075 A\) rounded.*10\.03 or 10\)"
    with pytest.raises(PicksError, match=message):
        check(read_picks(path))
    check(read_picks(path), is_told=True)
    check(read_picks(path), 10.03)
    near = star(tmp_path / "near.star", voxels() * 4, optics=f"rlnOpticsGroup {PIXEL}\n1 2.5004")
    check(read_picks(near))  # 10.0016 A: 0.03 voxels at the far end


def test_a_spacing_that_was_asked_for_is_no_rounded_one(tmp_path: Path) -> None:
    # Warp reconstructs at 10 A whatever the pixel is: 13 pixels of 0.7894 A are 10.26 A
    optics = f"rlnOpticsGroup {PIXEL}\n1 0.7894"
    check(read_picks(star(tmp_path / "p.star", voxels() * 10 / 0.7894, optics=optics)))


def test_the_size_of_the_tilt_series_may_tell_a_rounded_spacing(tmp_path: Path) -> None:
    xyz = voxels()
    xyz[0, 0] = 1090  # of 1100
    path = star(tmp_path / "p.star", xyz * 4)

    def spacing(size: int) -> float:
        table = f"rlnTomoName {PIXEL} rlnTomoSizeX rlnTomoSizeY rlnTomoSizeZ"
        rows = "".join(f"\nTS_{i} 2.503 {size} 400 200" for i in (0, 1))
        write_star(tmp_path / "t.star", {"global": columns(table + rows)})
        picks = read_picks(path, tomograms=tmp_path / "t.star")
        read = []
        for name in picks.names():
            geometry = picks.geometry(name, Blank((50, 100, 1100)))
            read.append(Read(name, Path("TS.mrc"), geometry, picks.locate(name, geometry)))
        require_fit(picks, read)
        return read[0].geometry.voxel_spacing

    # times 2.503 A: 1100.07 voxels of 10 A, 1098.75 of 10.012; then 1101.3 and 1100
    assert spacing(4395) == 10.0
    assert spacing(4400) == pytest.approx(10.012)
    with pytest.raises(PicksError, match=r"10\.012 A \(whole pixels of 2\.503 A\)"):
        spacing(4398)  # 1100.8 and 1099.5: either may have been rounded to 1100


@pytest.mark.parametrize(
    ("name", "said", "shape"),
    [
        ("formats/relion_4.0", None, (512, 1024, 1024)),  # tilt series of 1.971 A, binned 4 times
        ("chlamy/ps2", 1.971, (512, 1050, 1050)),
    ],
)
def test_real_lists_are_asked_about_in_another_unit_only(
    shared_data: Path, name: str, said: float | None, shape: tuple[int, int, int]
) -> None:
    path = shared_data / "coordinates" / f"{name}.star.gz"

    def asked(picks: Picks, volume: Blank) -> int:
        n = 0
        for one in picks.names():
            geometry = picks.geometry(one, volume)
            try:
                require_fit(picks, [Read(one, volume.path, geometry, picks.locate(one, geometry))])
            except PicksError:
                n += 1
        return n

    right = read_picks(path, coordinate_spacing=said)
    volume, (z, y, x) = Blank(shape, 4 * 1.971), shape
    if said is None:
        assert asked(right, volume) == 0
        larger = Blank((z * 4, y * 4, x * 4), 4 * 1.971)  # as if they were binned pixels
        assert asked(right, larger) >= 10  # of 13: one has a single pick, in two they lie together
    else:
        unsaid = read_picks(path)
        assert asked(unsaid, Blank((z * 4, y * 4, x * 4), 1.971)) == 0
        assert asked(unsaid, volume) == len(unsaid.names())
