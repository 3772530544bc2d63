"""One training of the pair in a folder of its own: begun, or gone on with after a kill."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from cryoal.campaign.candidates import eligible
from cryoal.campaign.inherited_pair import begin, lesson_of
from cryoal.errors import ConfigError
from cryoal.progress import SILENT
from cryoal.records import environment, write_json
from cryoal.seeds import stream_seed
from cryoal.training.checkpoint import save_team, start_team
from cryoal.training.fit import fit_team

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.companions.team import Team
    from cryoal.progress import Progress
    from cryoal.training.company import Company
    from cryoal.training.fit import History

__all__ = ["CHECKPOINT", "seed_of", "train_one"]

CHECKPOINT = "checkpoint.safetensors"


def seed_of(made_from: dict[str, Any]) -> int:
    """The seed of a training: that of the campaign, the labels, and which of the members it is.

    The same labels give the same weights in any cycle. The first member has no number, as in
    campaigns from before there were several.
    """
    member = made_from.get("member", 1)
    names = ("training", made_from["labels"], *(("member", member) if member > 1 else ()))
    return stream_seed(made_from["seed"], *names)


def train_one(
    campaign: Campaign,
    labels: dict[str, str],
    made_from: dict[str, Any],
    folder: Path,
    progress: Progress = SILENT,
) -> None:
    """Train a team that is `made_from` this, and write all that is kept of it to `folder`.

    Raises
    ------
    DivergedError
        It ran into infinity or NaN.
    CrewError
        One of those who train together cannot, or has gone; what was kept is gone on with.
    """
    campaign.company.call(_train_beside, campaign, labels, made_from)
    began = time.perf_counter()
    team, history = _trained(campaign, labels, made_from, folder / CHECKPOINT, progress)
    trained = time.perf_counter()
    config = campaign.config
    save_team(folder, team, config)
    write_json(folder / "environment.json", environment())
    counts = Counter(labels.values())
    write_json(
        folder / "report.json",
        {
            "cycle": campaign.next_cycle(),
            "n_labelled": len(labels),
            "labels": {name: counts[name] for name in config.classes},
            "trained": True,
            "made_from": made_from,
            "seconds": {"train": trained - began},
            "history": history.as_json(),
            "after": history.after,
            "test": None,  # of the classifier, which need not be this team
        },
    )
    (folder / CHECKPOINT).unlink(missing_ok=True)


def _train_beside(
    company: Company, campaign: Campaign, labels: dict[str, str], made_from: dict[str, Any]
) -> None:
    """What the others do while the first trains: the same, and write nothing."""
    campaign.company = company
    _trained(campaign, labels, made_from, None, SILENT)


def _trained(
    campaign: Campaign,
    labels: dict[str, str],
    made_from: dict[str, Any],
    checkpoint: Path | None,
    progress: Progress,
) -> tuple[Team, History]:
    config, company = campaign.config, campaign.company
    seed, start = seed_of(made_from), made_from["starts_from"]
    with company.ready():
        if company.size > 1 and ":" in config.device:
            raise ConfigError(
                f"expected device auto, cpu or cuda for {company.size} processes that train"
                f" together, found {config.device}"
            )
        lesson = lesson_of(campaign, labels)
        team = start_team(
            config,
            made_from["companions"],
            seed=seed,
            dropout=made_from["dropout"],
            previous=None if start is None else campaign.path / start,
        )
        settings = config if start is not None else begin(campaign, team, progress)
        others = eligible(campaign)
    history = fit_team(
        team,
        lesson.boxes,
        lesson.rows,
        lesson.targets,
        settings,
        seed=seed,
        unlabelled=others,
        checkpoint=checkpoint,
        company=company,
        progress=progress,
    )
    return team, history
