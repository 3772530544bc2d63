"""Trainings of the pair as whole jobs: one after the other, or at once by a crew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cryoal.campaign.member_folders import read_or_nothing
from cryoal.campaign.one_training import CHECKPOINT, train_one
from cryoal.crew import ALONE, keeps_jobs
from cryoal.errors import DivergedError
from cryoal.progress import SILENT
from cryoal.records import is_there, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["Training", "are_here", "train_all"]


class Training(NamedTuple):
    """One training that is wanted, and the folder that is told what it is made from."""

    made_from: dict[str, Any]
    folder: Path
    is_first: bool
    """Whether it is the pair itself: where that diverges, one of the next seed takes its place."""


def are_here(campaign: Campaign) -> bool:
    """Whether trainings stay here: nobody else takes any, or several devices share each."""
    return keeps_jobs(campaign.crew) or campaign.company.size > 1


def train_all(
    campaign: Campaign,
    labels: dict[str, str],
    trainings: Sequence[Training],
    progress: Progress = SILENT,
) -> None:
    """Train those that are not over, by ``campaign.crew``.

    One that was cut off goes on where its folder is seen by who goes on with it.

    Raises
    ------
    DivergedError
        The first ran into infinity or NaN, and so did all that may take its place.
    """
    todo = [each for each in trainings if not _is_over(each)]
    is_here = are_here(campaign)
    crew = ALONE if is_here else campaign.crew
    wanted = campaign.config.model.members
    if todo and not is_here:
        progress.say(f"trainings of the pair: {len(todo)}, each of them whole by one of many")
    listener = progress if is_here else SILENT  # a bar cannot travel
    arguments = [(campaign, labels, each, listener) for each in todo]
    for number, _ in crew.jobs(train, arguments):
        if not is_here:
            member = todo[number].made_from.get("member", 1)
            progress.say(f"training {member} of {wanted} of the pair is over")


def train(
    campaign: Campaign, labels: dict[str, str], training: Training, progress: Progress
) -> None:
    """One of them, to the end; what was run before, by somebody thought lost, is left as it is."""
    made_from, folder, is_first = training
    if _is_over(training):
        return
    if is_first:
        _train_first(campaign, labels, made_from, folder, progress)
        return
    member, wanted = made_from["member"], campaign.config.model.members
    progress.say(f"training {member} of {wanted} of the pair")
    try:
        train_one(campaign, labels, made_from, folder, progress)
    except DivergedError as error:
        (folder / CHECKPOINT).unlink(missing_ok=True)
        write_json(folder / "report.json", {"made_from": made_from, "diverged": str(error)})


def _train_first(
    campaign: Campaign,
    labels: dict[str, str],
    made_from: dict[str, Any],
    folder: Path,
    progress: Progress,
) -> None:
    """Train the first member that does not diverge; `made_from` says which in the end."""
    wanted = campaign.config.model.members
    while True:
        number = made_from.get("member", 1)
        try:
            train_one(campaign, labels, made_from, folder, progress)
        except DivergedError as error:
            if number >= wanted:
                raise
            progress.say(f"training {number} of {wanted} of the pair diverged, left out: {error}")
            (folder / CHECKPOINT).unlink(missing_ok=True)
            made_from["member"] = number + 1
            write_json(folder / "made_from.json", made_from)
        else:
            return


def _is_over(training: Training) -> bool:
    """Whether there is a report; of the pair itself whoever loads it says if that is damaged."""
    report = training.folder / "report.json"
    return is_there(report) if training.is_first else bool(read_or_nothing(report))
