"""More trainings of the pair on the same labels, which differ by seed: ``model/member_2`` ...

The first member is the pair itself in ``model/``, with all companions that a strategy needs. The
others are teachers, with the companions that shape a teacher, each in a folder of the same layout.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from cryoal.campaign.member_folders import folder_of, read_or_nothing
from cryoal.campaign.trainings import Training, train_all
from cryoal.companions.build import companion_class
from cryoal.errors import FileFormatError
from cryoal.feed.device import choose_device
from cryoal.progress import SILENT
from cryoal.records import write_json
from cryoal.training.checkpoint import load_team

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.companions.team import Team
    from cryoal.progress import Progress

__all__ = ["missing_members", "other_members"]


def other_members(
    campaign: Campaign,
    labels: dict[str, str],
    first: dict[str, Any],
    *,
    train: bool,
    progress: Progress = SILENT,
) -> tuple[Team, ...]:
    """Members beside the `first`, told by what it was made from, as many as are wanted.

    A training that was cut off goes on, one that is damaged is made anew; one that diverged is left
    out, which is said. Without `train` those are taken that are ready.
    """
    found: list[Team] = []
    model = campaign.path / "model"
    wanted = campaign.config.model.members
    if train:
        train_all(campaign, labels, missing_members(campaign, first), progress)
    for number in range(first.get("member", 1) + 1, wanted + 1):
        made_from, folder = _made_from(first, number), folder_of(model, number)
        report = read_or_nothing(folder / "report.json")
        if not report or not _is_of(read_or_nothing(folder / "made_from.json"), made_from):
            continue
        if why := report.get("diverged"):
            progress.say(f"training {number} of {wanted} of the pair diverged, left out: {why}")
            continue
        device = choose_device(campaign.config.device)
        try:
            team = load_team(folder, campaign.config, made_from["companions"])
        except FileFormatError as error:
            if not train:
                progress.say(f"{error}; {folder} is left out and can be deleted")
                continue
            progress.say(f"{error}; {folder} is made anew")
            again = Training(_begin(folder, made_from), folder, is_first=False)
            train_all(campaign, labels, [again], progress)
            team = load_team(folder, campaign.config, made_from["companions"])
        found.append(team.to(device))
    return tuple(found)


def missing_members(campaign: Campaign, first: dict[str, Any]) -> list[Training]:
    """Those beside the `first` that are wanted and not over, each with a folder that says so."""
    missing = []
    for number in range(first.get("member", 1) + 1, campaign.config.model.members + 1):
        folder = folder_of(campaign.path / "model", number)
        made_from = _made_from(first, number)
        if not _is_of(read_or_nothing(folder / "made_from.json"), made_from):
            _begin(folder, made_from)
        if not read_or_nothing(folder / "report.json"):
            missing.append(Training(made_from, folder, is_first=False))
    return missing


def _made_from(first: dict[str, Any], number: int) -> dict[str, Any]:
    companions = [c for c in first.get("companions", ()) if companion_class(c).shapes_teacher]
    n_boxes = first.get("n_boxes") if companions else None
    return {**first, "companions": companions, "n_boxes": n_boxes, "member": number}


def _is_of(facts: dict[str, Any], made_from: dict[str, Any]) -> bool:
    return all(facts.get(name) == wanted for name, wanted in made_from.items())


def _begin(folder: Path, made_from: dict[str, Any]) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    write_json(folder / "made_from.json", made_from)
    return made_from
