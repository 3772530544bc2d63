"""``status`` says beforehand what ``select`` would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cryoal.campaign import Campaign
from cryoal.campaign.cycle import select
from cryoal.campaign.status import describe
from cryoal.errors import CryoALError
from tests.campaign.report.samples import write_cycle

if TYPE_CHECKING:
    from collections.abc import Callable


def nothing_answered(campaign: Campaign, truth: dict[str, str]) -> None:
    write_cycle(campaign, 0, [(key, "ring") for key in campaign.pool.keys[:8]])


def a_class_that_is_gone(campaign: Campaign, truth: dict[str, str]) -> None:
    campaign.record("ann", list(truth.items())[:20])
    file = campaign.path / "campaign.toml"
    file.write_text(file.read_text().replace('"ring"', '"torus"'))


def all_answered(campaign: Campaign, truth: dict[str, str]) -> None:
    campaign.record("ann", list(truth.items()))


def edit(campaign: Campaign, old: str, new: str) -> None:
    file = campaign.path / "campaign.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def a_strategy_that_is_none(campaign: Campaign, truth: dict[str, str]) -> None:
    edit(campaign, 'strategy = "knowledge-transfer"', 'strategy = "margn"')


def a_first_strategy_that_is_none(campaign: Campaign, truth: dict[str, str]) -> None:
    edit(campaign, 'first = "random"', 'first = "randon"')


def a_first_strategy_that_cannot_be_first(campaign: Campaign, truth: dict[str, str]) -> None:
    edit(campaign, 'first = "random"', 'first = "entropy"')


def a_way_of_pretraining_that_is_none(campaign: Campaign, truth: dict[str, str]) -> None:
    edit(campaign, 'use = "pair"', 'use = "heads"')
    edit(campaign, 'method = "vicreg"', 'method = "contrast"')


@pytest.mark.parametrize(
    "happened",
    [
        nothing_answered,
        a_class_that_is_gone,
        all_answered,
        a_strategy_that_is_none,
        a_first_strategy_that_is_none,
        a_first_strategy_that_cannot_be_first,
        a_way_of_pretraining_that_is_none,
    ],
)
def test_what_select_would_refuse_is_said_in_its_own_words(
    campaign: Campaign,
    truth: dict[str, str],
    happened: Callable[[Campaign, dict[str, str]], None],
) -> None:
    assert describe(campaign).refused == ""
    happened(campaign, truth)
    campaign = Campaign.open(campaign.path)
    with pytest.raises(CryoALError) as refusal:
        select(campaign, 1)
    state = describe(campaign)
    assert state.refused == str(refusal.value)
    assert f"select    would be refused: {refusal.value}" in state.lines()
    assert not (campaign.path / "model").exists()  # it was refused before any training


def test_no_more_boxes_are_proposed_than_are_left(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    assert describe(campaign).next.endswith("-n 36")
    keys = list(truth)
    write_cycle(campaign, 0, [(key, truth[key]) for key in keys[:30]])
    campaign.record("ann", [(key, truth[key]) for key in keys[:30]])
    assert " -n 6, or " in describe(campaign).next
    with pytest.raises(CryoALError, match="expected at most 6 boxes"):
        select(campaign, 7)
    assert not (campaign.path / "model").exists()
    campaign.record("ann", [(key, truth[key]) for key in keys])
    assert describe(campaign).next.startswith("nothing is left to ask: cryoal export")


def test_a_name_that_is_none_is_refused_with_the_setting_and_the_file(campaign: Campaign) -> None:
    a_first_strategy_that_is_none(campaign, {})
    refused = describe(Campaign.open(campaign.path)).refused
    file = campaign.path / "campaign.toml"
    assert refused == f"query.first in {file}: no strategy called 'randon'; did you mean 'random'?"


def test_a_name_that_is_not_needed_stops_nobody(campaign: Campaign, truth: dict[str, str]) -> None:
    campaign.record("ann", [(key, truth[key]) for key in list(truth)[:8]])
    a_first_strategy_that_is_none(campaign, truth)
    assert describe(Campaign.open(campaign.path)).refused == ""
    a_strategy_that_is_none(campaign, truth)
    assert len(select(Campaign.open(campaign.path), 1, strategy="random").asked) == 1


def test_a_class_without_a_label_is_named(campaign: Campaign, truth: dict[str, str]) -> None:
    assert not [line for line in describe(campaign).hints if "no label yet" in line]
    two = [(key, name) for key, name in truth.items() if name != "rod"]
    campaign.record("ann", two[:9])
    assert [h for h in describe(campaign).hints if h.startswith("no label yet: rod; its boxes")]
