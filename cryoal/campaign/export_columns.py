"""The columns that an export adds: class, probability, what else was told, who decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.decisions import DECIDED_BY
from cryoal.campaign.predictions_table import NONE
from cryoal.io.texts import Coded, Numbers, combined, same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.predictions import Predictions

__all__ = [
    "FROM_RELION",
    "NUMBER",
    "SOURCE",
    "class_numbers",
    "class_probability",
    "columns_of_picks",
    "our_columns",
]

CLASS = "cryoalClass"
OURS = (
    CLASS,
    "cryoalProbability",
    "cryoalAgreement",
    "cryoalEntropy",
    "cryoalNovelty",
    "cryoalDisagreement",
    "cryoalDecidedBy",
    "cryoalClassifier",
)
NUMBER = "rlnClassNumber"
SOURCE = "cryoalSource"  # what came in under this name stays, unless the pool has several sets
FROM_RELION = "cryoalSourceClassNumber"
NO_CLASS = "None"  # in STAR, where an empty cell would shift the row; no class may have this name
NO_PROBABILITY = "0.000000"  # in STAR: a word would make text of the whole column


def class_probability(predictions: Predictions) -> NDArray[np.float64]:
    """Of the class of each box: 1 for the expert's, nan for none."""
    called = predictions.called.astype(np.int64)
    found = np.asarray(predictions.probability)[np.arange(len(called)), called]
    found[predictions.is_by("expert")] = 1.0
    found[called == NONE] = np.nan
    return found


def class_numbers(predictions: Predictions, rows: NDArray[np.int64]) -> Coded:
    """Place of each class in the campaign, from 1; 0 for none."""
    numbers = [*map(str, range(1, len(predictions.classes) + 1)), "0"]
    return Coded(numbers, predictions.called[rows])


def columns_of_picks(
    columns: Mapping[str, Sequence[str]], extra: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """`columns` without what an earlier export had added, unless `extra` says it anew.

    RELION selects by ``rlnClassNumber``. Where that is ours it is said anew or left out; where it
    is RELION's, and `extra` has ours, it is called :data:`FROM_RELION`.
    """
    kept: dict[str, Sequence[str]] = {}
    is_ours = NUMBER in columns and _numbers_are_ours(columns)
    is_moved = NUMBER in columns and NUMBER in extra and not is_ours
    for name, cells in columns.items():
        is_stale = name in OURS or (name == NUMBER and is_ours)
        if name == NUMBER and is_moved:
            kept[FROM_RELION] = cells
        elif (name in extra or not is_stale) and not (name == FROM_RELION and is_moved):
            kept[name] = cells
    return kept


def _numbers_are_ours(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether the class numbers are those of the classes that an export had written beside them."""
    if CLASS not in columns:
        return False
    pairs, _ = combined([columns[CLASS], columns[NUMBER]])
    classes, numbers = {name for name, _ in pairs}, {number for _, number in pairs}
    has_none = {number for name, number in pairs if name in (NO_CLASS, "")} <= {"0"}
    return has_none and len(pairs) == len(classes) == len(numbers)


def our_columns(
    predictions: Predictions,
    rows: NDArray[np.int64],
    probability: NDArray[np.float64],
    *,
    is_star: bool,
) -> dict[str, Sequence[str]]:
    """Ours, for `rows` of the predictions."""
    no_class, no_probability = (NO_CLASS, NO_PROBABILITY) if is_star else ("", "")
    columns: dict[str, Sequence[str]] = {
        CLASS: Coded([*predictions.classes, no_class], predictions.called[rows]),
        "cryoalProbability": Numbers(probability[rows], ".6f", no_probability),
    }
    for name, told in (
        ("cryoalAgreement", predictions.agreement),
        ("cryoalEntropy", predictions.entropy),
        ("cryoalNovelty", predictions.novelty),
        ("cryoalDisagreement", predictions.disagreement),
    ):
        if told is not None:
            columns[name] = Numbers(told[rows], ".6g")
        elif not is_star:
            columns[name] = same("", len(rows))
    columns["cryoalDecidedBy"] = Coded(DECIDED_BY, predictions.decided[rows])
    if not is_star:
        columns["cryoalClassifier"] = same(predictions.classifier, len(rows))
    return columns
