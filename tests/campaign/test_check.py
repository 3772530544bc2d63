"""A look at picks before anyone labels, from files to a sentence and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cryoal.campaign import Campaign
from cryoal.campaign.check import Check, check, of_files, of_pool
from cryoal.campaign.check_picture import average, write_picture
from cryoal.campaign.check_quick import QuickCheck
from cryoal.campaign.check_said import as_json, lines, sentence
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.errors import PicksError, PoolError
from cryoal.io.picks.read import read_picks
from cryoal.io.star import read_star
from cryoal.testing.phantoms import PhantomFiles, write_phantoms

if TYPE_CHECKING:
    from pathlib import Path

BOX = 12
SHAPE = (36, 80, 80)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PhantomFiles:
    """Two tomograms of 10 A with 16 particles each, and 8 picks on nothing."""
    folder = tmp_path_factory.mktemp("check")
    return write_phantoms(folder, n_tomograms=2, shape=SHAPE, per_class=8, distance=130.0)


def csv(path: Path, made: PhantomFiles, axes: str = "zyx", outside: int = 0) -> Path:
    """The same picks in voxels, the axes in another order; some of them outside."""
    table = read_star(made.picks)["particles"]
    size = dict(zip("zyx", SHAPE, strict=True))
    place = {
        axis: [
            float(text) / 10 + size[axis] / 2
            for text in table[f"rlnCenteredCoordinate{axis.upper()}Angst"]
        ]
        for axis in "zyx"
    }
    columns = [place[axis] for axis in axes]
    rows = list(zip(table["rlnTomoName"], *reversed(columns), strict=True))
    rows += [("TS_01", 500.0 + i, 1.0, 1.0) for i in range(outside)]
    path.write_text("tomogram,x,y,z\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def checked(made: PhantomFiles, picks: Path) -> Check:
    return check(of_files(made.tomograms, read_picks(picks)), BOX)


@pytest.fixture(scope="module")
def right(made: PhantomFiles, tmp_path_factory: pytest.TempPathFactory) -> Check:
    return checked(made, csv(tmp_path_factory.mktemp("right") / "picks.csv", made))


@pytest.fixture(scope="module")
def wrong(made: PhantomFiles, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """X and y exchanged, and in the first tomogram 5 picks outside."""
    path = csv(tmp_path_factory.mktemp("wrong") / "picks.csv", made, "zxy", outside=5)
    return checked(made, path)


def test_right_picks_are_found_right_in_each_tomogram_and_in_all(right: Check) -> None:
    assert not right.is_wrong
    assert right.together.fits
    assert [one.name for one in right.tomograms] == ["TS_01", "TS_02"]
    assert [one.verdict.n for one in right.tomograms] == [24, 24]
    assert right.together.n == 48
    assert right.together.z < -5
    said = sentence(right)
    assert said.startswith("the 48 picks in 2 tomograms are darker than what is around them")
    assert "no other reading fits clearly better" in said


def test_exchanged_axes_are_named_in_the_sentence(wrong: Check) -> None:
    assert wrong.is_wrong
    assert "fit clearly better with x and y exchanged" in sentence(wrong)
    assert as_json(wrong)["together"]["better"] == "x and y exchanged"  # type: ignore[index, call-overload]


def test_picks_outside_are_counted_not_refused(wrong: Check) -> None:
    first = wrong.tomograms[0]
    assert (first.verdict.n, first.verdict.n_inside) == (29, 24)
    assert first.high_zyx[2] == 504.0
    assert lines(first)[0].startswith("TS_01: 24 of 29 picks inside; voxels x ")
    assert "to 504 of 80" in lines(first)[0]


def test_an_error_in_one_tomogram_of_two_is_told(made: PhantomFiles, tmp_path: Path) -> None:
    right = csv(tmp_path / "right.csv", made).read_text().splitlines()
    wrong = csv(tmp_path / "wrong.csv", made, "zxy").read_text().splitlines()
    mixed = [row for row in right if "TS_02" not in row] + [row for row in wrong if "TS_02" in row]
    path = tmp_path / "mixed.csv"
    path.write_text("\n".join(mixed) + "\n")
    found = checked(made, path)
    assert found.is_wrong
    assert [one.verdict.is_wrong for one in found.tomograms] == [False, True]
    if not found.together.is_wrong:
        assert "in TS_02 fit clearly better with x and y exchanged" in sentence(found)


def test_a_campaign_is_checked_by_its_pool(
    made: PhantomFiles, right: Check, tmp_path: Path
) -> None:
    campaign = Campaign.create(
        tmp_path / "campaign", make_config(made.classes, "laptop", [f"pool.box={BOX}"])
    )
    picks = read_picks(made.picks, tomograms=made.tomograms_star)
    extract(campaign.pool_path, made.tomograms, picks, box=BOX, density="black")
    by_pool = check(of_pool(campaign.pool), BOX)
    assert by_pool.together.z == pytest.approx(right.together.z, rel=1e-6)
    assert by_pool.together.z_of == pytest.approx(right.together.z_of)


def test_the_picture_is_a_png_and_shows_both_readings(wrong: Check, tmp_path: Path) -> None:
    write_picture(wrong, tmp_path / "check.png")
    with Image.open(tmp_path / "check.png") as picture:
        picture.load()
        assert picture.format == "PNG"
        colours = {colour for _, colour in picture.getcolors(1 << 20)}
    assert {(0, 114, 178), (213, 94, 0)} <= colours


def test_the_average_has_the_particle_in_its_middle(right: Check) -> None:
    shown = right.shown
    mean = average(shown.landscape, shown.voxel_zyx, BOX, scale=1)
    middle = mean.shape[0] // 2
    least = np.unravel_index(mean.argmin(), mean.shape)
    assert np.abs(np.array(least) - middle).max() <= 2


def test_a_box_of_two_voxels_is_refused(made: PhantomFiles, tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="expected a box of at least 4 voxels, found 2"):
        check(of_files(made.tomograms, read_picks(csv(tmp_path / "picks.csv", made))), 2)


class TestAdd:
    """What `add` looks at before it cuts."""

    def add(self, made: PhantomFiles, picks: Path, pool: Path, **more: object) -> list[str]:
        report = extract(
            pool,
            made.tomograms,
            read_picks(picks),
            box=BOX,
            look=QuickCheck(BOX),
            **more,  # type: ignore[arg-type]
        )
        return report.notes

    def test_right_picks_are_added_without_a_word(self, made: PhantomFiles, tmp_path: Path) -> None:
        notes = self.add(made, csv(tmp_path / "picks.csv", made), tmp_path / "pool")
        assert not any("cryoal check" in note or "hardly differ" in note for note in notes)

    def test_exchanged_axes_are_refused_before_anything_is_written(
        self, made: PhantomFiles, tmp_path: Path
    ) -> None:
        with pytest.raises(
            PicksError, match=r"fit clearly better with x and y exchanged.*no-check"
        ):
            self.add(made, csv(tmp_path / "picks.csv", made, "zxy"), tmp_path / "pool")
        assert not (tmp_path / "pool").exists()

    def test_picks_on_nothing_need_a_density(self, made: PhantomFiles, tmp_path: Path) -> None:
        rng = np.random.default_rng(3)
        rows = rng.uniform(8, np.array([72, 72, 28]), (60, 3)).round(2)
        path = tmp_path / "picks.csv"
        text = "".join("TS_01," + ",".join(map(str, row)) + "\n" for row in rows.tolist())
        path.write_text("tomogram,x,y,z\n" + text)
        with pytest.raises(PicksError, match="expected --density white or black, or picks that"):
            self.add(made, path, tmp_path / "pool")
        notes = self.add(made, path, tmp_path / "pool", density="black")
        assert any("hardly differ from what is around them" in note for note in notes)


def test_without_a_box_one_is_taken_that_leaves_room_to_shift_picks(
    made: PhantomFiles, tmp_path: Path
) -> None:
    picks = read_picks(csv(tmp_path / "picks.csv", made))
    found = check(of_files(made.tomograms[:1], picks))
    assert found.box == 14  # 80 / 6 = 13.3, below 320 / 10
    assert found.together.fits
