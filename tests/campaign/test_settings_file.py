from __future__ import annotations

import multiprocessing
import re
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.settings_file import NAME, add_class, read_settings
from cryoal.config import PoolConfig, make_config
from cryoal.errors import ConfigError, LabelError
from cryoal.meanings import meanings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_class_goes_behind_the_others_and_comments_stay(campaign: Campaign) -> None:
    file = campaign.path / NAME
    file.write_text("# ours\n" + file.read_text().replace("seed = 0", "seed = 0 # lucky"))
    config = add_class(campaign.path, "double ring")
    assert config.classes == (*campaign.config.classes, "double ring")
    assert "# ours" in file.read_text()
    assert "seed = 0 # lucky" in file.read_text()
    again = Campaign.open(campaign.path)
    assert again.config == config
    assert again.identity == campaign.identity


def test_a_class_that_is_there_is_not_added_twice(campaign: Campaign) -> None:
    before = (campaign.path / NAME).read_bytes()
    assert add_class(campaign.path, "ring") == campaign.config
    assert (campaign.path / NAME).read_bytes() == before


def test_every_setting_stands_below_what_it_is(campaign: Campaign) -> None:
    lines = (campaign.path / NAME).read_text().splitlines()
    settings = [n for n, line in enumerate(lines) if re.match(r"[a-z_]+ = ", line)]
    told = [n for n in settings if lines[n].split()[0] not in ("format", "id")]
    assert len(told) == len(settings) - 2 > 40
    assert all(lines[n - 1].startswith("# ") for n in told)
    edge = lines.index("box = 8")
    assert lines[edge - 1] == "# " + {m.name: m.text for m in meanings(PoolConfig)}["box"]
    assert lines[lines.index("[pool]") - 1] == "# How boxes are cut."
    assert "# One of attention, attention-code, mse, l1, kl. L_trans" in "\n".join(lines)
    assert max(map(len, lines)) < 100


def test_a_new_class_leaves_the_comments_of_init(campaign: Campaign) -> None:
    file = campaign.path / NAME
    before = file.read_text()
    add_class(campaign.path, "double ring")
    assert [line for line in file.read_text().splitlines() if line.startswith("#")] == [
        line for line in before.splitlines() if line.startswith("#")
    ]


@pytest.mark.parametrize("name", ["", " ring", "a,b", "a\nb"])
def test_what_cannot_be_a_class_changes_nothing(campaign: Campaign, name: str) -> None:
    before = (campaign.path / NAME).read_bytes()
    with pytest.raises(ConfigError, match="expected classes printable names"):
        add_class(campaign.path, name)
    assert (campaign.path / NAME).read_bytes() == before


def _add(folder: Path, who: str) -> None:
    for i in range(5):
        add_class(folder, f"{who}{i}")


def test_two_processes_add_their_classes_without_losing_any(campaign: Campaign) -> None:
    context = multiprocessing.get_context("spawn")
    adders = [context.Process(target=_add, args=(campaign.path, who)) for who in "ab"]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()
        assert adder.exitcode == 0
    config, _ = read_settings(campaign.path)
    added = config.classes[len(campaign.config.classes) :]
    assert sorted(added) == sorted(f"{who}{i}" for who in "ab" for i in range(5))


def test_every_campaign_has_an_id_of_its_own(campaign: Campaign, tmp_path: Path) -> None:
    other = Campaign.create(tmp_path / "other", campaign.config)
    assert other.identity != campaign.identity
    assert Campaign.open(other.path).identity == other.identity


def test_a_campaign_from_before_there_were_ids_is_opened(campaign: Campaign) -> None:
    file = campaign.path / NAME
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("id = ")))
    assert Campaign.open(campaign.path).identity is None


def test_answers_follow_a_class_to_its_new_name(campaign: Campaign) -> None:
    key = campaign.pool.keys[0]
    campaign.record("ana", [(key, "ring")])
    file = campaign.path / NAME
    renamed = file.read_text().replace('"ring"', '"torus"', 1)
    file.write_text(renamed)
    with pytest.raises(LabelError, match=r"found 'ring' in .*labels: .*renamed = \[\"ring = "):
        Campaign.open(campaign.path).training_labels()
    file.write_text(renamed.replace("renamed = []", 'renamed = ["ring = torus"]'))
    assert Campaign.open(campaign.path).training_labels() == {key: "torus"}
    assert Campaign.open(campaign.path).record("ana", [(key, "torus")]) == 0  # no news


@pytest.mark.parametrize(
    ("renamed", "message"),
    [
        ("ring", "'old = new', found 'ring'"),
        ("hoop = torus", "with a class as new, found 'torus'"),
        ("ring = rod", "with no class as old, found 'ring'"),
    ],
)
def test_a_renaming_that_makes_no_sense_is_refused(
    campaign: Campaign, renamed: str, message: str
) -> None:
    file = campaign.path / NAME
    file.write_text(file.read_text().replace("renamed = []", f'renamed = ["{renamed}"]'))
    with pytest.raises(ConfigError, match=message):
        Campaign.open(campaign.path)


def test_no_class_is_called_none(campaign: Campaign, tmp_path: Path) -> None:
    for name in ("None", "none", "NONE"):
        config = make_config(["ring", name])
        with pytest.raises(ConfigError, match="another name than None, which exports write for no"):
            Campaign.create(tmp_path / "new", config)
    assert not (tmp_path / "new").exists()
    add_class(campaign.path, "None")  # a saved review of before keeps its answers
    assert Campaign.open(campaign.path).config.classes[-1] == "None"
