"""Which heads on which blocks: those that the labels cannot tell from the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cryoal.heads.base import FittedHead, Head, log_softmax
from cryoal.heads.block_sets import block_sets
from cryoal.heads.discriminant import Discriminant, Linear
from cryoal.heads.folds import folds
from cryoal.heads.kernel_svm import KernelSvm
from cryoal.heads.logistic import Logistic
from cryoal.heads.standardise import SideBySide
from cryoal.heads.temperature import fit_temperature
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["FLOOR", "Heads", "fit_heads"]

FLOOR = 1e-3
"""The share of the posterior that is spread evenly over all classes."""
_ROWS = 8192
_N_FOLDS = 5


class Candidate(NamedTuple):
    """A head and the blocks that it sees."""

    head: Head
    blocks: tuple[str, ...]


class Judged(NamedTuple):
    """What the labels say of a candidate."""

    candidate: Candidate
    held_out: NDArray[np.float64] | None
    accuracy: float | None
    temperature: float


class Member(NamedTuple):
    """A candidate that was chosen, fitted on all labels."""

    fitted: FittedHead
    columns: NDArray[np.int64]
    temperature: float


class Heads:
    """The mean of the chosen members, and one linear head on all blocks; see :func:`fit_heads`."""

    def __init__(
        self,
        side_by_side: SideBySide,
        members: list[Member],
        temperature: float,
        linear: Linear,
        held_out: NDArray[np.float32] | None,
        told: dict[str, Any],
    ) -> None:
        self._side_by_side = side_by_side
        self._members = members
        self._temperature = temperature
        self._linear = linear
        self.held_out = held_out
        """``(n_labelled, n_classes)`` cross-validated log-posterior of the labelled rows in their
        order, as :meth:`log_posterior` would tell it; None where nothing could be held out."""
        self.told = told
        """Plain JSON: members, accuracies, temperature, what was dropped."""

    @property
    def last_layer(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight ``(n_classes, features)`` and bias of one linear head on :meth:`embedding`."""
        return self._linear.weight, self._linear.bias

    def embedding(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
        """``(m, features)``: all blocks standardised side by side."""
        return self._side_by_side(blocks)

    def log_posterior(self, blocks: Mapping[str, NDArray[np.floating]]) -> NDArray[np.float32]:
        """``(m, n_classes)`` float32; rows are independent of each other."""
        m = len(next(iter(blocks.values())))
        out = np.empty((m, len(self._linear.bias)), dtype=np.float32)
        for start in range(0, m, _ROWS):
            part = slice(start, start + _ROWS)
            rows = self._side_by_side({name: blocks[name][part] for name in blocks})
            told = [
                log_softmax(member.fitted.logits(rows[:, member.columns]) / member.temperature)
                for member in self._members
            ]
            out[part] = _finish(_mean(told), self._temperature)
        return out


def fit_heads(
    blocks: Mapping[str, NDArray[np.floating]],
    classes: NDArray[np.int64],
    n_classes: int,
    *,
    mean_std: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
    seed: int,
) -> Heads:
    """Heads on all sets of blocks, and the mean of those near the best in cross-validation.

    Near is within two standard errors of the best accuracy: tens of labels keep nearly all
    members, hundreds drop a useless block. Where nothing can be held out, all stay.

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
    """
    side_by_side = SideBySide(mean_std)
    rows = side_by_side(blocks)
    fold = _fold(classes, seed)
    judged = [
        _judge(candidate, rows[:, side_by_side.columns(candidate.blocks)], classes, n_classes, fold)
        for candidate in _candidates(side_by_side.names)
    ]
    chosen = _near_the_best(judged, len(classes))
    members = [
        Member(
            one.candidate.head.fit(rows[:, columns], classes, n_classes),
            columns,
            one.temperature,
        )
        for one in chosen
        for columns in [side_by_side.columns(one.candidate.blocks)]
    ]
    temperature, held_out = 1.0, None
    told: dict[str, Any] = {"accuracy": None, "standard_error": None}
    parts = [
        log_softmax(one.held_out / one.temperature) for one in chosen if one.held_out is not None
    ]
    if parts and fold is not None:
        mean = _mean(parts)
        temperature = fit_temperature(mean, classes, known=_known(classes, fold))
        held_out = _finish(mean, temperature)
        accuracy = float((held_out.argmax(axis=1) == classes).mean())
        told = {"accuracy": accuracy, "standard_error": _standard_error(accuracy, len(classes))}
    told["temperature"] = temperature
    told["members"] = [_told(one) for one in chosen]
    told["dropped"] = [_told(one) for one in judged if not any(one is other for other in chosen)]
    return Heads(
        side_by_side,
        members,
        temperature,
        _one_linear(judged, side_by_side.names, rows, classes, n_classes),
        held_out,
        told,
    )


def _candidates(names: tuple[str, ...]) -> list[Candidate]:
    every = tuple(names)
    return [
        *(Candidate(Discriminant(), chosen) for chosen in block_sets(names)),
        Candidate(Logistic(), every),
        Candidate(KernelSvm(), every),
    ]


def _fold(classes: NDArray[np.int64], seed: int) -> NDArray[np.int64] | None:
    """The fold of each row, or None where no class would be left to compare with."""
    count = np.bincount(classes)
    if len(classes) < 4 or (count >= 2).sum() < 2:
        return None
    return folds(classes, min(_N_FOLDS, len(classes)), stream(seed, "heads", "folds"))


def _known(classes: NDArray[np.int64], fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the class of a row is there too among rows of other folds."""
    return np.array(
        [bool(((classes == c) & (fold != f)).any()) for c, f in zip(classes, fold, strict=True)]
    )


def _judge(
    candidate: Candidate,
    rows: NDArray[np.float32],
    classes: NDArray[np.int64],
    n_classes: int,
    fold: NDArray[np.int64] | None,
) -> Judged:
    if fold is None:
        return Judged(candidate, None, None, 1.0)
    held_out = np.empty((len(rows), n_classes))
    for k in range(int(fold.max()) + 1):
        out = fold == k
        fitted = candidate.head.fit(rows[~out], classes[~out], n_classes)
        held_out[out] = fitted.logits(rows[out])
    accuracy = float((held_out.argmax(axis=1) == classes).mean())
    temperature = fit_temperature(held_out, classes, known=_known(classes, fold))
    return Judged(candidate, held_out, accuracy, temperature)


def _near_the_best(judged: list[Judged], n: int) -> list[Judged]:
    """Those within two standard errors of the best accuracy."""
    best = max((one.accuracy for one in judged if one.accuracy is not None), default=None)
    if best is None:
        return judged
    least = best - 2.0 * _standard_error(best, n) - 1e-9
    return [one for one in judged if one.accuracy is not None and one.accuracy >= least]


def _standard_error(accuracy: float, n: int) -> float:
    """Of a share of `n`; a share of 0 or 1 counts as half a row off."""
    p = min(max(accuracy, 0.5 / n), 1.0 - 0.5 / n)
    return float(np.sqrt(p * (1.0 - p) / n))


def _one_linear(
    judged: list[Judged],
    names: tuple[str, ...],
    rows: NDArray[np.float32],
    classes: NDArray[np.int64],
    n_classes: int,
) -> Linear:
    """A discriminant on all blocks, divided by its own temperature."""
    temperature = next(
        one.temperature
        for one in judged
        if one.candidate.blocks == names and isinstance(one.candidate.head, Discriminant)
    )
    linear = Discriminant().fit(rows, classes, n_classes)
    seen = np.isin(np.arange(n_classes), classes)
    return Linear(
        linear.weight / temperature, np.where(seen, linear.bias / temperature, linear.bias)
    )


def _mean(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Log of the mean of posteriors given by their logs."""
    together = np.logaddexp.reduce(np.stack(parts), axis=0)
    return np.asarray(together - np.log(len(parts)))


def _finish(mean: NDArray[np.float64], temperature: float) -> NDArray[np.float32]:
    """The tempered posterior over its floor."""
    sharp = log_softmax(mean / temperature)
    floor = np.log(FLOOR / mean.shape[1])
    return np.asarray(np.logaddexp(sharp + np.log1p(-FLOOR), floor), dtype=np.float32)


def _told(one: Judged) -> dict[str, Any]:
    return {
        "head": one.candidate.head.name,
        "blocks": list(one.candidate.blocks),
        "accuracy": one.accuracy,
        "temperature": one.temperature,
    }
