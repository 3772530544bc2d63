"""``cryoal audit``: boxes drawn at random, to know how good the classifier is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.cli.arguments import AsJson, Directory
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.campaign.audit import AuditNow
    from cryoal.campaign.campaign import Campaign
    from cryoal.records import Json

__all__ = ["audit"]


def audit(
    directory: Directory,
    n: Annotated[
        int | None, typer.Option("-n", min=1, help="Boxes to draw, beside those drawn before.")
    ] = None,
    stratify: Annotated[
        bool, typer.Option("--stratify", help="Draw from each predicted class.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="In place of the config's.", min=0)] = None,
    give: Annotated[
        bool,
        typer.Option("--give", help="Train on the finished audit from now on: it ends with that."),
    ] = False,
    by_tomogram: Annotated[
        bool,
        typer.Option("--by-tomogram", help="How heads do on a tomogram without labels of its own."),
    ] = False,
    at: Annotated[
        float | None,
        typer.Option(
            metavar="P", help="What goes out of each class from this probability on.", min=0, max=1
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw boxes at random to know how good the classes are. Without -n: how the audit stands."""
    from cryoal.campaign.campaign import Campaign

    if give and (n is not None or stratify):
        raise typer.BadParameter("expected --give or a draw, found both")
    if n is None and (stratify or seed is not None):
        raise typer.BadParameter("expected -n with --stratify and --seed, found none")
    if by_tomogram and (give or n is not None):
        raise typer.BadParameter("expected --by-tomogram, or a draw, or --give, found two of them")
    if at is not None and (by_tomogram or give or n is not None):
        raise typer.BadParameter("expected --at alone, found it with a draw or another question")
    campaign = Campaign.open(directory)
    facts: Json
    if by_tomogram:
        facts = _by_tomogram(campaign, is_said=not as_json)
    elif give:
        facts = _give(campaign, is_said=not as_json)
    elif at is not None:
        facts = _at(campaign, at, is_said=not as_json)
    elif n is not None:
        facts = _draw(campaign, n, stratify=stratify, seed=seed, is_said=not as_json)
    else:
        facts = _stands(campaign, is_said=not as_json)
    if as_json:
        from cryoal.cli.terminal import print_json

        print_json(facts)


def _draw(
    campaign: Campaign, n: int, *, stratify: bool, seed: int | None, is_said: bool
) -> dict[str, Json]:
    from cryoal.campaign.audit import audit_now
    from cryoal.campaign.audit_draw import draw_audit
    from cryoal.campaign.audit_next import said_of_audit
    from cryoal.campaign.audit_sheet import SHEET, require_taken_in, write_sheet
    from cryoal.campaign.ways import ways_to_label
    from cryoal.cli.terminal import Terminal

    with campaign.busy("audit"):
        require_taken_in(campaign)
        draw = draw_audit(campaign, n, stratify=stratify, seed=seed, progress=Terminal())
        write_sheet(campaign)
    now = audit_now(campaign)
    assert now is not None
    if is_said:
        print(f"audit: {how_many(n, 'box')} drawn, {draw.how}")
        for line in said_of_audit(now):
            print(f"  {line}")
        sheet = campaign.typed / SHEET
        for line in ways_to_label(campaign.typed, sheet, "--queue", "audit"):
            print(line)
    return {
        "draw": draw.number,
        "how": draw.how,
        "seed": draw.seed,
        "keys": draw.keys,
        "strata": _strata(now),
    }


def _give(campaign: Campaign, *, is_said: bool) -> dict[str, Json]:
    from cryoal.campaign.audit_draw import give_audit
    from cryoal.commands import command

    with campaign.busy("audit"):
        keys = give_audit(campaign)
    if is_said:
        print(
            f"{how_many(len(keys), 'box of the audit is', 'boxes of the audit are')} trained on "
            "from now on; the audit says nothing any more"
        )
        print(f"  draw another: {command('audit', campaign.typed, '-n', len(keys))}")
    return {"given": keys}


def _by_tomogram(campaign: Campaign, *, is_said: bool) -> Json:
    from cryoal.campaign.by_tomogram import by_tomogram
    from cryoal.cli.terminal import Terminal

    with campaign.busy("audit", may_only_read=True):  # boxes may have to be described first
        found = by_tomogram(campaign, progress=Terminal())
    if is_said:
        for line in found.lines():
            print(line)
    return found.as_json()


def _at(campaign: Campaign, p: float, *, is_said: bool) -> dict[str, Json]:
    from cryoal.campaign.assess_told import share_said
    from cryoal.campaign.overview import overview
    from cryoal.campaign.threshold import Thresholds

    found = Thresholds(campaign, overview(campaign))
    sides = [found.at(name, p) for name in campaign.config.classes]
    if is_said:
        print(f"from probability {p:g} on")
        width = max(len(side.class_name) for side in sides)
        for side in sides:
            line = (
                f"  {side.class_name:<{width}}  {how_many(side.n_kept, 'box')} and "
                f"{side.n_labelled} of experts, {side.n_left} left"
            )
            if side.precision is not None and side.recall is not None:
                line += f"; precision {share_said(side.precision)}"
                line += f"; recall {share_said(side.recall)}"
            print(line)
        if sides and sides[0].why_not:
            print(f"how many of them are right is unknown: {sides[0].why_not}")
    return {"at": [side.as_json() for side in sides]}


def _stands(campaign: Campaign, *, is_said: bool) -> dict[str, Json]:
    from cryoal.campaign.assess import assess
    from cryoal.campaign.assess_told import said_of_assessment
    from cryoal.campaign.audit import audit_now
    from cryoal.campaign.audit_next import said_of_audit, what_to_do
    from cryoal.campaign.audit_sheet import SHEET, write_sheet
    from cryoal.commands import command

    now = audit_now(campaign)
    if now is None:
        if is_said:
            print(f"no audit yet: {command('audit', campaign.typed, '-n', 60)}")
        return {"drawn": 0}
    if now.open and not campaign.is_read_only and not (campaign.path / SHEET).exists():
        write_sheet(campaign)  # whoever drew was stopped before it, or it was moved away
    found = assess(campaign)
    if is_said:
        for line in said_of_audit(now):
            print(line)
        if found is not None:
            for line in said_of_assessment(found)[1:]:
                print(line)
        if waits := what_to_do(campaign):
            print(waits)
    return {
        "drawn": len(now.keys),
        "says": None if found is None else found.as_json(),
        "open": now.open,
        "named": now.named,
        "unnamed": sorted(now.unnamed),
        "strata": _strata(now),
        "outside": len(now.outside),
        "left": now.n_left,
        "given": now.given,
    }


def _strata(now: AuditNow) -> list[Json]:
    return [{"name": s.name, "boxes": len(s.rows), "audit": len(s.audit)} for s in now.strata]
