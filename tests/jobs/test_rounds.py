"""Which commands go on from where a campaign stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.campaign import Campaign
from cryoal.config import make_config
from cryoal.jobs.rounds import next_steps

if TYPE_CHECKING:
    from pathlib import Path


def by_name(campaign: Campaign) -> dict[str, tuple[tuple[str, ...], str | None]]:
    return {step.name: (step.arguments, step.why_not) for step in next_steps(campaign)}


def test_an_empty_campaign_wants_boxes_first(tmp_path: Path) -> None:
    campaign = Campaign.create(tmp_path / "new", make_config(["a", "b"], "laptop", []))
    assert {why_not for _, why_not in by_name(campaign).values()} == {
        f"expected boxes in {campaign.typed}, found none: add tomograms and picks first"
    }


def test_without_labels_a_query_can_be_made_and_nothing_classified(campaign: Campaign) -> None:
    steps = by_name(campaign)
    assert steps["select"] == (("select", "-n", "36"), None)  # 40, of which 36 are there
    assert steps["audit"] == (("audit", "-n", "36"), None)
    assert str(steps["classify"][1]).startswith("expected labels of at least two classes")
    assert steps["export"][1] == steps["classify"][1]


def test_a_query_without_an_answer_comes_first(
    campaign: Campaign, asked: list[str], truth: dict[str, str]
) -> None:
    assert "expected some answers to the 30 boxes" in str(by_name(campaign)["select"][1])
    campaign.record("ann", [(key, truth[key]) for key in asked])
    steps = by_name(campaign)
    # as many as the last query, of those that are left
    assert steps["select"] == (("select", "-n", "6"), None)
    assert steps["classify"] == (("classify",), None)
    assert steps["export"] == (("export",), None)
    export = next_steps(campaign)[-1]
    assert export.asks == ("--to", "--output")
    assert export.command(campaign) == f"cryoal export {campaign.typed} --to FORMAT --output FILE"
    refused = next_steps(campaign, 7)[0]
    assert "expected at most 6 boxes to ask for" in str(refused.why_not)


def test_an_open_audit_is_answered_before_another_is_drawn(
    campaign: Campaign, asked: list[str]
) -> None:
    from cryoal.campaign.audit_ready import ready_audit

    ready_audit(campaign, 3)
    assert by_name(campaign)["audit"][1] == (
        "3 boxes of the audit have no answer yet: review the queue 'audit'"
    )
