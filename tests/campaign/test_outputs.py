"""What is written for the user takes the place of nothing but earlier outputs."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.export import export
from cryoal.campaign.outputs import check_output, own_files, require_outside, writing
from cryoal.campaign.predictions import classify
from cryoal.campaign.report import write_report
from cryoal.checks import with_check
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.errors import CampaignError, OutputError
from cryoal.io.picks.read import read_picks
from cryoal.records import write_text
from cryoal.study.outputs import check_folder, remember_report

if TYPE_CHECKING:
    from cryoal.testing.phantoms import PhantomFiles


def write(campaign: Campaign, path: Path, text: str = "ours", *, force: bool = False) -> None:
    with writing(campaign, path, force=force) as file:
        write_text(file, text)


def refused(campaign: Campaign, path: Path, *, force: bool = False) -> str:
    """What is said; and nothing was written."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(OutputError) as said:
        write(campaign, path, force=force)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert "\n" not in str(said.value)
    return str(said.value)


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_written_into_any_campaign(
    campaign: Campaign, tmp_path: Path, force: bool
) -> None:
    other = Campaign.create(tmp_path / "other", make_config(["a", "b"], "laptop", []))
    (tmp_path / "link").symlink_to(campaign.path / "labels")
    (tmp_path / "file.csv").symlink_to(campaign.path / "predictions.csv")
    for path in (
        campaign.path / "campaign.toml",
        campaign.path / "labels" / "ana.jsonl",
        campaign.path / "new" / "deep.csv",
        campaign.path.parent / "x" / ".." / campaign.path.name / "new.csv",
        campaign.path,
        tmp_path / "link" / "ana.jsonl",
        tmp_path / "file.csv",
        other.path / "out.csv",
    ):
        assert "expected a place outside of campaigns" in refused(campaign, path, force=force)
    with pytest.raises(OutputError):
        Campaign.create(campaign.path / "inner", make_config(["a", "b"], "laptop", []))


@pytest.mark.parametrize("force", [False, True])
def test_what_the_boxes_came_from_is_never_replaced(
    phantoms: PhantomFiles, original: Path, tmp_path: Path, force: bool
) -> None:
    campaign = Campaign.open(original)
    hard, soft = tmp_path / "hard.csv", tmp_path / "soft.csv"
    os.link(phantoms.tomograms[0], hard)
    soft.symlink_to(phantoms.picks)
    for path in (*phantoms.tomograms, phantoms.picks, phantoms.tomograms_star, hard, soft):
        assert "the campaign's own input" in refused(campaign, path, force=force)


@pytest.mark.parametrize("is_folder", [False, True])
def test_the_mask_of_a_specimen_is_an_input_too(
    phantoms: PhantomFiles, tmp_path: Path, is_folder: bool
) -> None:
    campaign = Campaign.create(
        tmp_path / "new", make_config(phantoms.classes, "laptop", ["pool.box=8"])
    )
    (tmp_path / "masks").mkdir()
    mask = tmp_path / "masks" / "TS_01.mrc"
    shutil.copy(phantoms.tomograms[0], mask)  # noise is not 0 anywhere
    masks = [mask.parent if is_folder else mask]
    picks, tomograms = read_picks(phantoms.picks), phantoms.tomograms[:1]
    extract(campaign.pool_path, tomograms, picks, box=8, density="black", masks=masks)
    for path in (mask, *phantoms.tomograms[:1]):
        assert "the campaign's own input" in refused(campaign, path, force=True)
    write(campaign, tmp_path / "masks" / "TS_02.mrc")  # of no tomogram that was added


def test_a_pool_that_remembers_no_tomograms_star_is_read(campaign: Campaign) -> None:
    """A part of before: without the field, and without its check, as one changed by hand."""
    about = campaign.pool_path / "part_0000" / "zarr.json"
    tree = json.loads(about.read_text())
    facts = tree["attributes"]["cryoal_pool_part"]
    del facts["source_tomograms"], facts["check"]
    tree["attributes"]["cryoal_pool_part"] = with_check(facts)
    about.write_text(json.dumps(tree))
    assert Campaign.open(campaign.path).pool.parts[0].source_tomograms is None


def test_a_tomogram_that_is_a_folder_takes_no_file(campaign: Campaign, tmp_path: Path) -> None:
    from dataclasses import replace

    store = tmp_path / "TS_01.zarr"
    store.mkdir()
    (record, *rest) = campaign.pool.parts[0].tomograms
    zarr = (replace(record, path=store), *rest)
    campaign.pool.parts = (replace(campaign.pool.parts[0], tomograms=zarr),)
    assert "own input" in refused(campaign, store / "out.csv", force=True)


def test_a_file_of_somebody_elses_is_replaced_by_force_alone(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("weeks of work")
    assert "--force replaces it" in refused(campaign, path)
    write(campaign, path, force=True)
    write(campaign, path, "again")  # it is cryoal's now
    assert path.read_text() == "again"


def test_an_output_that_was_changed_since_is_somebodys_work(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    write(campaign, path, "one")
    write(campaign, path, "two")
    path.write_text("two, corrected by hand")
    assert "changed since" in refused(campaign, path)
    path.unlink()
    write(campaign, path, "three")


def test_the_report_of_another_campaign_is_not_replaced(campaign: Campaign, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    other = Campaign.create(tmp_path / "other", make_config(["a", "b"], "laptop", []))
    write_report(other, path)
    write_report(other, path)
    with pytest.raises(OutputError, match="--force"):
        write_report(campaign, path)
    write_report(campaign, path, force=True)


def test_a_campaign_and_its_outputs_may_be_moved_together(
    campaign: Campaign, tmp_path: Path
) -> None:
    write(campaign, campaign.path.parent / "results" / "out.csv")
    shutil.copytree(campaign.path.parent, tmp_path.parent / "elsewhere", dirs_exist_ok=True)
    moved = Campaign.open(tmp_path.parent / "elsewhere" / campaign.path.name)
    write(moved, moved.path.parent / "results" / "out.csv", "again")


@pytest.mark.parametrize("place", ["cryoal.campaign.outputs.remember", "pathlib.Path.replace"])
def test_what_was_cut_off_while_it_was_written_is_written_again_without_force(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    path = tmp_path / "out.csv"
    write(campaign, path, "first")

    def cut_off(self: object, *more: object) -> None:
        if place.endswith("remember") or more == (path,):
            raise KeyboardInterrupt
        os.replace(self, more[0])  # type: ignore[call-overload]  # noqa: PTH105

    with monkeypatch.context() as cut:
        cut.setattr(place, cut_off)
        with pytest.raises(KeyboardInterrupt):
            write(campaign, path, "second")
    assert path.read_text() == "first"
    write(campaign, path, "second")
    assert path.read_text() == "second"


def test_what_is_no_place_for_a_file_is_said(campaign: Campaign, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "round").symlink_to("round")
    assert "found a folder" in refused(campaign, tmp_path)
    assert "no regular file" in refused(campaign, Path("/dev/null"), force=True)
    assert "found a file at" in refused(campaign, tmp_path / "file" / "out.csv")
    write(campaign, tmp_path / "new" / "deep" / "out.csv")  # folders are made


def test_what_it_was_is_found_before_any_work(campaign: Campaign, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("mine")
    # with a good path both would go on to say that there are no labels to train on
    with pytest.raises(OutputError):
        export(campaign, "csv", path)
    with pytest.raises(OutputError):
        classify(campaign, output=path)
    with pytest.raises(CampaignError):
        export(campaign, "csv", tmp_path / "new.csv")


def test_of_a_damaged_record_nothing_is_believed(campaign: Campaign, tmp_path: Path) -> None:
    path, ledger = tmp_path / "out.csv", campaign.path / "outputs.json"
    for damage in (lambda t: t[:-20], lambda t: t.replace("a", "b"), lambda _: "[]"):
        write(campaign, path, force=True)
        ledger.write_text(damage(ledger.read_text()))
        assert own_files(campaign.path) == {}
        assert "--force" in refused(campaign, path)


def test_a_campaign_that_cannot_be_written_to_has_outputs_too(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "outputs.json")

    class Said(list[str]):
        say = list.append

    said = Said()
    monkeypatch.setattr("cryoal.campaign.outputs.remember", read_only)
    with writing(campaign, tmp_path / "out.csv", progress=said) as file:  # type: ignore[arg-type]
        write_text(file, "ours")
    assert (tmp_path / "out.csv").read_text() == "ours"
    assert len(said) == 1
    assert "taken for a file of yours" in said[0]


def test_a_folder_that_cannot_be_written_to_is_said_before_any_work(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="read-only"):
        check_output(campaign, tmp_path / "out.csv")


def test_a_study_replaces_its_own_report_only(tmp_path: Path) -> None:
    study = tmp_path / "study"
    table = study / "tables" / "accuracy.csv"
    check_folder(study)
    write_text(table, "1")
    with pytest.raises(OutputError):
        check_folder(study)  # a folder of somebody else's
    check_folder(study, force=True)
    (study / "cells").mkdir()
    check_folder(study)  # a study of an older cryoal, which remembered nothing
    remember_report(study, [table])
    write_text(study / "tables" / "mine.csv", "2")
    check_folder(study)
    moved = study.rename(tmp_path / "moved")
    check_folder(moved)
    write_text(moved / "tables" / "accuracy.csv", "1, rounded")
    with pytest.raises(OutputError, match="changed since"):
        check_folder(moved)
    write_text(tmp_path / "file", "")
    with pytest.raises(OutputError, match="found a file"):
        check_folder(tmp_path / "file")


def test_a_study_is_in_no_campaign(campaign: Campaign) -> None:
    with pytest.raises(OutputError):
        check_folder(campaign.path / "study", force=True)
    with pytest.raises(OutputError):
        require_outside(campaign.path)
