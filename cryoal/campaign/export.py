"""The classified particles, out: every column that came in, and ours added."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.assess_told import said_of_export
from cryoal.campaign.decisions import DECIDED_BY
from cryoal.campaign.export_columns import (
    FROM_RELION,
    NUMBER,
    SOURCE,
    class_numbers,
    class_probability,
    our_columns,
)
from cryoal.campaign.export_known import NOTHING_TOLD, TiltSeries, read_listed
from cryoal.campaign.export_parts import particles_of
from cryoal.campaign.open_classes import said_of_open_classes
from cryoal.campaign.output_folders import check_output_folder, writing_folder
from cryoal.campaign.outputs import check_output, writing
from cryoal.campaign.predictions import classify, current_predictions
from cryoal.campaign.predictions_table import rows_in_order
from cryoal.campaign.trust import is_asked, read_trust, thresholds
from cryoal.errors import CampaignError, UnknownNameError
from cryoal.io.picks.write import WRITERS, makes_folder, write_particles
from cryoal.io.texts import coded
from cryoal.progress import SILENT
from cryoal.registry import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions import Predictions
    from cryoal.progress import Progress

__all__ = ["export"]


def export(
    campaign: Campaign,
    to: str,
    path: Path | str,
    *,
    only_class: str | None = None,
    min_probability: float = 0.0,
    expect_right: float | None = None,
    with_undecided: bool = False,
    tilt_series: TiltSeries = NOTHING_TOLD,
    force: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Write particles in the format `to` and return how many; some formats are folders of files.

    The pool is classified first where labels or boxes have been added since it last was.

    Columns are added. ``cryoalClass``: the expert's class where there is one, else the
    classifier's; ``cryoalProbability``: the classifier's probability of that class, 1 for the
    expert's; ``cryoalAgreement``: the share of the classifier's members whose class is its own;
    ``cryoalEntropy``: of the posterior, nats; ``cryoalNovelty``: how unlike everything labelled;
    ``cryoalDisagreement``: KL(teacher || student), nats; ``cryoalDecidedBy``: expert, classifier,
    undecided (nobody could say) or disputed (annotators differ). The last two have no class and no
    probability: both are empty in CSV, ``None`` and 0 in STAR. What was not told of the boxes, such
    as the disagreement without a student, is empty in CSV and no column of STAR. Which classifier
    it was is said in a column ``cryoalClassifier`` of CSV and in a comment at the head of STAR. A
    STAR file gets ``rlnClassNumber`` too, the place of the class in the campaign counted from 1, 0
    for no class; one that RELION had given is in ``cryoalSourceClassNumber`` then. In a pool of
    several sets of picks ``cryoalSource`` says which each particle is of.

    Parameters
    ----------
    only_class
        Only particles of this class.
    min_probability
        Only particles whose ``cryoalProbability`` is at least this.
    expect_right
        Of the boxes that the classifier decided only those of probabilities from which on this
        share is expected to be right (:mod:`cryoal.campaign.trust`), class by class; none of a
        class where that is unknown.
    with_undecided
        With one of these filters: particles of no class too.
    tilt_series
        What the picks do not say of the tilt series: unbinned pixel and size, the microscope.
    force
        Replace a file that is not cryoal's own, or was changed since.

    Raises
    ------
    UnknownNameError
        No such format or class.
    OutputError
        Nothing may be written to `path` (see :mod:`cryoal.campaign.outputs`).
    CampaignError
        Fewer than two classes are labelled, no particle passes the filters, or nothing is known of
        how right the classifier is.
    PicksError
        The picks cannot go out in this format: nothing says a unit that it needs, for instance.
    """
    if to not in WRITERS.names():
        raise UnknownNameError(f"no export format called {to!r}{nearest(to, WRITERS.names())}")
    classes = campaign.config.classes
    if only_class is not None and only_class not in classes:
        raise UnknownNameError(f"no class called {only_class!r}{nearest(only_class, classes)}")
    path, is_folder = Path(path), makes_folder(to)
    check = check_output_folder if is_folder else check_output
    check(campaign, path, tilt_series.tomograms, force=force)  # now, not after a training
    predictions, pool = current_predictions(campaign, progress=progress), campaign.pool
    if expect_right is not None and not is_asked(campaign) and not campaign.is_read_only:
        classify(campaign, progress=progress)  # the table is of an older version
        predictions = current_predictions(campaign, progress=progress)
    probability = class_probability(predictions)
    least = {} if expect_right is None else _least(campaign, expect_right, only_class, progress)
    chosen = _kept(
        predictions, probability, only_class, min_probability, least, with_undecided, progress
    )
    if not len(chosen) and least:
        raise CampaignError(
            f"expected particles of which a share of {expect_right:g} is right, found none among "
            f"{len(probability)}"
        )
    if not len(chosen):
        wanted = f" of class {only_class!r}" if only_class else ""
        raise CampaignError(
            f"expected particles{wanted} with a probability of at least {min_probability:g}, "
            f"found none among {len(probability)}"
        )
    extra: dict[str, Sequence[str]] = our_columns(
        predictions, chosen, probability, is_star=to != "csv"
    )
    if to != "csv":
        extra = {NUMBER: class_numbers(predictions, chosen), **extra}
    for line in said_of_open_classes(campaign, campaign.training_labels()):
        progress.say(line)
    for line in said_of_export(campaign, predictions, only_class, min_probability, least):
        progress.say(line)
    rows = rows_in_order(pool, predictions.keys)[chosen]
    if len({part.source for part in pool.parts}) > 1:
        extra[SOURCE] = coded(pool.source[rows].tolist())
    remarks = (f"cryoalClassifier: {predictions.classifier}",)
    del predictions, probability  # of a million boxes 50 MB, before as many columns are read
    listed = read_listed(pool, tilt_series)
    parts = [
        particles_of(pool, part, rows, extra, remarks, tilt_series, listed) for part in pool.parts
    ]
    if any(FROM_RELION in part.columns for part in parts):
        progress.say(f"{NUMBER} is the class; what RELION had there is in {FROM_RELION}")
    write = writing_folder if is_folder else writing
    with write(campaign, path, force=force, progress=progress) as file:
        for line in write_particles(file, to, parts):
            progress.say(line)
    return len(rows)


def _least(
    campaign: Campaign, share: float, only_class: str | None, progress: Progress
) -> dict[str, float]:
    """By class the probability from which on `share` is expected to be right; 2: unknown."""
    trust = read_trust(campaign)
    if trust is None:
        raise CampaignError(
            f"expected to know what share of the classes in {campaign.typed} is right, found no "
            "labels that heads on descriptors could be compared with; give a probability instead"
        )
    found = thresholds(trust, share)
    unknown = [name for name, t in found.items() if t is None and only_class in (None, name)]
    if unknown:
        progress.say(
            f"unknown from which probability on {100 * share:g} % are right, so only what experts "
            f"labelled comes out: {', '.join(unknown)}"
        )
    return {name: 2.0 if t is None else t for name, t in found.items()}


def _kept(
    predictions: Predictions,
    probability: NDArray[np.float64],
    only_class: str | None,
    min_probability: float,
    least: Mapping[str, float],
    with_undecided: bool,
    progress: Progress,
) -> NDArray[np.int64]:
    """Rows of the predictions that pass the filters; what has no class passes none by itself."""
    if only_class is None and min_probability <= 0 and not least:
        return np.arange(len(probability))
    has_none = np.isnan(probability)
    keep = probability >= min_probability
    if only_class is not None:
        keep &= predictions.called == predictions.classes.index(only_class)
    if least:
        wanted = np.array([*(least.get(name, 2.0) for name in predictions.classes), 2.0])
        keep &= ~predictions.is_by("classifier") | (probability >= wanted[predictions.called])
    if with_undecided:
        keep |= has_none
    elif has_none.any():
        left = Counter(DECIDED_BY[who] for who in predictions.decided[has_none].tolist())
        said = " and ".join(f"{n} {who}" for who, n in sorted(left.items()))
        progress.say(f"left out for having no class: {said} (--undecided takes them along)")
    return np.flatnonzero(keep)
