"""A campaign whose boxes stay in their tomograms: the same numbers, and tomograms that are told."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.checkup import check_up
from cryoal.campaign.cycle import select
from cryoal.campaign.described import current_columns
from cryoal.campaign.predictions import classify
from cryoal.campaign.recut import recut
from cryoal.campaign.relocate import relocate
from cryoal.campaign.status import describe
from cryoal.cli import main
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.errors import TomogramError
from cryoal.io.picks.read import read_picks
from tests.conftest import SETTINGS

if TYPE_CHECKING:
    from cryoal.testing.phantoms import PhantomFiles

HEADS = ('classifier.use="heads"', 'query.strategy="margin"', 'pretrain.method="none"')


@pytest.fixture
def lazy(phantoms: PhantomFiles, tmp_path: Path) -> Campaign:
    """A campaign whose tomograms are in ``old/``."""
    old = tmp_path / "old"
    old.mkdir()
    files = [Path(shutil.copy(path, old)) for path in phantoms.tomograms]
    return campaign_of(phantoms, tmp_path / "lazy", files, lazy=True)


def campaign_of(phantoms: PhantomFiles, path: Path, files: list[Path], *, lazy: bool) -> Campaign:
    campaign = Campaign.create(path, make_config(phantoms.classes, "laptop", (*SETTINGS, *HEADS)))
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(campaign.pool_path, files, picks, box=8, lazy=lazy)
    return Campaign.open(path)


def test_descriptors_queries_and_classes_are_those_of_stored_boxes(
    lazy: Campaign, phantoms: PhantomFiles, truth: dict[str, str], tmp_path: Path
) -> None:
    cut = campaign_of(phantoms, tmp_path / "cut", list(phantoms.tomograms), lazy=False)
    asked, tables, numbers = [], [], []
    for campaign in (cut, lazy):
        campaign.record("ana", [(key, truth[key]) for key in campaign.pool.keys[:20].tolist()])
        select(campaign, 9)
        asked.append((campaign.path / "cycle_000" / "query.csv").read_bytes())
        classify(campaign)
        tables.append((campaign.path / "predictions.csv").read_bytes())
        columns = current_columns(campaign)
        rows = np.arange(len(campaign.pool))
        numbers.append([columns.read(name, rows).tobytes() for name in columns.names])
    assert asked[0] == asked[1]
    assert tables[0] == tables[1]
    assert numbers[0] == numbers[1]


def test_tomograms_that_moved_are_told_found_and_gone_on_with(
    lazy: Campaign, truth: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "36 boxes of 8^3 voxels" in "\n".join(describe(lazy).lines())
    assert "; all are cut from them at each reading" in describe(lazy).lines()[1]
    lazy.record("ana", [(key, truth[key]) for key in lazy.pool.keys[:20].tolist()])
    (tmp_path / "old").rename(tmp_path / "new")
    lazy = Campaign.open(lazy.path)
    (line,) = describe(lazy).lost
    assert line == (
        f"2 tomograms to cut boxes from, first TS_01, found nowhere, last "
        f"{tmp_path / 'old' / 'TS_01.mrc'}: cryoal relocate {lazy.path} FOLDER"
    )
    assert main(["classify", str(lazy.path)]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said == (
        f"cryoal: expected the tomogram TS_01 as before, found no file "
        f"{tmp_path / 'old' / 'TS_01.mrc'}; if it has moved: cryoal relocate {lazy.path} FOLDER"
    )
    assert not (lazy.path / "predictions.csv").exists()
    assert len(relocate(lazy, [tmp_path / "new"]).found) == 2
    assert main(["classify", str(lazy.path)]) == 0
    assert describe(Campaign.open(lazy.path)).lost == []


def test_numbers_that_were_made_need_no_tomogram(
    lazy: Campaign, truth: dict[str, str], tmp_path: Path
) -> None:
    lazy.record("ana", [(key, truth[key]) for key in lazy.pool.keys[:20].tolist()])
    current_columns(lazy)
    shutil.rmtree(tmp_path / "old")
    assert select(Campaign.open(lazy.path), 6).n_labelled == 20
    assert main(["classify", str(lazy.path)]) == 0
    assert main(["export", str(lazy.path), "--to", "csv", "-o", str(tmp_path / "x.csv")]) == 0
    assert main(["classify", str(lazy.path), "--train"]) == 2


def test_the_doctor_reads_every_box_and_names_a_truncated_tomogram(lazy: Campaign) -> None:
    found = check_up(lazy.path)
    assert (found.boxes, found.damaged, found.notes) == (36, [], [])
    path = lazy.pool.tomograms[1].path
    os.truncate(path, path.stat().st_size // 2)
    found = check_up(lazy.path)
    (line,) = found.damaged
    assert line.startswith("TS_02: expected ")
    assert f"{path} is truncated; if it has moved: cryoal relocate {lazy.path} FOLDER" in line
    assert " --lazy" in found.to_add_again[0]


def test_a_recut_is_that_of_stored_boxes_and_stores_none(
    lazy: Campaign, phantoms: PhantomFiles, tmp_path: Path
) -> None:
    cut = campaign_of(phantoms, tmp_path / "cut", list(phantoms.tomograms), lazy=False)
    pools = []
    for campaign in (cut, lazy):
        recut(campaign, box=14)
        pools.append(Campaign.open(campaign.path).pool)
        assert check_up(campaign.path).damaged == []
    expected, found = pools
    assert [part.is_lazy for part in found.parts] == [True]
    assert not (found.parts[0].path / "boxes").exists()
    rows = np.arange(36)
    assert found.read(rows).tobytes() == expected.read(rows).tobytes()
    np.testing.assert_array_equal(found.inside_fraction, expected.inside_fraction)


def test_volumes_to_look_at_are_found_again(phantoms: PhantomFiles, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    for path in phantoms.tomograms:
        shutil.copy(path, shown)
    campaign = Campaign.create(tmp_path / "c", make_config(phantoms.classes, "laptop", SETTINGS))
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(campaign.pool_path, phantoms.tomograms, picks, box=8, lazy=True, show=[shown])
    before = campaign.pool.read_shown(np.arange(36))
    shown.rename(tmp_path / "moved")
    with pytest.raises(TomogramError, match=r"the tomogram TS_01 \(to look at\) as before"):
        campaign.pool.read_shown(np.arange(36))
    assert len(relocate(campaign, [tmp_path / "moved"]).found) == 2
    again = Campaign.open(campaign.path).pool
    np.testing.assert_array_equal(again.read_shown(np.arange(36)), before)


def test_add_tells_what_either_choice_takes(
    phantoms: PhantomFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = list(map(str, phantoms.tomograms))
    words = [
        *files,
        "--picks",
        str(phantoms.picks),
        "--tomograms",
        str(phantoms.tomograms_star),
        "--no-check",
    ]
    mega = 36 * 8**3 * 2 / 1e6
    for more, start in (
        (
            [],
            f"boxes take {mega:.3g} MB; with --lazy none, but they are cut anew at each reading (",
        ),
        (
            ["--lazy"],
            f"boxes stay in their tomograms, which are needed from now on: {mega:.3g} MB less, cut "
            "anew at each reading (",
        ),
    ):
        path = tmp_path / f"c{len(more)}"
        Campaign.create(path, make_config(phantoms.classes, "laptop", SETTINGS))
        main(["add", str(path), *words, *more])
        lines = capsys.readouterr().out.splitlines()
        (line,) = [line for line in lines if line.startswith("boxes ")]
        assert line.startswith(start)
        assert line.endswith(" a second here)")
