"""Another box size, or another level, for a campaign that has labels."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

from cryoal.campaign import Campaign
from cryoal.campaign import recut as module
from cryoal.campaign.checkup import check_up
from cryoal.campaign.cycle import select
from cryoal.campaign.described import current_columns
from cryoal.campaign.predictions import classify
from cryoal.campaign.recut import finish_recut, recut
from cryoal.cli import main
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.errors import CampaignError, DamagedBoxError, PoolError, TomogramError
from cryoal.io.picks.read import read_picks
from tests.conftest import SETTINGS
from tests.data.samples import noise, write_mrc
from tests.data.test_levels import write_centres, write_pyramid

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryoal.data.pool import Pool

CENTRES = [(8, 9, 10), (8, 10, 12), (7, 9, 11), (9, 10, 9)]


@pytest.fixture
def labelled(campaign: Campaign, truth: dict[str, str]) -> Campaign:
    """Phantoms with an answered cycle, descriptors, and a pair that was trained."""
    keys = select(campaign, 12).keys()
    campaign.record("ann", [(key, truth[key]) for key in keys])
    return campaign


def facts(pool: Pool) -> dict[str, Any]:
    """What a recut leaves as it is."""
    return {
        "keys": pool.keys.tolist(),
        "position": pool.position_zyx_angstrom.tolist(),
        "coordinate": pool.coordinate_zyx_angstrom.tolist(),
        "tomogram": pool.tomogram.tolist(),
        "columns": [part.columns() for part in pool.parts],
        "blocks": [part.blocks() for part in pool.parts],
        "left out": [part.left_out() for part in pool.parts],
        "centre": [(r.name, r.path, r.center, r.scale, r.density, r.file) for r in pool.tomograms],
        "source": [(part.source, part.source_path, part.added) for part in pool.parts],
    }


def test_larger_boxes_have_the_smaller_ones_in_their_middle(
    labelled: Campaign, truth: dict[str, str]
) -> None:
    before, boxes = facts(labelled.pool), labelled.pool.read(np.arange(36))
    answers, asked = labelled.training_labels(), labelled.cycles()
    told = recut(labelled, box=12)
    assert (told.n_boxes, told.box) == (36, 12)
    campaign = Campaign.open(labelled.path)
    assert facts(campaign.pool) == before
    assert campaign.config.pool.box == campaign.pool.box == 12
    np.testing.assert_array_equal(campaign.pool.read(np.arange(36))[:, 2:10, 2:10, 2:10], boxes)
    assert campaign.training_labels() == answers
    assert campaign.cycles() == asked
    assert check_up(campaign.path).damaged == []
    # and the campaign goes on
    assert not set(select(campaign, 4, strategy="random").keys()) & set(answers)


def test_what_was_made_of_the_old_boxes_is_made_again(
    labelled: Campaign, truth: dict[str, str]
) -> None:
    classify(labelled)
    old = current_columns(labelled).read("shells", np.arange(36))
    recut(labelled, box=12)
    campaign = Campaign.open(labelled.path)
    for name in ("descriptors", "model", "predictions.csv", "classifier.json"):
        assert not (campaign.path / name).exists()
    assert not list(campaign.path.glob("cycle_*/*.safetensors"))
    new = current_columns(campaign).read("shells", np.arange(36))
    assert not np.allclose(old[:, : new.shape[1]], new[:, : old.shape[1]])
    assert len(classify(campaign).counts) > 0


def test_a_pool_of_two_adds_keeps_both(
    labelled: Campaign, phantoms: Any, tmp_path: Path, truth: dict[str, str]
) -> None:
    before = len(labelled.pool.parts)
    more = read_picks(_csv(tmp_path, "TS_01,new,20,21,15"))
    extract(labelled.pool_path, [phantoms.tomograms[0]], more, box=8)
    campaign = Campaign.open(labelled.path)
    assert len(campaign.pool.parts) == before + 1
    kept = facts(campaign.pool)
    recut(campaign, box=10)
    campaign = Campaign.open(labelled.path)
    assert facts(campaign.pool) == kept
    extract(
        campaign.pool_path,
        [phantoms.tomograms[0]],
        read_picks(_csv(tmp_path, "TS_01,newer,22,21,15")),
        box=10,
    )
    assert len(Campaign.open(labelled.path).pool) == len(kept["keys"]) + 1


def _csv(folder: Path, row: str) -> Path:
    path = folder / "one.csv"
    path.write_text(f"tomogram,key,x,y,z\n{row}\n")
    return path


@pytest.fixture
def pyramid(tmp_path: Path) -> tuple[Campaign, np.ndarray[Any, Any]]:
    """A campaign from the finest of two levels; and the coarse one."""
    path = tmp_path / "TS_1.zarr"
    coarse = write_pyramid(path)
    campaign = Campaign.create(tmp_path / "c", make_config(("a", "b"), "laptop", SETTINGS))
    picks = read_picks(write_centres(tmp_path / "p.csv", CENTRES))
    extract(campaign.pool_path, [path], picks, box=8, density="white")
    campaign = Campaign.open(campaign.path)
    campaign.record("ann", [(str(campaign.pool.keys[0]), "a"), (str(campaign.pool.keys[1]), "b")])
    return campaign, coarse


def test_another_level_is_cut_where_the_picks_are(
    pyramid: tuple[Campaign, np.ndarray[Any, Any]],
) -> None:
    campaign, coarse = pyramid
    answers = campaign.training_labels()
    position = campaign.pool.position_zyx_angstrom
    told = recut(campaign, level="s1")
    assert told.voxel_spacing == 10.0
    campaign = Campaign.open(campaign.path)
    pool = campaign.pool
    for box, (z, y, x) in zip(pool.read(np.arange(4)), CENTRES, strict=True):
        np.testing.assert_array_equal(box, coarse[z - 4 : z + 4, y - 4 : y + 4, x - 4 : x + 4])
    np.testing.assert_array_equal(pool.position_zyx_angstrom, position)
    assert campaign.training_labels() == answers
    (record,) = pool.tomograms
    assert (record.level, record.shape, pool.voxel_spacing) == ("s1", (16, 20, 24), 10.0)
    assert pool.parts[0].told["level"] == "s1"
    assert abs(record.scale - coarse.std()) < 0.1 * coarse.std()  # measured anew
    record.open().close()
    recut(campaign, level="0")  # and back
    assert Campaign.open(campaign.path).pool.voxel_spacing == 5.0


class Killed(BaseException):
    """As if the process had ended."""


STEPS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the old pool goes": lambda m: m.setattr(Path, "rename", _killed),
    "between the two renames": lambda m: m.setattr(Path, "rename", _second(Path.rename)),
    "before the box is written": lambda m: m.setattr(module, "set_box", _killed),
    "while caches are removed": lambda m: m.setattr(module, "_remove", _second(module._remove)),
}


def _killed(*args: object) -> None:
    raise Killed


def _second(of: Callable[..., Any]) -> Callable[..., Any]:
    calls = []

    def once(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return of(*args)

    return once


@pytest.mark.parametrize("step", STEPS)
def test_one_that_is_killed_in_its_last_steps_is_finished_by_the_next_call(
    labelled: Campaign, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, answers = facts(labelled.pool), labelled.training_labels()
    original = module.finish_recut
    with pytest.MonkeyPatch.context() as patch:

        def finish(folder: Path) -> bool:
            STEPS[step](patch)
            return original(folder)

        patch.setattr(module, "finish_recut", finish)
        with pytest.raises(Killed):
            recut(labelled, box=12)
    for _ in range(2):
        with pytest.raises(CampaignError, match=r"cut anew; .* finish it: cryoal recut"):
            Campaign.open(labelled.path)
    assert main(["recut", str(labelled.path)]) == 0
    assert "finished: boxes of 12 voxels" in capsys.readouterr().out
    campaign = Campaign.open(labelled.path)
    assert facts(campaign.pool) == before
    assert campaign.pool.box == 12
    assert campaign.training_labels() == answers
    left = {path.name for path in campaign.path.iterdir()}
    assert not left & {"recut.json", "recut.zarr", "before_recut.zarr", "descriptors"}
    assert not finish_recut(campaign.path)


def test_one_that_is_killed_while_it_cuts_has_changed_nothing(labelled: Campaign) -> None:
    shutil.copytree(labelled.pool_path, labelled.path / "recut.zarr")  # what it had so far
    before = facts(labelled.pool)
    campaign = Campaign.open(labelled.path)
    assert facts(campaign.pool) == before
    with campaign.busy("add"):  # whoever writes next removes it
        assert not (labelled.path / "recut.zarr").exists()


def test_what_cannot_be_cut_anew_leaves_the_campaign_as_it_was(
    labelled: Campaign, tmp_path: Path
) -> None:
    before = facts(labelled.pool)
    with pytest.raises(CampaignError, match="expected another box size than 8"):
        recut(labelled, box=8)
    with pytest.raises(PoolError, match="expected an even box size of 8 or more, found 9"):
        recut(labelled, box=9)
    with pytest.raises(TomogramError, match="expected a file with levels for --level 1"):
        recut(labelled, level="1")
    campaign = Campaign.open(labelled.path)
    assert facts(campaign.pool) == before
    assert not (campaign.path / "recut.zarr").exists()


@pytest.mark.parametrize("box", [0, -2, 9])
def test_a_box_that_cannot_be_is_refused(labelled: Campaign, box: int) -> None:
    with pytest.raises(PoolError, match=f"expected an even box size of 8 or more, found {box}"):
        recut(labelled, box=box)


def test_a_tomogram_that_has_moved_is_asked_for(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 1, (20, 20, 20)).astype(np.float32)
    path = write_mrc(tmp_path / "t.mrc", noise)
    campaign = Campaign.create(tmp_path / "c", make_config(("a", "b"), "laptop", SETTINGS))
    picks = read_picks(_csv(tmp_path, "t,k,10,10,10"))
    extract(campaign.pool_path, [path], picks, box=8, density="white")
    path.rename(tmp_path / "u.mrc")
    with pytest.raises(TomogramError, match=r"if it has moved: cryoal relocate"):
        recut(Campaign.open(campaign.path), box=10)


@pytest.mark.parametrize("lazy", [False, True])
def test_a_tomogram_that_changed_where_its_fingerprint_does_not_look_is_not_cut_from(
    tmp_path: Path, *, lazy: bool
) -> None:
    path = write_mrc(tmp_path / "t.mrc", noise((48, 48, 48), "int8"))
    campaign = Campaign.create(tmp_path / "c", make_config(("a", "b"), "laptop", SETTINGS))
    picks = read_picks(_csv(tmp_path, "t,k,20,24,40"))
    extract(campaign.pool_path, [path], picks, box=8, density="white", lazy=lazy)
    content = bytearray(path.read_bytes())  # of which the fingerprint knows 64 KiB
    content[1024 + (40 * 48 + 24) * 48 + 20] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        DamagedBoxError, match=r"expected the box of 'k' in t as it was written, .* changed in .*t"
    ):
        recut(Campaign.open(campaign.path), box=10)
    assert Campaign.open(campaign.path).pool.box == 8
    assert not (campaign.path / "recut.zarr").exists()


def test_another_level_is_not_cut_where_the_one_of_the_boxes_changed(
    pyramid: tuple[Campaign, np.ndarray[Any, Any]],
) -> None:
    campaign, _ = pyramid
    fine = zarr.open_array(campaign.pool.tomograms[0].path / "s0")
    fine[14, 16, 18] = 7.0  # in the first box, which is around 17, 19, 21
    with pytest.raises(DamagedBoxError, match="expected the box of 'TS_1/000000' in TS_1 as"):
        recut(campaign, level="s1")
