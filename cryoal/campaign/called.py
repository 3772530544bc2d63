"""What the last classification calls each box, and how surely: not the rest of the table."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cryoal.campaign.predictions_table import columns_of, read_predictions, require_as_written
from cryoal.commands import command
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.predictions_table import Predictions

__all__ = ["Called", "called_by", "last_called"]


class Called(NamedTuple):
    """Rows of a classification; the classifier's word, whoever decided."""

    keys: list[str]
    called: NDArray[np.int64]
    """Place of the most probable class, the first of equals; one more than the last place where a
    box gets none because it is too novel (:mod:`cryoal.campaign.decisions`)."""
    probability: NDArray[np.float64]
    """Of that class; 0 for none."""


def called_by(predictions: Predictions, most_novel: float = 1.0) -> Called:
    """What `predictions` say; boxes that are more novel than `most_novel` get no class."""
    found = _called(predictions.keys, predictions.probability)
    if most_novel >= 1.0 or predictions.novelty is None:
        return found
    is_novel = predictions.novelty > most_novel
    n_classes = predictions.probability.shape[1]
    return found._replace(
        called=np.where(is_novel, n_classes, found.called),
        probability=np.where(is_novel, 0.0, found.probability),
    )


def last_called(campaign: Campaign) -> Called:
    """What ``predictions.csv`` says.

    ``status`` reads it whenever there is an audit: of 300,000 rows these columns alone are read in
    0.2 s, all of them in 1.4 s.

    Raises
    ------
    CampaignError
        There is none yet.
    FileFormatError
        ``predictions.csv`` is not the table that was written.
    """
    path, classes = campaign.path / "predictions.csv", campaign.config.classes
    most_novel = campaign.config.classifier.novel
    header = _header(campaign) if path.exists() else []
    found = [name.removeprefix("p_") for name in header if name.startswith("p_")]
    if header[:2] == ["key", "class"] and found != list(classes):
        require_as_written(campaign)
        raise FileFormatError(
            f"expected predictions of the classes {', '.join(classes)} in {path}, found those of "
            f"{', '.join(found)}; {command('classify', campaign.typed)} makes them anew"
        )
    if most_novel >= 1.0 and header == columns_of(classes):
        require_as_written(campaign)
        at = range(4, 4 + len(classes))
        with path.open(encoding="utf-8", newline="") as file:
            next(file)
            posterior = np.loadtxt(
                file, delimiter=",", usecols=at, quotechar='"', comments=None, ndmin=2
            )
        keys = campaign.pool.keys.tolist()
        if len(keys) == len(posterior):  # rows are in the pool's order
            return _called(keys, posterior)
    return called_by(read_predictions(campaign), most_novel)


def _called(keys: list[str], posterior: NDArray[np.float64]) -> Called:
    called = posterior.argmax(axis=1).astype(np.int64)
    return Called(keys, called, posterior.max(axis=1))


def _header(campaign: Campaign) -> list[str]:
    path = campaign.path / "predictions.csv"
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        try:
            return next(csv.reader(file), [])
        except csv.Error:  # of a damaged table: whoever reads all of it says so
            return []
