"""``cryoal doctor DIR``: everything in a campaign is looked at, and what changed is named."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from cryoal.campaign.audit_draw import draw_audit
from cryoal.campaign.campaign import Campaign
from cryoal.campaign.checkup import check_up
from cryoal.campaign.cycle import select
from cryoal.campaign.predictions import classify
from cryoal.cli import main
from cryoal.config import make_config
from cryoal.data.extract import extract
from cryoal.io.picks.read import read_picks
from tests.conftest import SETTINGS
from tests.data.samples import forbid

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.testing.phantoms import PhantomFiles


@pytest.fixture(scope="module")
def whole(original: Path, truth: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with every kind of file in it."""
    path = tmp_path_factory.mktemp("checkup") / "campaign"
    shutil.copytree(original, path)
    campaign = Campaign.open(path)
    campaign.reserve({str(k): truth[str(k)] for k in campaign.pool.keys[-2:]}, "truth.csv")
    for strategy in ("random", "margin"):
        keys = select(campaign, 10, strategy=strategy).keys()
        campaign.record("ana", [(key, truth[key]) for key in keys])
    drawn = draw_audit(campaign, 5).keys
    campaign.record("ben", [(key, truth[key]) for key in drawn], is_audit=True)
    classify(campaign)
    return path


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "campaign")
    return tmp_path / "campaign"


def flip(path: Path, at: int) -> bytes:
    content = path.read_bytes()
    changed = bytearray(content)
    changed[at] ^= 4
    path.write_bytes(changed)
    return content


def test_a_campaign_as_it_was_written_is_whole(whole: Path) -> None:
    found = check_up(whole)
    assert (found.damaged, found.notes) == ([], [])
    assert found.boxes == 36
    assert found.files > 20
    assert "all as written" in found.lines()[0]


def test_flipped_bits_in_any_file_are_named(copied: Path) -> None:
    silent = []
    files = [p for p in sorted(copied.rglob("*")) if p.is_file() and p.stat().st_size]
    for file in files:
        if file.name in ("campaign.toml", "query.csv") or file.parent.name == "pool.zarr":
            continue  # the user's to edit; a group without attributes
        before = flip(file, file.stat().st_size // 2)
        flip(file, file.stat().st_size // 3)  # some single bits of Zstandard mean nothing
        lines = "\n".join(check_up(copied).damaged)
        if file.relative_to(copied).parts[0] not in lines:
            silent.append(str(file))
        file.write_bytes(before)
    assert silent == []
    assert check_up(copied).damaged == []


def test_changed_boxes_are_counted_by_tomogram_with_how_to_add_them_again(copied: Path) -> None:
    part = Campaign.open(copied).pool.parts[0]
    shard = part.path / "boxes" / "c.0.0.0.0"
    stride = 8**3 * Campaign.open(copied).pool.read([0]).itemsize + 4  # type: ignore[arg-type]
    for row in (3, 5, 20):
        flip(shard, row * stride)
    found = check_up(copied)
    first, second = found.damaged
    (remedy,) = found.to_add_again
    assert found.boxes == 36
    assert first.startswith("2 of 18 boxes of TS_01 in ")
    assert first.endswith("are not as they were written, first 'TS_01/4'")
    assert second.startswith("1 of 18 boxes of TS_02 in ")
    assert remedy.startswith("TS_01, TS_02: restore what is named above from a copy, or move ")
    assert f"cryoal add {copied} {part.tomograms[0].path} {part.tomograms[1].path}" in remedy
    assert f"--picks {part.source_path} --density black" in remedy
    assert f"--tomograms {part.source_tomograms}" in remedy


def test_what_was_said_at_add_is_said_again(tmp_path: Path, phantoms: PhantomFiles) -> None:
    campaign = Campaign.create(tmp_path / "c", make_config(phantoms.classes, "laptop", SETTINGS))
    options: dict[str, Any] = {"source": "ann", "outside": "skip", "min_distance": 9.0}
    picks = read_picks(
        phantoms.picks,
        tomograms=phantoms.tomograms_star,
        format_name="relion5",
        only=[("rlnTomoName", "TS_01")],
    )
    extract(campaign.pool_path, phantoms.tomograms, picks, box=8, **options)
    flip(campaign.pool_path / "part_0000" / "boxes" / "c.0.0.0.0", 0)
    (remedy,) = check_up(campaign.path).to_add_again
    assert "--source ann --format relion5 --only rlnTomoName=TS_01 --outside skip" in remedy
    assert remedy.endswith("--min-distance 9.0")


def test_a_missing_shard_and_a_missing_column_are_both_named(copied: Path) -> None:
    part = copied / "pool.zarr" / "part_0000"
    (part / "boxes" / "c.0.0.0.0").unlink()
    (part / "tomogram" / "c" / "0").unlink()
    lines = check_up(copied).damaged
    assert sum("tomogram/c/0" in line for line in lines) == 1
    assert sum("shard c.0.0.0.0" in line for line in lines) == 1


def test_what_may_not_be_read_is_amiss(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch, copied / "pool.zarr")
    assert any("pool.zarr" in line for line in check_up(copied).damaged)


def test_strays_are_told_and_are_no_damage(copied: Path) -> None:
    shutil.copytree(copied / "cycle_000", copied / "cycle_000 (copy)")
    (copied / "cycle_007").mkdir()
    (copied / "pool.zarr" / "part_0000.bak").mkdir()
    found = check_up(copied)
    assert found.damaged == []
    assert [line.split(f"{copied}/")[1] for line in found.notes] == [
        "pool.zarr/part_0000.bak is no part of the pool by its name",
        "cycle_007 has no query.json and is no cycle",
        "cycle_000 (copy) is no cycle by its name",
    ]


def test_doctor_prints_what_is_amiss_and_ends_with_2(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", str(copied)]) == 0
    assert "all as written" in capsys.readouterr().out
    flip(copied / "cycle_001" / "teacher.safetensors", -1)
    assert main(["doctor", str(copied)]) == 2
    assert "damaged: expected " in capsys.readouterr().out
    assert main(["doctor", str(copied), "--json"]) == 2
    (line,) = json.loads(capsys.readouterr().out)["campaign"]["damaged"]
    assert "cycle_001/teacher.safetensors as it was written" in line
