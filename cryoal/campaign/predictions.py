"""The class of every box in the pool: made, known to be current, made again."""

from __future__ import annotations

import csv
import shutil
from array import array
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.decisions import DECIDED_BY
from cryoal.campaign.inherited import inherited_facts
from cryoal.campaign.kept import versions_of
from cryoal.campaign.lost import lost
from cryoal.campaign.member_folders import n_members
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.predictions_table import (
    MEASURES,
    Looked,
    Predictions,
    cells_of,
    columns_of,
    last_classes,
    looked_at,
    read_predictions,
    row_of,
)
from cryoal.campaign.rows_so_far import RowsSoFar
from cryoal.campaign.trust import read_trust, told_of_trust, trust_of
from cryoal.crew import spans_of
from cryoal.errors import CampaignError, FileFormatError
from cryoal.progress import SILENT
from cryoal.records import digest, digest_of_file, now, read_json, replacing, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifying import Classifying
    from cryoal.data.labels import Standing
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

FOLDER = "classifying"
"""What was told of boxes so far, while a classification is unfinished."""


@dataclass(frozen=True)
class Summary:
    """What a classification found."""

    path: str
    n: int
    n_labelled: int
    classifier: str
    """Which classifier it was."""
    counts: dict[str, int]
    """Boxes of each class, whoever decided; those of no class are not among them."""
    decided_by: dict[str, int]
    """Boxes by who decided (:data:`cryoal.campaign.decisions.DECIDED_BY`); `n` in all."""
    trust: dict[str, Json] | None = None
    """What labels tell of how right each class is (:func:`cryoal.campaign.trust.told_of_trust`);
    None where they tell nothing."""

    def as_json(self) -> Json:
        """The facts by name."""
        return asdict(self)


def classify(
    campaign: Campaign,
    *,
    output: Path | str | None = None,
    force: bool = False,
    train: bool = False,
    progress: Progress = SILENT,
) -> Summary:
    """Classify the whole pool with the classifier of the labels of now.

    Writes ``predictions.csv`` in the campaign, and a copy to `output`: columns key, class,
    decided_by, classifier, ``p_<class>`` for each class, agreement (the share of the classifier's
    members whose class is its own; empty where it has none), entropy (of the posterior, nats),
    novelty (empty where nothing tells it), disagreement (empty without a student).
    `class` is the expert's where there is one, and empty where nobody could say or annotators
    differ; ``p_<class>`` are the classifier's, whoever decided. `force`: replace a file that is not
    cryoal's own, or was changed since. `train`: train a pair as well.

    Raises
    ------
    OutputError
        Nothing may be written to `output` (see :mod:`cryoal.campaign.outputs`).
    CampaignError
        Fewer than two classes are labelled.
    """
    from cryoal.campaign.classifier import current_classifier
    from cryoal.campaign.classifying import Classifying
    from cryoal.campaign.learnt import keep_report
    from cryoal.campaign.novelty import novelty_of

    output = None if output is None else Path(output)
    if output is not None:
        check_output(campaign, output, force=force)  # now, not after a training
    if train or campaign.config.classifier.use == "pair":
        campaign.pool.require_tomograms()  # as well
    standing = campaign.standing()  # once: more may come in while this runs
    for line in lost(campaign, standing):
        progress.say(line)
    labels = campaign.training_labels(standing)
    classifier = current_classifier(campaign, labels, train=train, progress=progress)
    keep_report(campaign, classifier, labels)
    work = Classifying(campaign, classifier, novelty_of(campaign, classifier, labels))
    if not work.is_light:  # heads look at descriptors alone
        campaign.pool.require_tomograms()
    rows = _look(campaign, work, progress)
    classes, most_novel = campaign.config.classes, campaign.config.classifier.novel
    by_class: Counter[str | None] = Counter()
    by_whom: Counter[str] = Counter()
    sure = {name: array("d") for name in classes}
    path = campaign.path / "predictions.csv"
    with _writing(path, classes) as write:
        spans = spans_of(len(campaign.pool), work.span)
        for span in progress.track(spans, "writing the table", unit=f"times {work.span} boxes"):
            for looked in _said(campaign, classifier.name, rows.read(work, *span), *span):
                row, label, by = row_of(looked, classes, standing, most_novel)
                by_class[label] += 1
                by_whom[by] += 1
                if by == "classifier" and label is not None:
                    sure[label].append(max(map(float, looked.posterior)))
                write(row)
    trust = trust_of(campaign, classifier, labels)
    _write_facts(campaign, labels, standing, trust, classifier.told.get("scoring"))
    rows.remove()
    if output is not None:
        with writing(campaign, output, force=force, progress=progress) as target:
            shutil.copyfile(path, target)
    return Summary(
        path=str(output or campaign.typed / path.name),
        n=len(campaign.pool),
        n_labelled=len(labels),
        classifier=classifier.name,
        counts={name: by_class[name] for name in classes},
        decided_by={who: by_whom[who] for who in DECIDED_BY},
        trust=None if trust is None else told_of_trust(trust, sure),
    )


def _look(campaign: Campaign, work: Classifying, progress: Progress) -> RowsSoFar:
    """What `work` tells of every box; after a kill the same command goes on."""
    rows = RowsSoFar(campaign.path / FOLDER, work.made_from(), work.told)
    n, spans = len(campaign.pool), spans_of(len(campaign.pool), work.span)
    if len(rows):
        progress.say(f"{len(rows)} of {n} boxes were classified before: it goes on from there")
    made = rows.fill(work, spans, campaign.crew)
    lacking = sum(stop > len(rows) for _, stop in spans)
    for _ in progress.track(made, "classifying", lacking, f"times {work.span} boxes"):
        pass
    return rows


def _said(
    campaign: Campaign, name: str, told: Mapping[str, NDArray[np.floating]], start: int, stop: int
) -> Iterator[Looked]:
    """Of each box from `start` to `stop`, as it is written."""
    log_p = told["log_posterior"]
    p = np.exp(log_p)
    measures = {**told, "entropy": -(p * log_p).sum(axis=1)}
    cells = zip(*(cells_of(measures.get(n), stop - start) for n in MEASURES), strict=True)
    keys = campaign.pool.keys[start:stop].tolist()
    for key, values, cell in zip(keys, p.tolist(), cells, strict=True):
        yield Looked(key, name, [f"{value:.6f}" for value in values], list(cell))


def current_predictions(campaign: Campaign, *, progress: Progress = SILENT) -> Predictions:
    """The classification that belongs to the labels and the pool of now, made where need be.

    Raises
    ------
    CampaignError
        Fewer than two classes are labelled, or the campaign cannot be written to.
    """
    standing = campaign.standing()
    outdated = _outdated(campaign, standing)
    if outdated and campaign.is_read_only:
        raise CampaignError(
            f"expected a current classification in {campaign.typed}, which cannot be written to, "
            "found none: classify a copy of it"
        )
    if outdated == {"decisions"}:
        _decide_again(campaign, standing)
    elif outdated:
        if (campaign.path / "predictions.csv").exists():
            progress.say(
                "labels, boxes, settings or the table changed since the last classification"
            )
        classify(campaign, progress=progress)
    return read_predictions(campaign)


def are_current(campaign: Campaign) -> bool:
    """Whether answers, boxes and settings, and the table, are those of the last classification."""
    return not _outdated(campaign, campaign.standing())


def _outdated(campaign: Campaign, standing: Standing) -> set[str]:
    """Names of the facts in ``predictions.json`` that are others now."""
    path, table = campaign.path / "predictions.json", campaign.path / "predictions.csv"
    if not path.exists() or not table.exists():
        return {"table"}
    try:
        facts = read_json(path)
    except FileFormatError:  # a cache: as good as none
        return {"table"}
    wanted = _facts(campaign, campaign.training_labels(standing), standing)
    return {name for name, value in wanted.items() if facts.get(name) != value}


def _decide_again(campaign: Campaign, standing: Standing) -> None:
    """The table with answers that change nothing of what is trained on: no box is scored again.

    Somebody could not say, or differs about what nobody could say; or the table is of the first
    layout, which did not say who decided.
    """
    classes = campaign.config.classes
    path = campaign.path / "predictions.csv"
    with _writing(path, classes) as write:
        for looked in looked_at(path, classes):
            write(row_of(looked, classes, standing, campaign.config.classifier.novel)[0])
    labels, trust = campaign.training_labels(standing), read_trust(campaign)
    before = campaign.path / "predictions.json"
    _write_facts(campaign, labels, standing, trust, read_json(before).get("scoring"))


@contextmanager
def _writing(path: Path, classes: Sequence[str]) -> Iterator[Callable[[Sequence[str]], object]]:
    """What writes a row of the table that takes the place of `path` at the end."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns_of(classes))
        yield writer.writerow


def _write_facts(
    campaign: Campaign,
    labels: dict[str, str],
    standing: Standing,
    trust: dict[str, Json] | None,
    scoring: Json,
) -> None:
    facts = _facts(campaign, labels, standing)
    told: dict[str, Json] = {"trust": trust, "scoring": scoring, "time": now()}
    write_json(campaign.path / "predictions.json", {**facts, **told})


def _facts(campaign: Campaign, labels: dict[str, str], standing: Standing) -> dict[str, Json]:
    """What the table is made from, and a digest of the table as it is."""
    asked = campaign.config.scoring.precision
    decisions: dict[str, Json] = {
        "expert": standing.labelled,
        "undecided": sorted(standing.abstained),
        "disputed": sorted(standing.disputed),
    }
    return {
        "labels": digest(labels),
        "decisions": digest(decisions),
        "settings": campaign.settings_digest(),
        # not among the settings that shape a training; None, as nothing said in earlier files
        "precision": None if asked == "auto" else asked,
        **_made_by(campaign, labels),
        "n_boxes": len(campaign.pool),
        "table": digest_of_file(campaign.path / "predictions.csv"),
    }


def _made_by(campaign: Campaign, labels: dict[str, str]) -> dict[str, Json]:
    """What decides about the classifier besides labels and settings; nothing is fitted."""
    pair, members = None, 1
    model, wanted = campaign.path / "model", campaign.config.model.members
    with suppress(FileFormatError, OSError):
        made_from = read_json(model / "report.json").get("made_from") or {}
        if made_from.get("labels") == digest(labels):
            pair, members = made_from, n_members(model, made_from, wanted)
    several: dict[str, Json] = {"members": members} if members > 1 else {}
    several |= inherited_facts(campaign)
    if campaign.config.classifier.use == "pair":
        return several
    facts = {"pair": pair, "descriptors": versions_of(campaign), **several}
    return {"classifier": digest({**facts, "settings": asdict(campaign.config.classifier)})}
