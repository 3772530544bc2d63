"""``cryoal classify``: the whole pool."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory, Force, Scheduler
from cryoal.cli.company import Devices, company_of, held
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign

__all__ = ["classify"]


def classify(
    directory: Directory,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also write the predictions here.")
    ] = None,
    force: Force = False,
    train: Annotated[
        bool, typer.Option("--train", help="Train a pair too, and use it if the labels say so.")
    ] = False,
    scheduler: Scheduler = None,
    devices: Devices = None,
    as_json: AsJson = False,
) -> None:
    """Classify the whole pool. With probabilities."""
    from cryoal.campaign.assess import assess
    from cryoal.campaign.assess_told import said_of_assessment
    from cryoal.campaign.decisions import WITHOUT_CLASS
    from cryoal.campaign.none_of_these import said_of_novel
    from cryoal.campaign.open_classes import said_of_open_classes
    from cryoal.campaign.predictions import classify as classify_pool
    from cryoal.campaign.predictions import read_predictions
    from cryoal.campaign.told import called
    from cryoal.campaign.trust import said_of_trust
    from cryoal.cli.terminal import Terminal, print_json
    from cryoal.cli.working import working

    with (
        company_of(devices) as company,
        held(directory, "classify", company) as campaign,
        working(campaign, scheduler, Terminal()) as progress,
    ):
        summary = classify_pool(
            campaign, output=output, force=force, train=train, progress=progress
        )
    assessed = assess(campaign)
    if as_json:
        audit = None if assessed is None else assessed.as_json()
        print_json({**asdict(summary), "audit": audit})
        return
    print(
        f"{how_many(summary.n, 'box')} classified by {called(summary.classifier)} after "
        f"{how_many(summary.n_labelled, 'label')}{_and_earlier(campaign)}: {summary.path}"
    )
    for name, count in summary.counts.items():
        print(f"  {name}: {count}")
    without = {who: summary.decided_by[who] for who in WITHOUT_CLASS}
    without = {who: n for who, n in without.items() if n or who != "novel"}
    if any(without.values()):
        said = ", ".join(f"{n} {who}" for who, n in without.items())
        print(f"  no class: {sum(without.values())} ({said})")
    for line in said_of_open_classes(campaign, campaign.training_labels()):
        print(line)
    for line in said_of_trust(campaign, summary.trust):
        print(line)
    for line in said_of_assessment(assessed) if assessed is not None else ():
        print(line)
    for line in said_of_novel(campaign, campaign.standing(), read_predictions(campaign)):
        print(line)


def _and_earlier(campaign: Campaign) -> str:
    """Words on the labels of another campaign, where the classifier learnt from some."""
    from cryoal.campaign.kept import kept_report

    told = (kept_report(campaign) or {}).get("classifier") or {}
    earlier = told.get("earlier")
    return f" and {earlier['labels']} of an earlier campaign" if earlier else ""
