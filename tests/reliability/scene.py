"""The campaign that everything happens to: two tomograms, two cycles, two annotators, a table."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.reliability.child import run, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryoal.testing.phantoms import PhantomFiles

__all__ = ["Scene", "observe", "scene_of"]

SETTINGS = (
    *("pool.box=8", "train.epochs=2", "model.width=4", "model.teacher=resnet10"),
    *("train.batch_size=8", "augment.shift=0", "pretrain.method=none"),
    *("query.strategy=knowledge-transfer", "classifier.folds=0"),  # heads and a pair
)
N_ASKED = 10


class Scene:
    """What the campaign is made of, and a copy of it for each try.

    Attributes
    ----------
    folder : Path
        Everything is in here.
    files : PhantomFiles
        Tomograms, picks and the class of every candidate.
    """

    def __init__(self, folder: Path) -> None:
        from cryoal.testing.phantoms import write_phantoms

        self.folder = folder.resolve()
        self.output = self.folder / "said.txt"
        self.files: PhantomFiles = write_phantoms(
            self.folder / "data", n_tomograms=2, shape=(32, 80, 80), per_class=6
        )
        with self.files.truth.open(newline="") as file:
            self.truth = {row["key"]: row["label"] for row in csv.DictReader(file)}
        self.stages: dict[str, Path] = {}

    def adding(self, number: int) -> tuple[object, ...]:
        """The words that add tomogram `number` to the campaign ``here``."""
        tables = ("--picks", self.files.picks, "--tomograms", self.files.tomograms_star)
        return ("add", self.here, self.files.tomograms[number], *tables)

    @property
    def here(self) -> Path:
        """The copy that is worked on."""
        return self.folder / "here"

    def build(self) -> None:
        """Make the campaign step by step; keep what it is after each step in `stages`."""
        sets = [word for setting in SETTINGS for word in ("--set", setting)]
        self._must("init", self.here, "--classes", ",".join(self.files.classes), *sets)
        self._keep("made")
        self._must(*self.adding(0))
        self._keep("one tomogram")
        self._must(*self.adding(1))
        self._keep("two tomograms")
        for cycle in range(2):
            self._must("select", self.here, "-n", N_ASKED)
            self._keep(f"asked {cycle}")
            self._must("label", self.here, self.answers(cycle), "--annotator", "ana")
            if cycle == 0:
                self._must("label", self.here, self.answers(0, shift=3), "--annotator", "ben")
            self._keep(f"answered {cycle}")
        self._must("classify", self.here)
        self._keep("classified")

    def answers(self, cycle: int, *, shift: int = 0) -> Path:
        """The filled-in table of a cycle; every row in `shift` gets another class than it is."""
        filled = self.folder / f"answers_{cycle}_{shift}.csv"
        if not filled.exists():
            with (self.here / f"cycle_{cycle:03d}" / "query.csv").open(newline="") as file:
                keys = [row["key"] for row in csv.DictReader(file)]
            with filled.open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["key", "label"])
                for number, key in enumerate(keys):
                    is_other = shift and number % shift == 0
                    label = self.truth[key]
                    others = [name for name in self.files.classes if name != label]
                    writer.writerow([key, others[0] if is_other else label])
        return filled

    def fresh(self, stage: str) -> Path:
        """``here`` as it was after `stage`."""
        shutil.rmtree(self.here, ignore_errors=True)
        shutil.copytree(self.stages[stage], self.here)
        return self.here

    def cryoal(self, *words: object, **killed: Any) -> Any:
        """One command in a child of its own."""
        from cryoal.cli import main

        arguments = [str(word) for word in words]
        return run(lambda: main(arguments), self.output, **killed)

    def _must(self, *words: object) -> None:
        ended = self.cryoal(*words)
        assert ended.code == 0, f"{words}: {ended}"

    def _keep(self, stage: str) -> None:
        kept = self.folder / "stages" / stage.replace(" ", "_")
        shutil.copytree(self.here, kept)
        self.stages[stage] = kept

    def observed(self) -> dict[str, Any]:
        """What :func:`observe` sees of ``here``, looked at by a child."""
        return self._asked(observe)

    def damaged(self) -> list[str]:
        """What ``cryoal doctor`` finds damaged in ``here``, told by a child."""
        found: list[str] = self._asked(_damaged).get("damaged", [])
        return found

    def _asked(self, question: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
        facts = self.folder / "facts.json"
        facts.unlink(missing_ok=True)

        def look() -> int:
            facts.write_text(json.dumps(question(self.here)))
            return 0

        ended = run(look, self.output)
        if ended.code:
            last = ended.said.strip().splitlines()[-1]
            return {"failed": last, "damaged": [last]}
        found: dict[str, Any] = json.loads(facts.read_text())
        return found


@contextmanager
def scene_of(
    arguments: list[str], doc: str, what: str, n: int
) -> Iterator[tuple[Scene, int, np.random.Generator]]:
    """The scene in the folder that was asked for, how many of `what`, and the moments' seed."""
    parser = argparse.ArgumentParser(description=doc.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="a new folder; a temporary one")
    parser.add_argument(f"--{what}", type=int, default=n, dest="n")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    warm_up()
    with tempfile.TemporaryDirectory() as temporary:
        scene = Scene(asked.folder or Path(temporary))
        scene.build()
        yield scene, asked.n, np.random.default_rng(asked.seed)


def _damaged(path: Path) -> dict[str, Any]:
    from cryoal.campaign.checkup import check_up

    return {"damaged": check_up(path).damaged}


def observe(path: Path) -> dict[str, Any]:
    """All that counts in a campaign, by name: no times, no names that are drawn at random."""
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.query import read_query

    campaign = Campaign.open(path)
    facts: dict[str, Any] = {
        "classes": list(campaign.config.classes),
        # a settling answer that is given again is written again
        "answers": sorted(
            {(a.annotator, a.key, a.label or "", a.settles) for a in campaign.labels.answers()}
        ),
        "asked": [
            [[a.key, a.suggestion, a.score] for a in read_query(cycle).asked]
            for cycle in campaign.cycles()
        ],
        "test": campaign.test_labels(),
    }
    if campaign.has_pool:
        pool = campaign.pool
        boxes = pool.read_normalised(np.arange(len(pool)))
        facts["pool"] = {
            "keys": pool.keys.tolist(),
            "position": pool.position_zyx_angstrom.tolist(),
            "coordinate": pool.coordinate_zyx_angstrom.tolist(),
            "tomogram": pool.tomogram.tolist(),
            "inside": pool.inside_fraction.tolist(),
            "columns": [{n: list(c) for n, c in part.columns().items()} for part in pool.parts],
            "blocks": [part.blocks() for part in pool.parts],
            "boxes": hashlib.sha256(boxes.tobytes()).hexdigest(),
        }
        standing = campaign.standing()
        facts["labelled"] = standing.labelled
        facts["disputed"] = standing.disputed
    return facts
