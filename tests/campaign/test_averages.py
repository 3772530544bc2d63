"""Means of a class: in the right place, the right way round, and with what they lack said."""

from __future__ import annotations

import csv
import errno
from typing import TYPE_CHECKING

import mrcfile
import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.averages import average_class, summed_boxes, turned
from cryoal.campaign.fsc import fsc, resolution
from cryoal.campaign.wedge import measured_share
from cryoal.cli import main
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.data.pool_part import PoolPart
from cryoal.errors import CampaignError, ConfigError, UnknownNameError
from cryoal.io.picks.poses import matrix_from_zyz
from cryoal.io.picks.read import read_picks
from cryoal.io.volumes.open import open_volume
from tests.campaign.report.samples import write_predictions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SPACING = 8.0
BOX = 24
BLOBS = np.array([[5.0, 0, 0], [0, 4, 1], [-2, -3, 4], [1, -5, -3]])
"""Voxels from the middle, x, y, z: no turn and no mirror makes it look the same."""
HEIGHTS = (1.0, 0.8, 0.9, 0.7)
ANGLES = np.array(
    [[0, 0, 0], [90, 0, 0], [0, 90, 0], [0, 0, 90], [30, 60, 110], [-140, 120, 20], [77, 145, -60]]
    + [[20 * k, 25 * k % 180, -35 * k] for k in range(1, 10)],
    np.float64,
)


def planted(shape: tuple[int, int, int], middles: NDArray, poses: NDArray) -> NDArray[np.float64]:
    """A volume with the blobs about each of `middles` (x, y, z), turned by its pose."""
    z, y, x = np.meshgrid(*map(np.arange, shape), indexing="ij")
    volume = np.zeros(shape)
    for middle, pose in zip(middles, poses, strict=True):
        for blob, height in zip(BLOBS, HEIGHTS, strict=True):
            at = middle + pose @ blob
            away = (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2
            volume += height * np.exp(-away / (2 * 1.5**2))
    return volume


def likeness(one: NDArray, other: NDArray) -> float:
    """Correlation within 8 voxels of the middle."""
    along = np.arange(BOX) - BOX // 2
    z, y, x = np.meshgrid(along, along, along, indexing="ij")
    near = z**2 + y**2 + x**2 < 64
    return float(np.corrcoef(one[near], other[near])[0, 1])


@pytest.fixture(scope="module")
def turned_campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen particles in one tomogram, off the voxels, with the angles that RELION would have."""
    folder = tmp_path_factory.mktemp("poses")
    rng = np.random.default_rng(1)
    grid = np.array([[16 + 28 * i, 16 + 28 * j, 14] for i in range(4) for j in range(4)], float)
    middles = grid + rng.uniform(-0.5, 0.5, grid.shape)
    volume = planted((28, 116, 116), middles, matrix_from_zyz(ANGLES))
    volume += rng.normal(0, 0.05, volume.shape)
    with mrcfile.new(folder / "TS_01.mrc") as file:
        file.set_data(volume.astype(np.float32))
        file.voxel_size = SPACING
    names = ["TomoName", *(f"Coordinate{a}" for a in "XYZ"), "AngleRot", "AngleTilt", "AnglePsi"]
    lines = ["data_particles", "", "loop_", *(f"_rln{n} #{i}" for i, n in enumerate(names, 1))]
    for middle, angles in zip(middles, ANGLES, strict=True):
        lines.append(" ".join(["TS_01", *(f"{v:.6f}" for v in (*middle, *angles))]))
    (folder / "picks.star").write_text("\n".join(lines) + "\n")
    settings = [f"pool.box={BOX}", "pool.min_inside=0.5"]
    campaign = Campaign.create(folder / "c", make_config(("tube", "other"), settings=settings))
    picks = read_picks(folder / "picks.star", format_name="relion4", coordinate_spacing=SPACING)
    extract(campaign.pool_path, [folder / "TS_01.mrc"], picks, box=BOX, density="white")
    write_predictions(campaign, dict.fromkeys(campaign.pool.keys.tolist(), "tube"))
    return campaign.path


def test_particles_are_turned_back_onto_each_other(turned_campaign: Path) -> None:
    campaign = Campaign.open(turned_campaign)
    truth = planted((BOX,) * 3, np.full((1, 3), BOX // 2), np.eye(3)[None])
    found = average_class(campaign, "tube")
    assert found.align == "pose"
    assert found.n == 16
    assert likeness(found.volume, truth) > 0.98
    assert likeness(found.halves[0], truth) > 0.95
    mirrored = found.volume[:, :, ::-1]
    assert likeness(mirrored, truth) < 0.7  # the hand is seen
    assert likeness(average_class(campaign, "tube", "none").volume, truth) < 0.7
    assert found.fsc[:6].min() > 0.9


def test_a_box_is_read_where_the_pose_says_by_straight_lines_too() -> None:
    """Against trilinear interpolation written out: another way to the same numbers."""
    box = planted((BOX,) * 3, np.full((1, 3), 12.3), np.eye(3)[None]).astype(np.float32)
    pose, shift = matrix_from_zyz(np.array([[40.0, 70.0, -20.0]]))[0], np.array([0.3, -0.2, 0.1])
    straight, is_inside = turned(box, pose, shift)
    middle = BOX // 2
    for z, y, x in ((12, 12, 12), (14, 9, 11), (8, 13, 15), (12, 12, 17)):
        at = pose @ (np.array([x, y, z]) - middle) + middle + shift[::-1]
        low = np.floor(at).astype(int)
        part = at - low
        expected = 0.0
        for corner in np.ndindex(2, 2, 2):
            weight = np.prod(np.where(corner, part, 1 - part))
            i, j, k = low + corner
            expected += weight * box[k, j, i]
        assert is_inside[z, y, x]
        assert straight[z, y, x] == pytest.approx(expected, abs=0.05)
    assert not is_inside.all()  # corners come from beyond the box


def test_boxes_without_poses_are_averaged_as_they_lie(campaign: Campaign) -> None:
    keys = campaign.pool.keys.tolist()
    write_predictions(campaign, {k: "ring" if i < 10 else "rod" for i, k in enumerate(keys)})
    campaign.record("ana", [(keys[0], "rod"), (keys[20], "ring"), (keys[5], None)])
    found = average_class(campaign, "ring", "none")
    rows = np.array([1, 2, 3, 4, 6, 7, 8, 9, 20])
    expected = campaign.pool.read_normalised(rows).astype(np.float64).mean(axis=0)
    assert np.allclose(found.volume, expected, atol=1e-6)
    assert (found.n, found.n_expert, found.align, found.missing) == (9, 1, "none", None)
    assert "as they lie in the tomogram, not turned" in found.lines()[0]
    assert "nothing fills the missing wedge" in found.lines()[1]


def test_angles_that_are_all_the_same_are_no_poses(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = dict.fromkeys(("rlnAngleRot", "rlnAngleTilt", "rlnAnglePsi"), ["0"] * 36)
    monkeypatch.setattr(PoolPart, "columns", lambda _: told)
    write_predictions(campaign, dict.fromkeys(campaign.pool.keys.tolist(), "ring"))
    assert average_class(campaign, "ring").align == "none"
    with pytest.raises(ConfigError, match="expected poses of the picks of 'ring', found none"):
        average_class(campaign, "ring", "pose")
    told["rlnAngleTilt"] = ["10", *["0"] * 35]
    assert average_class(campaign, "ring").align == "pose"


def test_all_turns_about_the_middle_leave_a_profile(campaign: Campaign) -> None:
    write_predictions(campaign, dict.fromkeys(campaign.pool.keys.tolist(), "ring"))
    volume = average_class(campaign, "ring", "sphere").volume
    turned_volume = np.roll(volume[::-1, ::-1, ::-1], 1, axis=(0, 1, 2))  # about voxel 4 of 8
    inner = np.s_[1:, 1:, 1:]
    assert np.allclose(volume[inner], turned_volume[inner], atol=1e-6)
    assert np.allclose(volume, volume.transpose(2, 0, 1), atol=1e-6)


def test_the_correlation_of_shells_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(8, 8, 8))
    assert fsc(signal, 3 * signal) == pytest.approx(np.ones(5))
    assert fsc(signal, -signal) == pytest.approx(-np.ones(5))
    # one wave along x of 2 in 8 voxels is in shell 2 alone: there the two are opposite
    wave = np.broadcast_to(np.cos(2 * np.pi * 2 * np.arange(8) / 8), (8, 8, 8))
    flat = np.broadcast_to(np.cos(2 * np.pi * np.arange(8) / 8), (8, 8, 8))
    curve = fsc(flat + wave, flat - wave)
    assert curve[1] == pytest.approx(1)
    assert curve[2] == pytest.approx(-1)
    # from 0.5 at shell 2 to 0.1 at shell 3 the line meets 0.143 at 2 + 0.357 / 0.4 = 2.8925
    assert resolution(np.array([1, 0.9, 0.5, 0.1, 0.4]), 10, 2.0) == pytest.approx(20 / 2.8925)
    assert resolution(np.ones(5), 10, 2.0) is None


def test_the_wedge_is_a_third_of_all_directions_until_poses_fill_it() -> None:
    # tilts to +-60 of +-90 degrees, and the angle about y is even on the sphere: two thirds
    alone = measured_share(np.eye(3)[None])
    assert set(alone) == {0.0, 1.0}
    assert alone.mean() == pytest.approx(2 / 3, abs=0.01)
    # turned about y by 90 degrees what was missing along z is missing along x, and no more
    both = measured_share(matrix_from_zyz(np.array([[0.0, 0, 0], [0, 90, 0]])))
    assert both.min() == 0.5
    assert measured_share(np.eye(3)[None], tilt=89.9).mean() == pytest.approx(1, abs=0.01)


def test_the_files_say_how_large_a_voxel_is_and_where_the_first_lies(
    turned_campaign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tube.mrc"
    words = ["average", str(turned_campaign), "--class", "tube", "-o", str(out), "--halves"]
    words += ["--picture", str(tmp_path / "tube.svg")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "tube: mean of 16 boxes (0 by experts), each turned by the pose of its pick" in said
    with mrcfile.open(out) as file:
        assert file.header.origin.tolist() == (0, 0, 0)
        assert (file.header.nxstart, file.header.ispg) == (0, 1)
        assert b"mean of 16 boxes" in b"".join(file.header.label)
        volume = np.array(file.data)
    assert mrcfile.validate(out)
    with open_volume(out) as again:
        assert again.voxel_spacing == SPACING
        assert again.shape == (BOX,) * 3
    halves = [mrcfile.read(tmp_path / f"tube_half{k}.mrc") for k in (1, 2)]
    assert likeness(volume, halves[0] + halves[1]) > 0.99
    with (tmp_path / "tube_fsc.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == BOX // 2 + 1
    assert float(rows[4]["resolution_angstrom"]) == BOX * SPACING / 4
    drawn = (tmp_path / "tube.svg").read_text()
    assert drawn.count("<image ") == 3
    assert "tube: mean of 16 boxes, by pose" in drawn
    assert ">5 nm<" in drawn  # of an edge of 19.2 nm
    before = out.read_bytes()
    out.write_bytes(before + b"x")
    assert main(words) == 2
    assert "found it changed since; --force replaces it" in capsys.readouterr().err


def test_what_cannot_be_averaged_is_said_in_a_line(
    campaign: Campaign,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = str(tmp_path / "a.mrc")

    def said(*words: str) -> str:
        assert main(["average", str(campaign.path), "-o", out, *words]) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        return line

    assert "expected a classification or labels in" in said("--class", "ring")
    keys = campaign.pool.keys.tolist()
    write_predictions(campaign, {k: "ring" if i < 10 else "rod" for i, k in enumerate(keys)})
    empty = campaign.config.classes[2]
    assert f"expected two boxes of '{empty}' or more to average, found 0" in said("--class", empty)
    assert "found 0" in said("--class", "ring", "--labelled")
    assert "no class called 'rings'; did you mean 'ring'?" in said("--class", "rings")
    assert "one of pose, none, sphere, found 'helix'" in said("--class", "ring", "--align", "helix")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", out)

    monkeypatch.setattr(mrcfile, "new", full)
    assert "found it full; nothing was changed" in said("--class", "ring")
    assert list(tmp_path.glob("a*")) == []


def test_errors_of_the_function_are_of_their_kinds(campaign: Campaign) -> None:
    with pytest.raises(UnknownNameError):
        average_class(campaign, "nothing")
    with pytest.raises(CampaignError):
        average_class(campaign, "ring")
    total, count = summed_boxes(campaign.pool, np.array([0, 1, 2]), None)
    assert (count == 3).all()
    assert np.allclose(
        total, campaign.pool.read_normalised(np.arange(3)).astype(np.float64).sum(axis=0)
    )
