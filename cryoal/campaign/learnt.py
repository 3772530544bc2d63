"""What was learnt from the labels of now: ``classifier.json``, and the report of a cycle."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from cryoal.campaign.kept import FILE, versions_of
from cryoal.campaign.measure import measure
from cryoal.campaign.suspicious import doubts_of
from cryoal.campaign.trend import watched
from cryoal.errors import FileFormatError
from cryoal.records import digest, is_there, read_json, write_json

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.records import Json

__all__ = ["keep_report"]


def keep_report(
    campaign: Campaign, classifier: Classifier, labels: dict[str, str]
) -> dict[str, Any]:
    """Measure the classifier of `labels` where there is a test set, and keep what is known of it.

    Returns what ``classifier.json`` holds from now on: of the pair its losses and seconds too,
    where one was trained on these labels.
    """
    test = campaign.test_labels()
    trained = classifier.trained
    made_from: dict[str, Json] = {
        "classifier": classifier.told,
        "labels": digest(labels),
        "test": digest(test),
        "settings": campaign.settings_digest(),
        "descriptors": versions_of(campaign),
        "pair": None if trained is None else trained.report["made_from"],
        **({"members": len(trained.teams())} if trained is not None and trained.members else {}),
    }
    file = campaign.path / FILE
    try:
        kept = read_json(file) if is_there(file) else {}
    except FileFormatError:  # a cache: as good as none
        kept = {}
    if kept.get("learnt_from") == digest(made_from):
        return kept
    report: dict[str, Any] = {"trained": False, "seconds": {}, "history": {}, "made_from": None}
    if trained is not None:
        report = dict(trained.report)
    began = time.perf_counter()
    measured = measure(classifier, campaign, test)
    counts = Counter(labels.values())
    report |= {
        "cycle": campaign.next_cycle(),
        "n_labelled": len(labels),
        "labels": {name: counts[name] for name in campaign.config.classes},
        "classifier": classifier.told,
        "learnt_from": digest(made_from),
        "test": measured,
        "watched": watched(campaign, classifier),
        "doubts": None
        if classifier.columns is None
        else doubts_of(campaign, classifier.columns, labels),
        "seconds": report["seconds"] | {"measure": time.perf_counter() - began},
    }
    write_json(file, report)
    return report
