"""How every box of the pool stands: its class, how sure that is, and who said it."""

from __future__ import annotations

import csv
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import members
from cryoal.campaign.audit_file import FILE as AUDIT
from cryoal.campaign.decisions import DECIDED_BY
from cryoal.campaign.predictions_table import NONE, require_as_written, rows_in_order
from cryoal.campaign.table_columns import CellError, collect
from cryoal.commands import command
from cryoal.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign

__all__ = ["NONE", "Overview", "Told", "overview", "overview_stamp"]


@dataclass(frozen=True)
class Told:
    """The last classification; every array has an entry for each box of the pool, in its order.

    A box that came later has no posterior (nan), nor has one of a class that came later.
    """

    stamp: tuple[int, ...]
    posterior: NDArray[np.float32]
    """``(n, classes)``, the classifier's, also where it did not decide."""
    decided_by: NDArray[np.int8]
    """Place in :data:`~cryoal.campaign.decisions.DECIDED_BY` as it was then, or :data:`NONE`."""
    novelty: NDArray[np.float32]
    """How unlike everything labelled; nan where nobody told it."""
    names: tuple[str, ...]
    """Of the classes that boxes had then, as they are called now ..."""
    called: NDArray[np.int32]
    """... and the place among them of each box; :data:`NONE` for no class."""


@dataclass(frozen=True)
class Overview:
    """Arrays over the whole pool, in its order, for whoever shows, filters or counts boxes.

    Attributes
    ----------
    classes
        Names; the arrays below hold their places, or :data:`NONE`.
    keys
        ``(n,)`` object array of str.
    shown
        ``(n,)`` int16: the class of each box now: the expert's, else the classifier's.
    label
        ``(n,)`` int16: the expert's class.
    is_answered
        ``(n,)``: whether somebody has answered in any way, "cannot say" too.
    predicted
        ``(n,)`` int16: the most probable class of the last classification.
    probability
        ``(n,)`` float32: of `predicted`; nan where nothing is.
    doubt
        ``(n,)`` float32: entropy of the posterior over the logarithm of the number of classes, 0
        (sure) to 1 (every class alike); nan where nothing is predicted.
    tomogram
        ``(n,)`` int32: places in `tomogram_names`, which names each tomogram once.
    answered_by
        Rows of what each annotator has answered.
    is_audit
        ``(n,)``: boxes of the audit.
    is_held
        ``(n,)``: boxes of the audit and test keys. Who sees what is predicted for them and answers
        spoils the measure, so no queue with suggestions shows them.
    """

    classes: tuple[str, ...]
    keys: NDArray[np.object_]
    shown: NDArray[np.int16]
    label: NDArray[np.int16]
    is_answered: NDArray[np.bool_]
    predicted: NDArray[np.int16]
    probability: NDArray[np.float32]
    doubt: NDArray[np.float32]
    tomogram: NDArray[np.int32]
    tomogram_names: tuple[str, ...]
    answered_by: Mapping[str, NDArray[np.int64]]
    is_audit: NDArray[np.bool_]
    is_held: NDArray[np.bool_]
    told: Told | None
    """None before the first classification."""

    def __len__(self) -> int:
        return len(self.keys)

    def number(self, name: str) -> int:
        """Place of the class `name`; :data:`NONE` where there is none of that name."""
        return self.classes.index(name) if name in self.classes else NONE


def overview(campaign: Campaign, before: Overview | None = None) -> Overview:
    """How every box stands now; what was read last is taken where nothing has changed since.

    Parameters
    ----------
    before
        The last overview of this campaign: what the classifier said is taken from it while the
        table is the same file, so that following labels costs no reading of a large table.

    Raises
    ------
    FileFormatError
        ``predictions.csv`` is not a table that cryoal wrote.
    UnknownKeyError
        A journal answers a key that the pool does not have.
    """
    config = campaign.config
    stamp = (len(campaign.pool), config.classes, config.renamed, *overview_stamp(campaign))
    if campaign.last_overview is not None:
        if campaign.last_overview[0] == stamp:
            return campaign.last_overview[1]
        before = campaign.last_overview[1]
    found = _overview(campaign, before)
    campaign.last_overview = stamp, found
    return found


def _overview(campaign: Campaign, before: Overview | None) -> Overview:
    pool, classes = campaign.pool, campaign.config.classes
    n = len(pool)
    told = _told(campaign, before)
    standing = campaign.standing()
    number = {name: place for place, name in enumerate(classes)}
    label = np.full(n, NONE, np.int16)
    named = {key: number[name] for key, name in standing.labelled.items() if name in number}
    label[pool.index(list(named))] = list(named.values())
    is_answered = np.zeros(n, np.bool_)
    is_answered[pool.index(list(standing.answered))] = True
    predicted, probability, doubt = _of_posterior(told, n)
    shown = predicted.copy()
    if told is not None:
        shown[told.decided_by == DECIDED_BY.index("novel")] = NONE
    shown[is_answered] = label[is_answered]  # undecided and disputed ones have no class
    is_audit = np.zeros(n, np.bool_)
    is_audit[pool.index(list(members(campaign)))] = True
    is_held = is_audit.copy()
    is_held[pool.index(list(campaign.test_labels()))] = True
    names, tomogram = np.unique(np.array(pool.tomogram_names, dtype=object), return_inverse=True)
    return Overview(
        classes=classes,
        keys=pool.keys,
        shown=shown,
        label=label,
        is_answered=is_answered,
        predicted=predicted,
        probability=probability,
        doubt=doubt,
        tomogram=tomogram.astype(np.int32)[pool.tomogram],
        tomogram_names=tuple(map(str, names)),
        answered_by=_answered_by(campaign),
        is_audit=is_audit,
        is_held=is_held,
        told=told,
    )


def overview_stamp(campaign: Campaign) -> tuple[object, ...]:
    """What is another when :func:`overview` would be, the settings and the boxes apart.

    Name, time and size of the journals, the table of the last classification, the audit and the
    test keys; and how many queries there are, which take boxes out of an audit.
    """
    path = campaign.path
    names = ("predictions.csv", AUDIT, "test.json")
    found: list[object] = [campaign.next_cycle()]
    for file in (*sorted((path / "labels").glob("*.jsonl")), *(path / name for name in names)):
        with suppress(FileNotFoundError):
            facts = file.stat()
            found.append((file.name, facts.st_mtime_ns, facts.st_size))
    return tuple(found)


def _answered_by(campaign: Campaign) -> dict[str, NDArray[np.int64]]:
    keys: dict[str, set[str]] = {name: set() for name in campaign.labels.annotators()}
    for answer in campaign.labels.answers():
        keys[answer.annotator].add(answer.key)
    return {name: np.sort(campaign.pool.index(list(some))) for name, some in keys.items()}


def _of_posterior(
    told: Told | None, n: int
) -> tuple[NDArray[np.int16], NDArray[np.float32], NDArray[np.float32]]:
    """The most probable class of each box, its probability, and the doubt."""
    if told is None or not told.posterior.shape[1]:
        nothing = np.full(n, np.nan, np.float32)
        return np.full(n, NONE, np.int16), nothing, nothing.copy()
    is_told = ~np.isnan(told.posterior).all(axis=1)
    p = np.where(np.isnan(told.posterior), np.float32(0), told.posterior)
    predicted = np.where(is_told, p.argmax(axis=1), NONE).astype(np.int16)
    probability = np.where(is_told, p.max(axis=1), np.float32(np.nan))
    entropy = -(p * np.log(np.maximum(p, np.float32(1e-30)))).sum(axis=1)
    doubt = np.where(is_told, entropy / np.log(max(2, p.shape[1])), np.float32(np.nan))
    return predicted, probability, np.clip(doubt, 0, 1).astype(np.float32)


def _told(campaign: Campaign, before: Overview | None) -> Told | None:
    path = campaign.path / "predictions.csv"
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    stamp = facts.st_mtime_ns, facts.st_size, facts.st_ino, len(campaign.pool)
    classes = campaign.config.classes
    if before is not None and before.told is not None and before.told.stamp == stamp:
        if before.classes == classes:
            return before.told
        if classes[: len(before.classes)] == before.classes:  # one was added: it is of no table
            more = np.full((len(before), len(classes) - len(before.classes)), np.nan, np.float32)
            return replace(before.told, posterior=np.hstack([before.told.posterior, more]))
    require_as_written(campaign)
    return _read(campaign, path, stamp)


def _read(campaign: Campaign, path: Path, stamp: tuple[int, ...]) -> Told:
    """The table, whatever classes and boxes came since."""
    pool, classes = campaign.pool, campaign.config.classes
    new_names = campaign.config.new_names()
    n = len(pool)
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            header = next(rows, [])
            place = {name: at for at, name in enumerate(header)}
            table = collect(
                filter(None, rows),
                keys=place["key"],
                words={n: at for n, at in place.items() if n in ("class", "decided_by")},
                numbers={
                    name: at
                    for name, at in place.items()
                    if name == "novelty"
                    or (name.startswith("p_") and new_names.get(name[2:], name[2:]) in classes)
                },
                known=pool.keys,
            )
            index = rows_in_order(pool, table.keys)
            posterior = np.full((n, len(classes)), np.nan, np.float32)
            decided_by = np.full(n, NONE, np.int8)
            novelty = np.full(n, np.nan, np.float32)
            for name, values in table.numbers.items():
                if name == "novelty":
                    novelty[index] = values
                else:
                    posterior[index, classes.index(new_names.get(name[2:], name[2:]))] = values
            if "decided_by" in place:
                code: dict[str, int] = {name: number for number, name in enumerate(DECIDED_BY)}
                decided_by[index] = table.words["decided_by"].places(code)
        except (KeyError, ValueError, IndexError, UnicodeDecodeError, csv.Error) as error:
            at = error.row + 2 if isinstance(error, CellError) else rows.line_num
            line = f" line {at}" if at else ""  # bytes that are no text
            raise FileFormatError(
                f"expected a table of classes and probabilities in {path}{line}, found {error}; "
                f"{command('classify', campaign.typed)} makes it anew"
            ) from error
    called, names = np.full(n, NONE, np.int32), []
    if "class" in table.words:
        names = table.words["class"].names
        codes = table.words["class"].codes
        called[index] = np.where(codes == names.index(""), NONE, codes) if "" in names else codes
    return Told(
        stamp, posterior, decided_by, novelty, tuple(new_names.get(x, x) for x in names), called
    )
