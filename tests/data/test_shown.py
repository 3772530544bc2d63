"""A denoised volume to look at, a raw one to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.browser.boxes import embed
from cryoal.campaign import Campaign
from cryoal.campaign.checkup import check_up
from cryoal.campaign.recut import recut
from cryoal.campaign.report.cards import pictures
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.data.pool import Pool
from cryoal.data.shown import shown_by_name
from cryoal.errors import PicksError, TomogramError
from cryoal.io.picks.read import read_picks
from cryoal.review.context import surroundings
from tests.conftest import SETTINGS
from tests.data.samples import grid_picks, noise, tomogram, write_mrc

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAMES = ("TS_01", "TS_02")
SHAPE = (20, 30, 40)


def denoised(seed: int) -> NDArray[np.float32]:
    """Other numbers than the raw volume has, in another range."""
    return noise(SHAPE, seed=100 + seed) * 1e-3 - 4


@pytest.fixture
def made(tmp_path: Path) -> Campaign:
    raw = [tomogram(tmp_path, name, seed=n) for n, name in enumerate(NAMES)]
    folder = tmp_path / "denoised"
    folder.mkdir()
    for n, name in enumerate(NAMES):
        write_mrc(folder / f"{name}_denoised.mrc", denoised(n), spacing=1.0)  # as many write it
    campaign = Campaign.create(tmp_path / "c", make_config(("a", "b"), "laptop", SETTINGS))
    extract(
        campaign.pool_path,
        raw,
        grid_picks(tmp_path / "p.csv", NAMES),
        box=8,
        density="black",
        show=[folder],
    )
    return Campaign.open(campaign.path)


def test_what_is_learnt_from_is_the_raw_volume_and_what_is_shown_the_other(
    made: Campaign,
) -> None:
    pool = made.pool
    rows = np.array([0, 13, 23])
    for row, raw, shown in zip(rows, pool.read(rows), pool.read_shown(rows), strict=True):
        z, y, x = (round(p / 10) for p in pool.position_zyx_angstrom[row])
        number = int(pool.tomogram[row])
        here = (slice(z - 4, z + 4), slice(y - 4, y + 4), slice(x - 4, x + 4))
        np.testing.assert_array_equal(raw, noise(SHAPE, seed=number)[here])
        about = pool.tomograms[number].shown
        assert about is not None
        expected = (about.center - denoised(number)[here]) / about.scale  # dark particles
        np.testing.assert_allclose(shown, expected, atol=1e-4)
    # all but the extremes lie in the window of greys, whatever the numbers of the volume
    shown = pool.read_shown(np.arange(len(pool)))
    assert 0.99 < (np.abs(shown) < 2.75).mean() < 1
    assert np.abs(shown).max() > 2
    assert pool.parts[0].told["show"] == [str(made.path.parent / "denoised")]


def test_cards_pages_and_surroundings_show_it(made: Campaign, tmp_path: Path) -> None:
    raw = [tmp_path / f"{name}.mrc" for name in NAMES]
    plain = Campaign.create(tmp_path / "plain", make_config(("a", "b"), "laptop", SETTINGS))
    extract(plain.pool_path, raw, grid_picks(tmp_path / "p.csv", NAMES), box=8, density="black")
    plain = Campaign.open(plain.path)
    keys = plain.pool.keys[:2].tolist()
    assert plain.pool.keys.tolist() == made.pool.keys.tolist()
    np.testing.assert_array_equal(
        plain.pool.read_normalised(np.arange(4)), made.pool.read_normalised(np.arange(4))
    )
    np.testing.assert_array_equal(
        plain.pool.read_normalised(np.arange(4)), plain.pool.read_shown(np.arange(4))
    )
    assert pictures(plain.pool, keys) != pictures(made.pool, keys)
    assert embed(plain.pool, [0]).lines != embed(made.pool, [0]).lines
    assert surroundings(plain, [0])[0][0].image != surroundings(made, [0])[0][0].image
    # without the denoised file the tomogram itself is the surroundings
    for path in (tmp_path / "denoised").iterdir():
        path.rename(tmp_path / f"gone_{path.name}")
    assert surroundings(plain, [0])[0][0].image == surroundings(made, [0])[0][0].image


def test_the_doctor_looks_at_both(made: Campaign) -> None:
    assert check_up(made.path).damaged == []
    shard = next(p for p in (made.pool_path / "part_0000" / "shown").rglob("c*") if p.is_file())
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    (damaged,) = check_up(made.path).damaged
    assert "1 of 12 boxes to look at of TS_01" in damaged


def test_a_recut_cuts_both(made: Campaign) -> None:
    before = made.pool.read_shown(np.arange(24))
    recut(made, box=12)
    pool = Campaign.open(made.path).pool
    after = pool.read_shown(np.arange(24))
    np.testing.assert_allclose(after[:, 2:10, 2:10, 2:10], before, atol=1e-6)
    assert check_up(made.path).damaged == []


def test_a_volume_that_does_not_fit_is_refused_and_nothing_is_added(tmp_path: Path) -> None:
    raw = [tomogram(tmp_path, name) for name in NAMES]
    picks = grid_picks(tmp_path / "p.csv", NAMES)
    (tmp_path / "d").mkdir()
    one = write_mrc(tmp_path / "d" / "TS_01.mrc", noise((20, 30, 39)))
    pool_path = tmp_path / "pool.zarr"
    with pytest.raises(PicksError, match=r"\(--show\) for each tomogram, found none for 1, first"):
        extract(pool_path, raw, picks, box=8, density="white", show=[one])
    write_mrc(tmp_path / "d" / "TS_02.mrc", noise(SHAPE))
    with pytest.raises(TomogramError, match=r"to look at of \(20, 30, 40\) voxels"):
        extract(pool_path, raw, picks, box=8, density="white", show=[tmp_path / "d"])
    assert not Pool.exists(pool_path)


def test_the_one_file_of_a_folder_is_shown_for_no_tomogram_of_another_name(tmp_path: Path) -> None:
    path = tomogram(tmp_path, "TS_9")
    assert shown_by_name([path], ["TS_1"]) == {"TS_1": path}  # said of this file itself
    assert shown_by_name([tmp_path], ["TS_9"]) == {"TS_9": path}
    with pytest.raises(PicksError, match="TS_9"):
        shown_by_name([tmp_path], ["TS_1"])


def test_adds_with_and_without_are_read_together(made: Campaign, tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("tomogram,key,x,y,z\nTS_01,other,14,15,9\n")
    extract(made.pool_path, [tmp_path / "TS_01.mrc"], read_picks(tmp_path / "q.csv"), box=8)
    pool = Campaign.open(made.path).pool
    last = np.array([len(pool) - 1])
    np.testing.assert_array_equal(pool.read_shown(last), pool.read_normalised(last))
    mixed = pool.read_shown(np.array([len(pool) - 1, 0]))
    np.testing.assert_array_equal(mixed[1], pool.read_shown(np.array([0]))[0])
