"""A campaign, or its tomograms, were moved."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import mrcfile
import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.checkup import check_up
from cryoal.campaign.outputs import check_output
from cryoal.campaign.relocate import relocate
from cryoal.cli import main
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.errors import OutputError, PoolError, TomogramError
from cryoal.io.picks.read import read_picks
from cryoal.review.context import surroundings
from tests.conftest import SETTINGS

if TYPE_CHECKING:
    from cryoal.testing.phantoms import PhantomFiles


@pytest.fixture
def moved(phantoms: PhantomFiles, tmp_path: Path) -> Campaign:
    """A campaign whose tomograms went from ``old/`` to ``new/deep/er/``."""
    old = tmp_path / "old"
    old.mkdir()
    files = [Path(shutil.copy(path, old)) for path in phantoms.tomograms]
    campaign = Campaign.create(
        tmp_path / "my ribo", make_config(phantoms.classes, "laptop", SETTINGS)
    )
    picks = read_picks(phantoms.picks, tomograms=phantoms.tomograms_star)
    extract(campaign.pool_path, files, picks, box=8)
    (tmp_path / "new" / "deep").mkdir(parents=True)
    old.rename(tmp_path / "new" / "deep" / "er")
    return Campaign.open(campaign.path)


def again(campaign: Campaign) -> Campaign:
    return Campaign.open(campaign.path)


def notes(campaign: Campaign) -> list[str]:
    """What is said when both tomograms are looked at."""
    campaign = again(campaign)
    found, said = surroundings(campaign, [0, len(campaign.pool) - 1])
    assert len(found) + len(said) == 2
    return said


def without_digests(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an older cryoal had added the tomograms."""
    from cryoal.data.tomogram_record import TomogramRecord

    read = TomogramRecord.from_json.__func__  # type: ignore[attr-defined]
    monkeypatch.setattr(
        TomogramRecord,
        "from_json",
        classmethod(lambda cls, value: replace(read(cls, value), file=None)),
    )


def test_tomograms_are_found_by_name_and_everybody_reads_them_there(
    moved: Campaign, tmp_path: Path
) -> None:
    here = tmp_path / "new" / "deep" / "er"
    assert len(notes(moved)) == 2
    told = relocate(moved, [tmp_path / "new"])
    assert told.found == [(f"TS_0{n}", here / f"TS_0{n}.mrc") for n in (1, 2)]
    assert (told.there, told.missing, told.refused) == ([], [], [])
    assert notes(moved) == []
    campaign = again(moved)
    assert [record.path.parent for record in campaign.pool.tomograms] == [here, here]
    with pytest.raises(OutputError, match="own input"):
        check_output(campaign, here / "TS_01.mrc", force=True)
    assert relocate(campaign, [tmp_path]).there == ["TS_01", "TS_02"]
    assert check_up(campaign.path).damaged == []


def test_a_line_says_what_to_type(moved: Campaign) -> None:
    said = f"; if it has moved: cryoal relocate '{moved.path}' FOLDER; the review goes on without"
    assert all(said in line and "found no file" in line for line in notes(moved))


def test_the_parts_stay_as_they_are(moved: Campaign, tmp_path: Path) -> None:
    def content() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in moved.pool_path.rglob("*") if p.is_file()}

    before = content()
    relocate(moved, [tmp_path / "new"])
    assert content() == before


def test_another_tomogram_is_refused_by_name_and_the_rest_is_taken(
    moved: Campaign, tmp_path: Path
) -> None:
    here = tmp_path / "new" / "deep" / "er"
    with mrcfile.open(here / "TS_02.mrc", "r+") as file:
        file.data[:] = file.data[::-1].copy()
    told = relocate(moved, [tmp_path / "new"])
    assert told.found == [("TS_01", here / "TS_01.mrc")]
    assert told.missing == [("TS_02", tmp_path / "old" / "TS_02.mrc")]
    (line,) = told.refused
    assert "TS_02" in line
    assert "another one of the same shape" in line
    assert str(here / "TS_02.mrc") in line
    assert len(notes(moved)) == 1
    shutil.copy(here / "TS_01.mrc", tmp_path / "unlike.mrc")
    assert relocate(again(moved), [tmp_path / "unlike.mrc"]).found == []


def test_another_tomogram_in_the_old_place_is_not_taken_for_it(
    moved: Campaign, tmp_path: Path
) -> None:
    here, old = tmp_path / "new" / "deep" / "er", tmp_path / "old"
    old.mkdir()
    shutil.copy(here / "TS_01.mrc", old / "TS_02.mrc")
    (said, _) = sorted(notes(moved), key=len, reverse=True)
    assert "another one of the same shape" in said
    assert "if it has moved: cryoal relocate" in said
    assert len(relocate(moved, [tmp_path / "new"]).found) == 2
    assert notes(moved) == []


def test_a_renamed_tomogram_is_taken_when_it_is_given(moved: Campaign, tmp_path: Path) -> None:
    here = tmp_path / "new" / "deep" / "er"
    files = [(here / f"TS_0{n}.mrc").rename(here / f"{n}.rec") for n in (1, 2)]
    assert len(relocate(moved, [here]).missing) == 2
    told = relocate(again(moved), files[::-1])
    assert told.found == [("TS_01", files[0]), ("TS_02", files[1])]


def test_files_of_one_name_are_told_apart_by_what_is_in_them(
    phantoms: PhantomFiles, tmp_path: Path
) -> None:
    """A folder for each series, as copick and others have it."""
    campaign = Campaign.create(tmp_path / "ribo", make_config(phantoms.classes, "laptop", SETTINGS))
    for number, path in enumerate(phantoms.tomograms):
        place = tmp_path / "old" / f"run{number}" / "wbp.mrc"
        place.parent.mkdir(parents=True)
        shutil.copy(path, place)
        picks = read_picks(phantoms.picks)
        named = {picks.names()[number]: place}
        extract(campaign.pool_path, [], picks, box=8, named=named)
    new = tmp_path / "new"
    shutil.copytree(tmp_path / "old" / "run0", new / "x" / "run1")  # exchanged
    shutil.copytree(tmp_path / "old" / "run1", new / "x" / "run0")
    shutil.rmtree(tmp_path / "old")
    told = relocate(campaign, [new])
    assert [path.parent.name for _, path in told.found] == ["run1", "run0"]
    assert told.refused == []


def test_picks_added_from_the_new_place_are_of_the_same_tomogram(
    moved: Campaign, phantoms: PhantomFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_digests(moved, monkeypatch)
    relocate(moved, [tmp_path / "new"])
    path = tmp_path / "more.csv"
    path.write_text("key,tomogram,x,y,z\na,TS_01,20,20,16\n")
    from cryoal.data.given import Slab

    file = tmp_path / "new" / "deep" / "er" / "TS_01.mrc"
    extract(moved.pool_path, [file], read_picks(path), box=8, slab=Slab(0, 4))
    first, _, last = again(moved).pool.tomograms
    assert (last.center, last.scale) == (first.center, first.scale)


def test_without_a_digest_two_files_of_one_name_are_a_question(
    moved: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_digests(moved, monkeypatch)
    shutil.copytree(tmp_path / "new" / "deep" / "er", tmp_path / "new" / "b")
    told = relocate(moved, [tmp_path / "new"])
    assert told.found == []
    assert "expected one file for TS_01" in told.refused[0]
    assert len(relocate(moved, [tmp_path / "new" / "b"]).found) == 2


@pytest.mark.parametrize("is_campaign_alone", [False, True])
def test_a_campaign_that_is_moved_again_still_knows(
    moved: Campaign, tmp_path: Path, is_campaign_alone: bool
) -> None:
    relocate(moved, [tmp_path / "new"])
    there = tmp_path / "disk" / "project"
    there.mkdir(parents=True)
    for name in ("my ribo",) if is_campaign_alone else ("my ribo", "new"):
        (tmp_path / name).rename(there / name)
    assert notes(Campaign.open(there / "my ribo")) == []


def test_tomograms_that_are_back_are_read_where_they_were(moved: Campaign, tmp_path: Path) -> None:
    relocate(moved, [tmp_path / "new"])
    (tmp_path / "new" / "deep" / "er").rename(tmp_path / "old")
    assert notes(moved) == []


def test_zarrs_and_circles_are_not_walked_through(moved: Campaign, tmp_path: Path) -> None:
    new = tmp_path / "new"
    (new / "deep" / "round").symlink_to(new)
    (new / "a.zarr").mkdir()
    (new / "a.zarr" / "zarr.json").write_text("{}")
    shutil.copy(new / "deep" / "er" / "TS_01.mrc", new / "a.zarr" / "TS_01.mrc")
    found = [path for _, path in relocate(moved, [new]).found]
    assert found == [new / "deep" / "er" / f"TS_0{n}.mrc" for n in (1, 2)]


def test_what_cannot_be_listed_is_said(
    moved: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.data.samples import forbid

    forbid(monkeypatch, tmp_path / "new" / "deep")
    told = relocate(moved, [tmp_path / "new"])
    assert len(told.missing) == 2
    assert told.refused == [f"{tmp_path / 'new' / 'deep'} cannot be read: Permission denied"]


def test_places_that_are_not_there_or_damaged_are_said(moved: Campaign, tmp_path: Path) -> None:
    with pytest.raises(TomogramError, match="found nothing at"):
        relocate(moved, [tmp_path / "nowhere"])
    relocate(moved, [tmp_path / "new"])
    file = moved.path / "tomograms.json"
    whole = file.read_text()
    for damage in (whole.replace("TS_01", "TS_91"), whole[:-9], "{}", '{"moved": [3]}'):
        file.write_text(damage)
        with pytest.raises(PoolError, match=r"tomograms\.json"):
            _ = again(moved).pool
        assert any("tomograms.json" in line for line in check_up(moved.path).damaged)


def test_the_command_ends_with_2_until_all_are_found(
    moved: Campaign, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "new" / "deep" / "er"
    (here / "TS_02.mrc").rename(tmp_path / "aside")
    assert main(["relocate", "my ribo", "new"]) == 2
    told = capsys.readouterr()
    assert f"found: TS_01 is {here / 'TS_01.mrc'}" in told.out
    assert f"missing: TS_02, which was {tmp_path / 'old' / 'TS_02.mrc'}" in told.out
    assert told.err.splitlines() == [
        "cryoal: expected all 2 tomograms, 1 are still missing (TS_02); "
        "the 1 that were found are recorded"
    ]
    (tmp_path / "aside").rename(here / "TS_02.mrc")
    assert main(["relocate", "my ribo", "new", "--json"]) == 0
    told_json = json.loads(capsys.readouterr().out)
    assert told_json["there"] == ["TS_01"]
    assert told_json["found"] == [{"tomogram": "TS_02", "path": str(here / "TS_02.mrc")}]
