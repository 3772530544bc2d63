"""The pair trained on the labels of now: found, finished after a kill, or trained anew."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.measure import measure
from cryoal.errors import CampaignError
from cryoal.progress import SILENT
from cryoal.records import digest, environment, read_json, write_json
from cryoal.seeds import stream_seed
from cryoal.training.checkpoint import load_pair, save_pair, start_pair
from cryoal.training.device import choose_device
from cryoal.training.fit import fit_pair

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.models.pairs import Pair
    from cryoal.progress import Progress

__all__ = ["TrainedPair", "can_train", "current_pair"]


@dataclass(frozen=True)
class TrainedPair:
    """A pair on its device, and what is known of it."""

    pair: Pair
    report: dict[str, Any]
    """What ``report.json`` holds."""
    folder: Path


def can_train(labels: dict[str, str]) -> bool:
    """Whether there is anything to learn: at least two classes are labelled."""
    return len(set(labels.values())) >= 2


def current_pair(
    campaign: Campaign,
    labels: dict[str, str] | None = None,
    *,
    seed: int | None = None,
    progress: Progress = SILENT,
) -> TrainedPair:
    """The pair that belongs to `labels`, by default those of now.

    What training gives is a function of the settings, the seed and the labels alone. So the pair in
    ``model/`` is taken when it was made from the same three, training that was cut off goes on from
    its last checkpoint, and anything else starts anew. Without `seed`, a pair of any seed will do.

    Raises
    ------
    CampaignError
        Fewer than two classes are labelled.
    """
    labels = campaign.training_labels() if labels is None else labels
    if not can_train(labels):
        found = ", ".join(sorted(set(labels.values()))) or "no class"
        raise CampaignError(
            f"expected labels of at least two classes to train on, found {len(labels)} labels "
            f"({found}) in {campaign.labels.folder}; label a query first"
        )
    folder = campaign.path / "model"
    wanted = _made_from(campaign, labels, seed)
    found_facts = _facts_in(folder)
    ignored = {"seed"} if seed is None else set()
    if any(found_facts.get(name) != wanted[name] for name in wanted.keys() - ignored):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write_json(folder / "made_from.json", wanted)
        found_facts = wanted
    device = choose_device(campaign.config.device)
    if not (folder / "report.json").exists():
        _train(campaign, labels, found_facts, folder, progress)
        (folder / "checkpoint.safetensors").unlink(missing_ok=True)
    pair = load_pair(folder, campaign.config).to(device)
    return TrainedPair(pair, read_json(folder / "report.json"), folder)


def _made_from(campaign: Campaign, labels: dict[str, str], seed: int | None) -> dict[str, Any]:
    config = campaign.config
    return {
        "seed": config.seed if seed is None else seed,
        "settings": campaign.settings_digest(),
        "labels": digest(labels),
        "test": digest(campaign.test_labels()),
        "starts_from": _start(campaign, labels) if config.train.restart == "warm" else None,
    }


def _facts_in(folder: Path) -> dict[str, Any]:
    file = folder / "made_from.json"
    return read_json(file) if file.exists() else {}


def _start(campaign: Campaign, labels: dict[str, str]) -> str | None:
    """The last cycle that was trained on other labels: a pair does not start from itself."""
    now = digest(labels)
    for cycle in reversed(campaign.cycles()):
        report = read_json(cycle / "report.json")
        if report["trained"] and report["made_from"]["labels"] != now:
            return cycle.name
    return None


def _train(
    campaign: Campaign,
    labels: dict[str, str],
    made_from: dict[str, Any],
    folder: Path,
    progress: Progress,
) -> None:
    config = campaign.config
    number = {name: i for i, name in enumerate(config.classes)}
    index = campaign.pool.index(list(labels))
    targets = np.array([number[name] for name in labels.values()], dtype=np.int64)
    # the stream is named by the labels: the same labels give the same weights in any cycle
    seed = stream_seed(made_from["seed"], "training", made_from["labels"])
    start = made_from["starts_from"]
    previous = None if start is None else campaign.path / start
    pair = start_pair(config, seed=seed, previous=previous)
    began = time.perf_counter()
    history = fit_pair(
        pair,
        campaign.pool,
        index,
        targets,
        config,
        seed=seed,
        checkpoint=folder / "checkpoint.safetensors",
        progress=progress,
    )
    trained = time.perf_counter()
    test = measure(pair, campaign.pool, campaign.test_labels(), config)
    save_pair(folder, pair, config)
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
            "seconds": {"train": trained - began, "measure": time.perf_counter() - trained},
            "history": history.as_json(),
            "test": test,
        },
    )
