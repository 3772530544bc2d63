"""The classifier on descriptors: the mean of the heads that the labels cannot tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cryoal.heads.along import gather
from cryoal.heads.base import NEVER, FittedHead, Head, log_softmax
from cryoal.heads.block_sets import block_sets, views, whole_sets
from cryoal.heads.discriminant import Discriminant
from cryoal.heads.evidence import Evidence
from cryoal.heads.held_out import mean_held_out
from cryoal.heads.judge import Judged, Labelled, judge, near_the_best, standard_error
from cryoal.heads.kernel_svm import KernelSvm
from cryoal.heads.linear import Linear
from cryoal.heads.logistic import Logistic
from cryoal.heads.members import Member, Members
from cryoal.heads.standardise import SideBySide
from cryoal.heads.taught import teach
from cryoal.heads.temperature import fit_temperature
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cryoal.heads.along import Along

__all__ = ["FLOOR", "Heads", "fit_heads"]

FLOOR = 1e-3
"""The share of the posterior that is spread evenly over all classes."""
SLOW_HEADS_FROM = 100
"""Labels below which heads that are fitted step by step are not tried: nothing tells them apart."""
SLOW_HEADS_TO = 5000
"""Labels times classes above which they take minutes."""
FEWEST_MEMBERS = 3
"""Discriminants that taught each other below which those are asked that the labels chose before."""
MOST_MEMBERS = 8
"""Asked one by one where heads do not teach each other: dozens say little more, and slowly."""
_ROWS = 8192


class _Other(NamedTuple):
    """A member that is not linear."""

    fitted: FittedHead
    columns: NDArray[np.int64]
    share: float


class Heads:
    """Linear members folded into one layer, and others beside it; see :func:`fit_heads`."""

    def __init__(
        self,
        side_by_side: SideBySide,
        linear: Linear,
        others: list[_Other],
        members: Members,
        temperature: float,
        held_out: NDArray[np.float32] | None,
        told: dict[str, Any],
    ) -> None:
        self._side_by_side = side_by_side
        self._linear = linear
        self._others = others
        self.members = members
        """Whom :meth:`look` asks one by one."""
        self._temperature = temperature
        self.evidence: Evidence | None = None
        """What is known of how right the posterior is; None where no row could be held out, or no
        rows without a label were given."""
        self.held_out = held_out
        """``(n_labelled, n_classes)`` log-posterior of each labelled row, in their order, by heads
        that did not see it; None where none could be held out."""
        self.told = told
        """Plain JSON: ``accuracy`` and ``standard_error`` of :attr:`held_out` (or None),
        ``temperature``, ``members`` and ``dropped``."""

    def parts(self) -> tuple[Any, ...]:
        """All that decides about what is said of rows, for a digest."""
        return self._side_by_side, self._linear, self._others, self.members, self._temperature

    @property
    def last_layer(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight ``(n_classes, features)`` and bias on :meth:`embedding`: the linear members."""
        t = np.float32(self._temperature)
        bias = self._linear.bias
        return self._linear.weight / t, np.where(bias > NEVER, bias / t, bias)

    def embedding(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
        """``(m, features)``: all blocks standardised side by side."""
        return self._side_by_side(blocks)

    def log_posterior(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
        """``(m, n_classes)`` float32 of ``(m, columns)`` a block; rows do not touch each other."""
        return self._look(blocks, with_votes=False)[0]

    def look(
        self, blocks: Mapping[str, NDArray[np.floating]]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """:meth:`log_posterior`, and what each member says by itself.

        Members are the discriminants that taught each other, or where these are fewer than
        :data:`FEWEST_MEMBERS` the sets of blocks that the labels chose, at most
        :data:`MOST_MEMBERS`: ``(m, members)``, a class or :data:`cryoal.heads.members.NO_VOTE`.
        """
        return self._look(blocks, with_votes=True)

    def _look(
        self, blocks: Mapping[str, NDArray[np.floating]], *, with_votes: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        m = len(next(iter(blocks.values())))
        out = np.empty((m, len(self._linear.bias)), dtype=np.float32)
        votes = np.empty((m, len(self.members)), dtype=np.int64)
        for start in range(0, m, _ROWS):
            part = slice(start, start + _ROWS)
            rows = self._side_by_side({name: blocks[name][part] for name in blocks})
            logits = _logits(self._linear, self._others, rows)
            out[part] = _over_floor(logits / np.float32(self._temperature))
            if with_votes:
                votes[part] = self.members.votes(rows)
        return out, votes


def fit_heads(
    blocks: Mapping[str, NDArray[np.floating]],
    classes: NDArray[np.int64],
    n_classes: int,
    *,
    mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
    seed: int,
    unlabelled: Mapping[str, NDArray[np.floating]] | None = None,
    groups: NDArray[np.int64] | None = None,
    along: Along | None = None,
) -> Heads:
    """Heads on many sets of blocks, and the mean of those near the best in cross-validation.

    Near is within two standard errors of the best accuracy: tens of labels keep most, hundreds
    drop a useless block. The mean is that of logits, so heads that are linear are one linear layer
    together, whatever their number; it is divided by one temperature, the likeliest for rows that
    neither the heads nor the choice saw.

    Parameters
    ----------
    blocks
        ``(n_labelled, columns)`` for each block.
    classes
        ``(n_labelled,)``, in 0 .. n_classes - 1; classes without a label get the floor.
    n_classes
        At least 1.
    mean_std
        Mean and standard deviation of each column over the whole pool.
    seed
        Decides which rows are held out together.
    unlabelled
        ``(m, columns)`` for each block of boxes without a label, drawn from the pool; hundreds, or
        a few thousand. With them discriminants on blocks that see a box in ways of their own teach
        each other (:mod:`cryoal.heads.together`), from what the mean says of them; that takes the
        place of the mean unless it is more than two standard errors worse on held-out labels.
    groups
        ``(n,)``: labelled boxes with the same number, of one filament, are held out together.
    along
        Labelled rows of another pool (:mod:`cryoal.heads.along`); then there may be none of one's
        own. What is told of held-out rows is of one's own alone.
    """
    side_by_side = SideBySide(mean_std)
    rng = stream(seed, "heads", "folds")
    labelled, can_judge = gather(side_by_side(blocks), classes, n_classes, groups, along, rng)
    heads = _fit_heads(side_by_side, labelled, unlabelled, seed)
    if along is not None:
        _keep_own(heads, classes, can_judge=can_judge)
        heads.told["along"] = {"labels": len(along.classes), "weight": along.weight}
    return heads


def _keep_own(heads: Heads, classes: NDArray[np.int64], *, can_judge: bool) -> None:
    """Let what is known of held-out rows be of the first ones, which are of `classes`, alone."""
    n = len(classes)
    if heads.held_out is None or not can_judge:
        heads.held_out = heads.evidence = None
        heads.told |= {"accuracy": None, "standard_error": None}
        return
    heads.held_out = heads.held_out[:n]
    accuracy = float((heads.held_out.argmax(axis=1) == classes).mean())
    heads.told |= {"accuracy": accuracy, "standard_error": standard_error(accuracy, n)}
    if heads.evidence is not None:
        held_out = heads.evidence.held_out[:n]
        heads.evidence = heads.evidence._replace(held_out=held_out, classes=classes)


def _fit_heads(
    side_by_side: SideBySide,
    labelled: Labelled,
    unlabelled: Mapping[str, NDArray[np.floating]] | None,
    seed: int,
) -> Heads:
    """The heads of what is `labelled`, some of which may be another pool's."""
    rows, classes, fold, there = labelled.rows, labelled.classes, labelled.fold, labelled.known
    seen = labelled.shown()
    n, work = len(seen.classes), len(seen.classes) * labelled.n_classes
    judged: list[Judged] = []
    for head, some in _candidates(side_by_side.names, work, n):
        judged += judge(head, some, side_by_side.columns(some), labelled)
    right = [one.right for one in judged if one.right is not None]
    kept = near_the_best(right) if right else list(range(len(judged)))
    chosen = [judged[at] for at in kept]
    fitted = _fit(chosen, labelled)
    linear, others = _fold_together(chosen, fitted, labelled)
    members = _members(chosen, fitted)

    held_out = None
    told: dict[str, Any] = {"accuracy": None, "standard_error": None}
    if (
        fold is None
    ):  # a mean that has seen the rows is too sure; the temperature knows of one error
        temperature = fit_temperature(_logits(linear, others, rows), classes)
    else:
        mean = mean_held_out(judged, labelled)
        temperature = fit_temperature(mean[there], classes[there])
        held_out = _over_floor(mean / temperature)
        accuracy = float((held_out.argmax(axis=1) == classes).mean())
        told = {"accuracy": accuracy, "standard_error": standard_error(accuracy, len(classes))}
    told["temperature"] = temperature
    told["members"] = _told(chosen)
    told["dropped"] = _told([one for at, one in enumerate(judged) if at not in kept])
    alone = Heads(side_by_side, linear, others, members, temperature, held_out, told)
    if unlabelled is None or len(next(iter(unlabelled.values()))) == 0:
        return alone
    return _together(alone, labelled, side_by_side, unlabelled, seed)


def _together(
    alone: Heads,
    labelled: Labelled,
    side_by_side: SideBySide,
    unlabelled: Mapping[str, NDArray[np.floating]],
    seed: int,
) -> Heads:
    """What the discriminants have taught each other, or `alone` where labels speak against it."""
    chosen = {frozenset(member["blocks"]) for member in alone.told["members"]}
    possible = views(side_by_side.names)
    some = [view for view in possible if frozenset(view) in chosen] or possible
    columns = [side_by_side.columns(view) for view in some]
    rows, said = side_by_side(unlabelled), alone.log_posterior(unlabelled)
    found = teach(
        labelled,
        rows,
        np.exp(said),
        columns,
        stream(seed, "heads", "unseen"),
    )
    members = Members([Member(*one) for one in zip(found.each, columns, strict=True)])
    if len(members) < FEWEST_MEMBERS:
        members = alone.members
    told = {**alone.told, "alone": {n: alone.told[n] for n in ("accuracy", "standard_error")}}
    told["together"] = [list(view) for view in some]
    if found.held_out is None or alone.held_out is None:
        seen = found.linear.logits(labelled.rows)
        temperature = fit_temperature(seen, labelled.classes)
        told["temperature"] = temperature
        return Heads(side_by_side, found.linear, [], members, temperature, None, told)
    right = found.held_out.argmax(axis=1) == labelled.classes
    accuracy, n = float(right.mean()), len(right)
    before = float((alone.held_out.argmax(axis=1) == labelled.classes).mean())
    if accuracy < before - 2.0 * standard_error(before, n):
        alone.told |= {"together": [], "together_accuracy": accuracy}
        alone.evidence = _evidence(said, said, alone.held_out, labelled)  # it saw none of them
        return alone
    there = labelled.known
    temperature = fit_temperature(found.held_out[there], labelled.classes[there])
    told |= {
        "accuracy": accuracy,
        "standard_error": standard_error(accuracy, n),
        "temperature": temperature,
    }
    held_out = _over_floor(found.held_out / np.float32(temperature))
    heads = Heads(side_by_side, found.linear, [], members, temperature, held_out, told)
    said = _over_floor(found.linear.logits(rows) / np.float32(temperature))
    assert found.unseen is not None
    unseen = _over_floor(found.unseen / np.float32(temperature))
    heads.evidence = _evidence(said, unseen, held_out, labelled)
    return heads


def _evidence(
    said: NDArray[np.float32],
    unseen: NDArray[np.float32],
    held_out: NDArray[np.float32],
    labelled: Labelled,
) -> Evidence:
    """Of log-posteriors."""
    one, two, three = (np.exp(told.astype(np.float64)) for told in (said, unseen, held_out))
    return Evidence(one, two, three, labelled.classes)


def _candidates(names: tuple[str, ...], work: int, n: int) -> list[tuple[Head, tuple[str, ...]]]:
    found: list[tuple[Head, tuple[str, ...]]] = [(Discriminant(), s) for s in block_sets(names)]
    if n >= SLOW_HEADS_FROM and work <= SLOW_HEADS_TO:
        found += [(head, s) for head in (Logistic(), KernelSvm()) for s in whole_sets(names)]
    return found


def _fit(chosen: list[Judged], labelled: Labelled) -> list[FittedHead]:
    """Each of `chosen` on all labels; settings of one head on the same blocks are fitted once."""
    shown = labelled.shown()
    fitted: dict[tuple[str, tuple[str, ...]], list[FittedHead]] = {}
    out = []
    for one in chosen:
        key = (one.head.name, one.blocks)
        if key not in fitted:
            rows = shown.rows[:, one.columns]
            fitted[key] = one.head.fit(rows, shown.classes, labelled.n_classes, shown.weights)
        out.append(fitted[key][one.head.settings.index(one.setting)])
    return out


def _fold_together(
    chosen: list[Judged], fitted: list[FittedHead], labelled: Labelled
) -> tuple[Linear, list[_Other]]:
    """One layer for all linear members, and what is not linear with its share of the mean."""
    weight = np.zeros((labelled.n_classes, labelled.rows.shape[1]))
    bias = np.zeros(labelled.n_classes)
    others = []
    sound = [
        (one, head)
        for one, head in zip(chosen, fitted, strict=True)
        if not isinstance(head, Linear) or head.is_sound
    ]
    share = 1.0 / max(len(sound), 1)
    for one, head in sound:
        if isinstance(head, Linear):
            weight[:, one.columns] += share * head.weight
            bias += share * head.bias
        else:
            others.append(_Other(head, one.columns, share))
    there = labelled.shown().classes
    bias[~np.isin(np.arange(labelled.n_classes), there)] = NEVER
    return Linear(weight, bias), others


def _members(chosen: list[Judged], fitted: list[FittedHead]) -> Members:
    """One for each set of blocks and kind of head, the first of its settings, the best first."""
    found: dict[tuple[str, tuple[str, ...]], tuple[float, Member]] = {}
    for one, head in zip(chosen, fitted, strict=True):
        key = (one.head.name, one.blocks)
        found.setdefault(key, (-(one.accuracy or 0.0), Member(head, one.columns)))
    ranked = sorted(found.values(), key=lambda entry: entry[0])  # stable: else as they were tried
    return Members([member for _, member in ranked[:MOST_MEMBERS]])


def _logits(linear: Linear, others: list[_Other], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    logits = linear.logits(rows)
    for other in others:
        logits += other.share * other.fitted.logits(rows[:, other.columns])
    return logits


def _over_floor(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Log-posterior over its floor."""
    k = logits.shape[1]
    told = np.logaddexp(log_softmax(logits) + np.log1p(-FLOOR), np.log(FLOOR / k))
    return np.asarray(told, dtype=np.float32)


def _told(some: list[Judged]) -> list[dict[str, Any]]:
    """One entry for each head and set of blocks, with the accuracy of its best setting."""
    found: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    for one in some:
        entry = found.setdefault(
            (one.head.name, one.blocks),
            {"head": one.head.name, "blocks": list(one.blocks), "accuracy": None, "settings": []},
        )
        entry["settings"].append(one.setting)
        if one.accuracy is not None:
            entry["accuracy"] = max(entry["accuracy"] or 0.0, one.accuracy)
    return list(found.values())
