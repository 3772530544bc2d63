"""The team trained on the labels of now: found, finished after a kill, or trained anew.

With ``model.members`` above 1 the same labels are trained on several times: see
:mod:`cryoal.campaign.members`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryoal.campaign.inherited_pair import earlier_facts
from cryoal.campaign.member_folders import folders_in
from cryoal.campaign.members import missing_members, other_members
from cryoal.campaign.pretrained import starting_encoder
from cryoal.campaign.reports import read_report
from cryoal.campaign.trainable import require_trainable
from cryoal.campaign.trainings import Training, are_here, train_all
from cryoal.companions import COMPANIONS
from cryoal.companions.build import companion_class
from cryoal.errors import FileFormatError
from cryoal.feed.device import choose_device
from cryoal.progress import SILENT
from cryoal.records import digest, entries, read_json, write_json
from cryoal.scoring.fields import companions_for
from cryoal.strategies.base import make_strategy
from cryoal.training.checkpoint import load_team

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.companions.team import Team
    from cryoal.progress import Progress
    from cryoal.strategies.base import Strategy

__all__ = ["TrainedTeam", "current_team", "team_of_now"]

ANY_TEAM = {"companions", "dropout", "n_boxes"}
"""Facts that do not matter where a team of any companions will do."""


@dataclass(frozen=True)
class TrainedTeam:
    """A team on its device, and what is known of it."""

    team: Team
    report: dict[str, Any]
    """What ``report.json`` holds."""
    folder: Path
    members: tuple[Team, ...] = ()
    """Others that learnt the same labels from another seed, where ``model.members`` wants some."""

    def teams(self) -> tuple[Team, ...]:
        """All whose teachers classify together."""
        return (self.team, *self.members)


def current_team(
    campaign: Campaign,
    labels: dict[str, str] | None = None,
    *,
    strategy: Strategy | None = None,
    seed: int | None = None,
    progress: Progress = SILENT,
) -> TrainedTeam:
    """The team that belongs to `labels`, by default those of now.

    What training gives is a function of the settings, the seed, the labels and the companions that
    `strategy` needs. So the team in ``model/`` is taken when it was made from the same, training
    that was cut off goes on from its last checkpoint, and anything else starts anew, also where
    something in ``model/`` is damaged. Without `seed`, a team of any seed will do; without
    `strategy`, one of any companions, and where there is none the strategy is that of the settings.

    A pair that diverges gives way to one of the next seed where ``model.members`` allows another.

    Raises
    ------
    CampaignError
        Fewer than two classes are labelled.
    DivergedError
        Every training ran into infinity or NaN.
    """
    labels = campaign.training_labels() if labels is None else labels
    require_trainable(campaign, labels)
    folder = campaign.path / "model"
    asking = strategy or make_strategy(campaign.config.query.strategy)
    wanted = _made_from(campaign, labels, asking, seed)
    found_facts = _facts_in(folder, progress)
    ignored = {"seed"} if seed is None else set()
    if strategy is None:
        ignored |= ANY_TEAM
    elif _only_adds_companions(found_facts, wanted):
        ignored |= {"companions"}
    if any(found_facts.get(name) != wanted[name] for name in wanted.keys() - ignored):
        found_facts = _clear(folder, wanted)
    if not are_here(campaign):  # the others need not wait for the first
        pair = Training(found_facts, folder, is_first=True)
        todo = [pair, *missing_members(campaign, found_facts)]
        train_all(campaign, labels, todo, progress)
    try:
        first = _found(campaign, labels, found_facts, folder, progress)
    except _DamagedModelError as error:
        progress.say(f"{error}; {folder} is made anew")
        first = _found(campaign, labels, _clear(folder, wanted), folder, progress)
    return _with_members(campaign, labels, first, progress, train=True)


def team_of_now(
    campaign: Campaign, labels: dict[str, str], progress: Progress = SILENT
) -> TrainedTeam | None:
    """The team in ``model/`` if it was trained to the end on these labels; nothing is trained."""
    folder = campaign.path / "model"
    facts = _facts_in(folder, progress)
    if not facts or not (folder / "report.json").exists():
        return None
    wanted = _made_from(campaign, labels, make_strategy("random"), None)
    if any(facts.get(name) != wanted[name] for name in wanted.keys() - {"seed", *ANY_TEAM}):
        return None
    try:
        first = _found(campaign, labels, facts, folder, progress)
    except _DamagedModelError as error:
        progress.say(f"{error}; {folder} can be deleted")
        return None
    return _with_members(campaign, labels, first, progress, train=False)


def _with_members(
    campaign: Campaign,
    labels: dict[str, str],
    first: TrainedTeam,
    progress: Progress,
    *,
    train: bool,
) -> TrainedTeam:
    facts = first.report.get("made_from") or {}
    return replace(
        first, members=other_members(campaign, labels, facts, train=train, progress=progress)
    )


class _DamagedModelError(FileFormatError):
    """Something in ``model/`` is not as it was written: no loss, it can be made again."""


def _clear(folder: Path, made_from: dict[str, Any]) -> dict[str, Any]:
    """Empty the folder for a team that is `made_from` this; members know what they are of."""
    others = folders_in(folder) if folder.is_dir() else []
    if not others:
        shutil.rmtree(folder, ignore_errors=True)
    for name in entries(folder) if others else ():
        path = folder / name
        if path.is_dir() and path not in others:
            shutil.rmtree(path, ignore_errors=True)
        elif path not in others:
            path.unlink(missing_ok=True)
    folder.mkdir(exist_ok=True)
    write_json(folder / "made_from.json", made_from)
    return made_from


def _found(
    campaign: Campaign,
    labels: dict[str, str],
    made_from: dict[str, Any],
    folder: Path,
    progress: Progress,
) -> TrainedTeam:
    """The team in `folder`, trained first where it is not yet."""
    device = choose_device(campaign.config.device)
    train_all(campaign, labels, [Training(made_from, folder, is_first=True)], progress)
    try:
        team = load_team(folder, campaign.config, made_from["companions"]).to(device)
        return TrainedTeam(team, read_report(folder / "report.json"), folder)
    except FileFormatError as error:
        raise _DamagedModelError(str(error)) from error


def _made_from(
    campaign: Campaign, labels: dict[str, str], strategy: Strategy, seed: int | None
) -> dict[str, Any]:
    config = campaign.config
    companions = companions_for(strategy.needs)
    encoder, share = starting_encoder(campaign), config.pretrain.epochs
    look_around = any(not companion_class(name).learns_beside for name in companions)
    return {
        "companions": companions,
        "dropout": strategy.dropout,
        # companions that learn from what nobody labelled depend on what is there
        "n_boxes": len(campaign.pool) if look_around else None,
        "seed": config.seed if seed is None else seed,
        "settings": campaign.settings_digest(),
        "labels": digest(labels),
        "test": digest(campaign.test_labels()),
        "starts_from": _start(campaign, labels) if config.train.restart == "warm" else None,
        "pretrained": None if encoder is None else encoder.made_from["identity"],
        "epochs": None if encoder is None or share == 1 else share,  # as before there was a share
        **earlier_facts(campaign),
    }


def _only_adds_companions(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the team found has all that is wanted, and no other that shapes the teacher."""
    more = set(found.get("companions", ())) - set(wanted["companions"])
    has_all = set(wanted["companions"]) <= set(found.get("companions", ()))
    return has_all and not any(companion_class(name).shapes_teacher for name in more)


def _facts_in(folder: Path, progress: Progress) -> dict[str, Any]:
    file = folder / "made_from.json"
    try:
        facts = read_json(file) if file.exists() else {}
        names = facts.get("companions", [])
        is_known = isinstance(names, list) and all(name in COMPANIONS.names() for name in names)
        is_number = isinstance(facts.get("dropout", 0.0), int | float)
        if not is_known or not is_number or (facts and "companions" not in facts):
            raise FileFormatError(f"expected what a team was made from in {file}, found {names!r}")
        return facts
    except FileFormatError as error:
        progress.say(f"{error}; {folder} is made anew")
        return {}


def _start(campaign: Campaign, labels: dict[str, str]) -> str | None:
    """The last cycle that was trained on other labels: a team does not start from itself.

    After a recut there are none: what was trained on other boxes has gone.
    """
    now = digest(labels)
    for cycle in reversed(campaign.cycles()):
        if not any(cycle.glob("*.safetensors")):
            continue
        report = read_report(cycle / "report.json")
        if report["trained"] and (report.get("made_from") or {}).get("labels") != now:
            return cycle.name
    return None
