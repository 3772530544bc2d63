"""``cryoal label``: the expert's answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.cli.arguments import Directory
from cryoal.how_many import how_many
from cryoal.review.annotator import login

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.campaign import Campaign

__all__ = ["label"]

MANY = 5  # disputed keys that are listed one by one


def label(
    directory: Directory,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV with columns key|particle and label|class, or JSON saved by a review page.",
        ),
    ],
    annotator: Annotated[
        str | None,
        typer.Option(help="Who answered; your user name, or the one in the JSON, unless given."),
    ] = None,
    settle: Annotated[
        bool,
        typer.Option("--settle", help="These answers end disputes: they outweigh earlier ones."),
    ] = False,
) -> None:
    """Record the expert's answers. Empty rows wait; 'unsure' and 'abstain' are answers too."""
    from cryoal.campaign.campaign import Campaign

    campaign = Campaign.open(directory)
    if file.suffix.lower() == ".json":
        if settle:
            raise typer.BadParameter("--settle is for CSV: a review knows which answers settle")
        _from_page(campaign, file, annotator)
    else:
        _from_table(campaign, file, annotator or login(), settle=settle)


def _from_table(campaign: Campaign, file: Path, name: str, *, settle: bool) -> None:
    from cryoal.campaign.audit import members
    from cryoal.campaign.audit_sheet import MARK
    from cryoal.data.label_file import read_labels

    read = read_labels(file, campaign.config.classes, campaign.config.new_names())
    audited = members(campaign)
    new = campaign.record(
        name,
        list(read.answers),
        settles=settle,
        source=str(file),
        is_audit=MARK in read.columns,
    )
    standing = campaign.standing()
    done = [key for key in read.unanswered if key in standing.answered]
    parts = [f"{new} new of {how_many(len(read.answers), 'answer')}"]
    if new < len(read.answers):
        parts.append(how_many(len(read.answers) - new, "was", "were") + " there already")
    if len(read.unanswered) > len(done):
        parts.append(f"{how_many(len(read.unanswered) - len(done), 'row')} still empty")
    if done:  # in a review, which does not fill in the table
        parts.append(how_many(len(done), "empty row is", "empty rows are") + " answered already")
    if not new and len(read.unanswered) == len(done) and (read.answers or done):
        print(f"nothing new in {file}: {_who_answered(campaign, read.answers, done)}")
    else:
        print(f"{name}: {', '.join(parts)}")
    keys = [key for key, _ in read.answers]
    if n_left := len(audited.keys() - members(campaign).keys()):
        are = how_many(n_left, "box of the audit is a label", "boxes of the audit are labels")
        print(f"{are} from now on and no part of it: the file is not its sheet")
    _print_standing(campaign, name, [] if settle else keys, keys if settle else [])


def _who_answered(
    campaign: Campaign, answers: Sequence[tuple[str, str | None]], done: Sequence[str]
) -> str:
    """Where the answers are that a table could have brought."""
    if not done:
        each = "the answer was" if len(answers) == 1 else f"all {len(answers)} answers were"
        return f"{each} there already"
    asked = {*done, *(key for key, _ in answers)}
    names = {answer.annotator for answer in campaign.labels.answers() if answer.key in asked}
    each = "the box has an answer" if len(asked) == 1 else f"all {len(asked)} boxes have answers"
    return f"{each} already (by {', '.join(sorted(names))})"


def _from_page(campaign: Campaign, file: Path, annotator: str | None) -> None:
    from cryoal.review.intake import read_saved, take_in_saved

    saved = read_saved(file)
    name = annotator or saved.annotator
    taken = take_in_saved(campaign, saved, name)
    print(f"{name}: {taken.n_new} new of {how_many(taken.n_answers, 'answer')}")
    for added in taken.new_classes:
        print(f"new class {added!r}, now in campaign.toml")
    _print_standing(campaign, name, taken.keys, taken.settling)


def _print_standing(
    campaign: Campaign, name: str, answered: list[str], settling: list[str]
) -> None:
    from cryoal.campaign.audit import audit_now, without_audit
    from cryoal.campaign.audit_next import said_of_audit
    from cryoal.campaign.status import said_ahead

    standing = campaign.standing()
    void = {key for key in answered if key in standing.settled}
    late = {key for key in settling if standing.settled_by.get(key, name) != name}
    taught = without_audit(campaign, standing)
    print(f"labelled now: {len(taught.labelled)}; abstained: {len(taught.abstained)}")
    if (audit := audit_now(campaign, standing)) is not None and audit.keys:
        print(f"audit: {said_of_audit(audit)[0]}")
    if void:
        print(
            how_many(
                len(void),
                "answer is about a settled key and changes",
                "answers are about settled keys and change",
            )
            + " nothing (--settle would)"
        )
    if late:
        others = ", ".join(sorted({standing.settled_by[key] for key in late}))
        print(f"{len(late)} settling answers change nothing: {others} settled these boxes later")
    for line in said_ahead(campaign.labels.ahead()):
        print(line)
    if standing.disputed:
        print(f"disputed, kept out of training until settled: {len(standing.disputed)}")
        for key, votes in list(standing.disputed.items())[:MANY]:
            print(f"  {key}: " + ", ".join(f"{who} says {what}" for who, what in votes.items()))
