from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.config import make_config
from cryoal.errors import (
    CampaignBusyError,
    CampaignError,
    CampaignVersionError,
    ConfigError,
    LabelError,
    NotACampaignError,
    UnknownKeyError,
)

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = make_config(["a", "b"])


def test_a_campaign_opens_with_the_config_it_was_made_with(tmp_path: Path) -> None:
    Campaign.create(tmp_path / "c", CONFIG)
    assert Campaign.open(tmp_path / "c").config == CONFIG


def test_an_occupied_directory_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(CampaignError, match="a new or an empty directory, found something in"):
        Campaign.create(tmp_path, CONFIG)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_directory_that_is_no_campaign_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotACampaignError, match=r"found no .*campaign\.toml"):
        Campaign.open(tmp_path)


def test_a_campaign_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    file = Campaign.create(tmp_path / "c", CONFIG).path / "campaign.toml"
    file.write_text(file.read_text().replace("format = 1", "format = 2"))
    with pytest.raises(CampaignVersionError, match=r"expected format 1 or older in .*, found 2"):
        Campaign.open(tmp_path / "c")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("format = 1\n[[", NotACampaignError),
        ("seed = 1", NotACampaignError),
        ("", NotACampaignError),
    ],
)
def test_a_damaged_config_is_named(tmp_path: Path, text: str, error: type[Exception]) -> None:
    (tmp_path / "campaign.toml").write_text(text)
    with pytest.raises(error, match=r"campaign\.toml"):
        Campaign.open(tmp_path)


def test_an_edited_config_is_checked_again(tmp_path: Path) -> None:
    file = Campaign.create(tmp_path / "c", CONFIG).path / "campaign.toml"
    file.write_text(file.read_text().replace("box = 32", "box = 31"))
    with pytest.raises(ConfigError, match=r"campaign\.toml: expected pool\.box an even number"):
        Campaign.open(tmp_path / "c")


HOLD = """
import sys, time
from pathlib import Path
from cryoal.campaign import Campaign
with Campaign.open(Path(sys.argv[1])).busy("select"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_cannot_hold_one_campaign_and_a_killed_one_holds_nothing(
    tmp_path: Path,
) -> None:
    campaign = Campaign.create(tmp_path / "c", CONFIG)
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(campaign.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        message = f"held by 'cryoal select' \\(process {other.pid} on "
        with pytest.raises(CampaignBusyError, match=message), campaign.busy("add"):
            pass
        other.kill()
    with campaign.busy("add"):
        pass
    assert not (campaign.path / ".lock.json").exists()


def test_answers_about_other_keys_are_refused_whole(campaign: Campaign) -> None:
    key = str(campaign.pool.keys[0])
    with pytest.raises(UnknownKeyError, match=r"'TS_99/1'.*nothing was recorded"):
        campaign.record("ann", [(key, "rod"), ("TS_99/1", "rod")])
    assert campaign.labels.answers() == []


def test_test_keys_are_never_labelled_nor_trained_on(campaign: Campaign) -> None:
    first, second = map(str, campaign.pool.keys[:2])
    campaign.reserve({first: "rod"}, "test.csv")
    with pytest.raises(LabelError, match="found 1 about test keys"):
        campaign.record("ann", [(first, "rod"), (second, "ring")])
    campaign.labels.record("ann", [(first, "rod"), (second, "ring")])  # behind the campaign's back
    assert campaign.training_labels() == {second: "ring"}


def test_labelled_keys_cannot_become_test_keys(campaign: Campaign) -> None:
    first, second = map(str, campaign.pool.keys[:2])
    campaign.record("ann", [(first, "rod")])
    with pytest.raises(CampaignError, match="nobody was asked about, found 1 that were"):
        campaign.reserve({first: "rod", second: "ring"}, "test.csv")
    campaign.reserve({second: "ring"}, "test.csv")
    campaign.reserve({second: "ring"}, "test.csv")  # again, the same: nothing to say
    with pytest.raises(CampaignError, match="expected the 1 test labels already in"):
        campaign.reserve({str(campaign.pool.keys[2]): "ring"}, "other.csv")


def test_disputed_keys_are_kept_out_of_training(campaign: Campaign) -> None:
    first, second = map(str, campaign.pool.keys[:2])
    campaign.record("ann", [(first, "rod"), (second, "rod")])
    campaign.record("bob", [(first, "ring")])
    assert campaign.training_labels() == {second: "rod"}
    campaign.record("bob", [(first, "ring")], settles=True)
    assert campaign.training_labels() == {first: "ring", second: "rod"}


def test_keys_that_were_asked_cannot_become_test_keys(campaign: Campaign) -> None:
    from cryoal.campaign.cycle import select

    (asked,) = select(campaign, 1).keys()
    with pytest.raises(CampaignError, match="nobody was asked about, found 1 that were"):
        campaign.reserve({asked: "rod"}, "test.csv")
    assert campaign.test_labels() == {}


def test_a_box_size_edited_after_the_fact_is_refused(campaign: Campaign) -> None:
    file = campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace("box = 8", "box = 16"))
    with pytest.raises(ConfigError, match=r"expected pool\.box 8 in .*, found 16"):
        _ = Campaign.open(campaign.path).pool


def test_names_are_checked_before_anything_depends_on_them() -> None:
    from cryoal.campaign.campaign import check_names
    from cryoal.errors import UnknownNameError

    check_names(CONFIG)
    for setting in ("query.strategy=marjin", "model.teacher=resnet8", "model.student=x"):
        with pytest.raises(UnknownNameError, match="no "):
            check_names(make_config(["a", "b"], settings=[setting]))
