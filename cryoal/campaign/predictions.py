"""The teacher's class of every box in the pool, as a table on disk."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.outputs import check_output, writing
from cryoal.commands import command
from cryoal.errors import CampaignError, FileFormatError
from cryoal.progress import SILENT
from cryoal.records import digest, now, read_json, replacing, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = [
    "Predictions",
    "Summary",
    "are_current",
    "classify",
    "current_predictions",
    "last_classes",
    "read_predictions",
]

STEP = 1000  # boxes between two lines of progress; what is held in memory


@dataclass(frozen=True)
class Summary:
    """What a classification found."""

    path: str
    n: int
    n_labelled: int
    counts: dict[str, int]

    def as_json(self) -> Json:
        """The facts by name."""
        return asdict(self)


@dataclass(frozen=True)
class Predictions:
    """The table of one classification, rows in pool order."""

    keys: list[str]
    probability: NDArray[np.float64]
    """``(n, classes)``, the teacher's posterior."""
    disagreement: NDArray[np.float64] | None
    """``(n,)`` KL(teacher || student), nats (eq. 3); None when no student was trained."""


def classify(
    campaign: Campaign,
    *,
    output: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Summary:
    """Classify the whole pool with the team of the labels of now, trained first where need be.

    Writes ``predictions.csv`` in the campaign, and a copy to `output`: columns key, class,
    ``p_<class>`` for each class, disagreement (empty without a student). `class` is the teacher's,
    also for labelled boxes. `force`: replace a file that is not cryoal's own, or was changed since.

    Raises
    ------
    OutputError
        Nothing may be written to `output` (see :mod:`cryoal.campaign.outputs`).
    CampaignError
        Fewer than two classes are labelled.
    """
    from cryoal.campaign.model import current_team
    from cryoal.scoring.distances import disagreement
    from cryoal.scoring.predict import predict

    if output is not None:
        check_output(campaign, output, force=force)  # now, not after a training
    labels = campaign.training_labels()  # once: more may come in while this runs
    trained = current_team(campaign, labels, progress=progress)
    pool, classes = campaign.pool, campaign.config.classes
    precision, student = campaign.config.train.precision, "student_log_posterior"
    fields = ["teacher_log_posterior", *([student] if "student" in trained.team.companions else ())]
    counts: Counter[str] = Counter()
    path = campaign.path / "predictions.csv"
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["key", "class", *(f"p_{name}" for name in classes), "disagreement"])
        steps = range(0, len(pool), STEP)
        for start in progress.track(steps, "classifying", unit="thousand boxes"):
            index = np.arange(start, min(start + STEP, len(pool)))
            looked = predict(trained.team, pool, index, fields, precision=precision)
            log_p = looked["teacher_log_posterior"]
            gaps = [""] * len(index)
            if student in looked:
                gaps = [f"{gap:.6g}" for gap in disagreement(log_p, looked[student])]
            chosen = [classes[c] for c in log_p.argmax(axis=1)]
            counts.update(chosen)
            for key, name, row, gap in zip(
                pool.keys[index], chosen, np.exp(log_p), gaps, strict=True
            ):
                writer.writerow([key, name, *(f"{p:.6f}" for p in row), gap])
    facts = {**_facts(campaign, labels), "table": _fingerprint(path)}
    write_json(campaign.path / "predictions.json", {**facts, "time": now()})
    if output is not None:
        with (
            writing(campaign, output, force=force, progress=progress) as target,
            replacing(target) as temporary,
        ):
            shutil.copyfile(path, temporary)
    by_class = {name: counts[name] for name in classes}
    return Summary(str(output or campaign.typed / path.name), len(pool), len(labels), by_class)


def current_predictions(campaign: Campaign, *, progress: Progress = SILENT) -> Predictions:
    """The classification that belongs to the labels and the pool of now, made where need be.

    Raises
    ------
    CampaignError
        Fewer than two classes are labelled.
    """
    if not are_current(campaign):
        if (campaign.path / "predictions.csv").exists():
            progress.say(
                "labels, boxes, settings or the table changed since the last classification"
            )
        classify(campaign, progress=progress)
    return read_predictions(campaign)


def are_current(campaign: Campaign) -> bool:
    """Whether labels, boxes and settings, and the table, are those of the last classification."""
    path, table = campaign.path / "predictions.json", campaign.path / "predictions.csv"
    if not path.exists() or not table.exists():
        return False
    try:
        facts = read_json(path)
    except FileFormatError:  # a cache: as good as none
        return False
    wanted = {**_facts(campaign, campaign.training_labels()), "table": _fingerprint(table)}
    return all(facts.get(name) == value for name, value in wanted.items())


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_predictions(campaign: Campaign) -> Predictions:
    """The last classification.

    Raises
    ------
    CampaignError
        There is none yet.
    FileFormatError
        ``predictions.csv`` is not the table that was written.
    """
    path, classes = campaign.path / "predictions.csv", campaign.config.classes
    if not path.exists():
        raise CampaignError(
            f"expected predictions in {path}, found none; run {command('classify', campaign.typed)}"
        )
    _require_as_written(campaign)
    columns = ["key", "class", *(f"p_{name}" for name in classes), "disagreement"]
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if header != columns:
            raise FileFormatError(f"expected columns {columns} in {path}, found {header}")
        table = list(rows)
    try:
        numbers = np.array([row[2:-1] for row in table], dtype=np.float64)
        told = [row[-1] for row in table]
        gaps = None if "" in told else np.array(told, dtype=np.float64)
    except ValueError as error:
        raise FileFormatError(f"expected numbers in {path}, found {error}") from error
    return Predictions([row[0] for row in table], numbers, gaps)


def last_classes(campaign: Campaign) -> dict[str, tuple[str, float]]:
    """Class and its probability by key, of the last classification; empty before the first.

    For looking around: labels, boxes and classes that came since do not matter, and renamed classes
    have their new names.

    Raises
    ------
    FileFormatError
        ``predictions.csv`` is not a table that cryoal wrote.
    """
    path = campaign.path / "predictions.csv"
    if not path.exists():
        return {}
    _require_as_written(campaign)
    new_names = campaign.config.new_names()
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        columns = list(rows.fieldnames or [])
        if columns[:2] != ["key", "class"]:
            raise FileFormatError(
                f"expected the columns key and class in {path}, found {columns[:2]}"
            )
        try:
            return {
                row["key"]: (
                    new_names.get(row["class"], row["class"]),
                    float(row[f"p_{row['class']}"]),
                )
                for row in rows
            }
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(
                f"expected a class and its probability in {path} line {rows.line_num}, "
                f"found {error}"
            ) from error


def _require_as_written(campaign: Campaign) -> None:
    """Raise FileFormatError where the table is not the one that ``predictions.json`` tells of."""
    path, table = campaign.path / "predictions.json", campaign.path / "predictions.csv"
    if path.exists() and read_json(path).get("table") != _fingerprint(table):
        raise FileFormatError(
            f"expected {table} as it was written, found it changed; "
            f"{command('classify', campaign.typed)} makes it anew"
        )


def _facts(campaign: Campaign, labels: dict[str, str]) -> dict[str, Json]:
    return {
        "labels": digest(labels),
        "settings": campaign.settings_digest(),
        "n_boxes": len(campaign.pool),
    }
