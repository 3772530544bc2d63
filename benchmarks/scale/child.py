"""One step of the life of a campaign in a process of its own, with what it took; prints JSON.

Usage: ``python child.py STEP FOLDER MATERIAL N BOX WAY OUTPUT``, with one build or another of
cryoal on the path: nothing here but what both have. WAY is what classifies, ``heads`` or ``pair``.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import threading
import time
from pathlib import Path

STEPS = (
    *("add", "describe", "first query", "query", "classify", "audit"),
    *("status", "export", "review", "second page", "map"),
)
SINCE = ("describe", "audit", "review", "second page", "map")
"""Steps that a build of the pair alone does not have."""
ASKED = 200
AUDITED = 60
EVERY = 0.2  # seconds between two looks at the memory


class Memory(threading.Thread):
    """What this process holds, by seconds since it began."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.curve: list[tuple[float, float]] = []
        self.began = time.monotonic()

    def run(self) -> None:
        """Look again and again, until the process ends."""
        while True:
            self.curve.append((time.monotonic() - self.began, megabytes("VmRSS")))
            time.sleep(EVERY)


def megabytes(which: str) -> float:
    """``VmRSS``, of now, or ``VmHWM``, the most there was."""
    text = Path("/proc/self/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(which)).split()[1]) / 1024


def add(folder: Path, material: Path, n: int, box: int, way: str) -> None:
    from cryoal import config as config_module
    from cryoal.campaign import Campaign
    from cryoal.config import make_config
    from cryoal.data.extract import extract
    from cryoal.io.picks.read import read_picks

    settings = [f"pool.box={box}", "train.epochs=5"]
    if way == "heads":  # an encoder's embedding grows as formulas do, at twice their time: left out
        settings += ['pretrain.method="none"']
    elif hasattr(config_module, "ClassifierConfig"):  # before there were heads: the pair always
        settings += ['classifier.use="pair"', 'query.first="random"']
        settings += ['query.strategy="knowledge-transfer"']
    config = make_config(["background", "shell", "rod"], settings=settings)
    campaign = Campaign.create(folder, config)
    tables = material / str(n)
    picks = read_picks(tables / "candidates.star", tomograms=tables / "tomograms.star")
    tomograms = sorted(material.glob("TS_*.mrc"))[: -(-n // 10_000)]
    extract(campaign.pool_path, tomograms, picks, box=box, density="white")


def describe(folder: Path) -> None:
    from cryoal.campaign import Campaign
    from cryoal.campaign.described import current_columns

    current_columns(Campaign.open(folder))


def first_query(folder: Path) -> None:
    from cryoal.campaign import Campaign
    from cryoal.campaign.cycle import select

    select(Campaign.open(folder), ASKED)


def query(folder: Path, material: Path, n: int) -> None:
    from cryoal.campaign import Campaign
    from cryoal.campaign.cycle import select

    campaign = Campaign.open(folder)
    with (folder / "cycle_000" / "query.csv").open(newline="") as file:
        asked = {row["key"] for row in csv.DictReader(file)}
    campaign.record("oracle", true_answers(material, n, asked))
    select(campaign, ASKED)


def true_answers(material: Path, n: int, keys: set[str]) -> list[tuple[str, str]]:
    with (material / str(n) / "truth.csv").open(newline="") as file:
        return [(row["key"], row["label"]) for row in csv.DictReader(file) if row["key"] in keys]


def classify(folder: Path) -> None:
    from cryoal.campaign import Campaign
    from cryoal.campaign.predictions import classify as classify_pool

    classify_pool(Campaign.open(folder))


def audit(folder: Path, material: Path, n: int) -> None:
    """Drawn, answered, and what it says; the steps after it have it too."""
    from cryoal.campaign import Campaign
    from cryoal.campaign.assess import assess
    from cryoal.campaign.audit_draw import draw_audit

    campaign = Campaign.open(folder)
    drawn = draw_audit(campaign, AUDITED, stratify=True).keys
    campaign.record("oracle", true_answers(material, n, set(drawn)), is_audit=True)
    assess(campaign)


def status(folder: Path) -> None:
    from cryoal.campaign import Campaign
    from cryoal.campaign.status import describe as describe_campaign

    describe_campaign(Campaign.open(folder)).lines()


def export(folder: Path) -> None:
    from cryoal.campaign import Campaign
    from cryoal.campaign.export import export as write

    output = folder.with_suffix(".star")
    output.unlink(missing_ok=True)
    write(Campaign.open(folder), "relion5", output)


def review(folder: Path) -> None:
    """A queue of all boxes, and the first of them to look at."""
    from cryoal.campaign import Campaign
    from cryoal.review.queue import make_queue

    campaign = Campaign.open(folder)
    queue = make_queue(campaign, "oracle", which="all")
    campaign.pool.read_shown(campaign.pool.index([item.key for item in queue.items[:24]]))


def second_page(folder: Path) -> float:
    """The page of a class in a browser, once more: of it alone the seconds, of both the memory."""
    from cryoal.browser.desk import Desk

    desk = Desk(folder, which="class:shell")
    desk.page("oracle", "token")
    began = time.process_time()
    desk.page("oracle", "token")
    return time.process_time() - began


def map(folder: Path) -> None:
    from cryoal.campaign import Campaign
    from cryoal.campaign.map import make_map

    make_map(Campaign.open(folder))


def main() -> None:
    step, folder, material, n, box, way, output = sys.argv[1:]
    memory = Memory()
    memory.start()
    do = globals()[step.replace(" ", "_")]
    given = {"folder": Path(folder), "material": Path(material), "n": int(n), "box": int(box)}
    given["way"] = way
    alone = do(**{name: given[name] for name in do.__code__.co_varnames[: do.__code__.co_argcount]})
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    whole = sum(one.ru_utime + one.ru_stime for one in used)
    told = {
        "cpu_seconds": whole if alone is None else alone,
        "seconds": time.monotonic() - memory.began,
        "megabytes": megabytes("VmHWM"),
        "curve": memory.curve,
    }
    Path(output).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
