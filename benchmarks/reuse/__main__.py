"""``python -m benchmarks.reuse run``: what is not in results/reuse.csv yet; ``table`` shows it.

A cell is a pair of pools (:mod:`benchmarks.reuse.sets`), a seed, and how the later campaign begins:
``cold``, or with the earlier labels at a weight. Each goes through the cycles of a campaign by its
own strategies, and after each a row tells how many boxes *without a label* are right. Encoders
learn once for a pool: the earlier one's from its boxes alone, and so the later one's where it
begins cold.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.measure import accuracy, interval, macro_f1
from benchmarks.reuse.sets import SETS, Pools, open_pools
from cryoal.campaign import Campaign
from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.cycle import select
from cryoal.campaign.described import current_columns
from cryoal.campaign.inherit import begin_from, import_model
from cryoal.campaign.inherited import CARD, can_classify
from cryoal.campaign.model_export import model_of
from cryoal.records import read_json
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.campaign.model_file import Model

RESULT = "reuse"
KEY = ("set", "seed", "begins")
BEGINS = ("cold", "1", "0.3", "0")


def run(options: argparse.Namespace) -> None:
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    for name in options.sets:
        pools = open_pools(name, options.work)
        for seed in options.seeds:
            todo = [b for b in options.begins if (name, str(seed), b) not in done]
            model = _earlier(pools, seed) if set(todo) - {"cold"} else None
            for begins in todo:
                cell = dict(zip(KEY, (name, str(seed), begins), strict=True))
                about = rows.circumstances("numpy", "torch", "scikit-learn")
                found = _cell(pools, seed, begins, model)
                rows.append(RESULT, [about | cell | row for row in found])
                print(name, seed, begins, [row["accuracy"] for row in found], flush=True)


def _earlier(pools: Pools, seed: int) -> Model:
    """The model of labels drawn at random."""
    campaign = Campaign.open(pools.earlier)
    current_columns(campaign)
    keys = stream(seed, "earlier labels").permutation(sorted(pools.truth[0]))[: pools.n_earlier]
    shutil.rmtree(campaign.labels.folder, ignore_errors=True)
    campaign = Campaign.open(pools.earlier)
    campaign.record("ana", [(str(key), pools.truth[0][key]) for key in keys])
    return model_of(campaign)


def _cell(pools: Pools, seed: int, begins: str, model: Model | None) -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory(dir=pools.later.parent) as folder:
        campaign = _begun(pools, Path(folder) / "campaign", begins, model)
        campaign.config = replace(campaign.config, seed=seed)
        found = []
        for cycle in range(pools.cycles + 1):
            began = _seconds()
            if can_classify(campaign, campaign.training_labels()):
                found.append(_row(campaign, pools, began))
            if cycle < pools.cycles:
                asked = select(campaign, pools.step).keys()
                campaign.record("ana", [(key, pools.truth[1][key]) for key in asked])
        return found


def _begun(pools: Pools, path: Path, begins: str, model: Model | None) -> Campaign:
    """The later campaign, without a label."""
    if begins == "cold":
        current_columns(Campaign.open(pools.later))  # its encoder learns once for all seeds
        shutil.copytree(pools.later, path)
        return Campaign.open(path)
    assert model is not None
    kept = pools.later.with_name("campaign_from")  # described once by the earlier encoder
    if not kept.exists():
        campaign = begin_from(kept, model)
        shutil.copytree(pools.later / "pool.zarr", campaign.pool_path)
        current_columns(Campaign.open(kept))
    shutil.copytree(kept, path)
    campaign = Campaign.open(path)
    import_model(campaign, model)
    reuse = replace(campaign.config.reuse, weight=float(begins))
    campaign.config = replace(campaign.config, reuse=reuse)
    return campaign


def _row(campaign: Campaign, pools: Pools, began: float) -> dict[str, str]:
    labels = campaign.training_labels()
    classifier = current_classifier(campaign, labels)
    pool, classes = campaign.pool, campaign.config.classes
    rest = np.array([i for i, key in enumerate(pool.keys) if key not in labels])
    said = classifier.log_posterior(pool, rest).argmax(axis=1)
    truth = np.array([classes.index(pools.truth[1][key]) for key in pool.keys[rest]])
    scale = ""
    if "earlier" in classifier.told:
        scale = str(read_json(campaign.path / CARD)["scale"]["scale"])
    return {
        "n_labels": str(len(labels)),
        "accuracy": f"{accuracy(truth, said):.4f}",
        "macro_f1": f"{macro_f1(truth, said, len(classes)):.4f}",
        "scale": scale,
        "cpu_seconds": f"{_seconds() - began:.2f}",
    }


def table() -> str:
    """Mean and worst seed of the share right, by set, beginning and number of own labels."""
    found: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.read(RESULT):
        n = int(row["n_labels"])
        found[row["set"], row["begins"]][n].append(float(row["accuracy"]))
    lines = []
    for name in SETS:
        numbers = sorted({n for (s, _), by_n in found.items() if s == name for n in by_n})
        if not numbers:
            continue
        lines += ["", f"| {name} | " + " | ".join(map(str, numbers)) + " |"]
        lines.append("|---|" + "---:|" * len(numbers))
        for begins in BEGINS:
            if (name, begins) not in found:
                continue
            by_n = found[name, begins]
            cells = [_said(by_n.get(n, [])) for n in numbers]
            lines.append(f"| {begins} | " + " | ".join(cells) + " |")
    return "\n".join(lines[1:])


def _said(values: Sequence[float]) -> str:
    if len(values) < 2:
        return "".join(f"{value:.3f}" for value in values)
    mean, half = interval(values)
    return f"{mean:.3f} ± {half:.3f} ({min(values):.2f})"


def _seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reuse", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 15)))
    parser.add_argument("--begins", nargs="*", default=list(BEGINS), choices=BEGINS)
    parser.add_argument("--work", type=Path, default=Path("reuse"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
