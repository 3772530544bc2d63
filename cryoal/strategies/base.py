"""What an acquisition strategy is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from cryoal.errors import ConfigError, PoolError
from cryoal.scoring.fields import not_given
from cryoal.strategies import STRATEGIES
from cryoal.strategies.ties import falling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["Strategy", "by_key", "make_strategy", "needs_for", "require", "top"]


class Strategy(ABC):
    """Ranks candidates: higher score, more informative.

    A subclass is tested by :class:`cryoal.testing.strategy_contract.StrategyContract`.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    """Fields of :class:`~cryoal.scoring.evidence.Evidence` it reads; no others are computed."""
    cold_needs: ClassVar[frozenset[str] | None] = None
    """What it reads before anything is learnt; None: it cannot ask then, and chance asks."""
    dense_needs: ClassVar[frozenset[str] | None] = None
    """What it reads of a segmentation; None: the same, if a segmentation gives that."""
    dropout: ClassVar[float] = 0.0
    """Share of the embedding that the teacher's last layer drops while it learns."""

    @abstractmethod
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        """``(n,)``, one number for each candidate, in the order of ``evidence.keys``.

        Depends on what is known of a candidate, not on its place in the order. A key names a
        candidate and may say which random numbers it gets, never that it is better than another.
        """

    def select(
        self,
        scores: NDArray[np.floating],
        evidence: Evidence,
        m: int,
        rng: np.random.Generator,
    ) -> list[str]:
        """Keys of the `m` candidates to ask, the most informative first.

        Here: those of the highest scores, equal ones drawn by `rng`. Strategies that want a varied
        batch do something else.

        Raises
        ------
        PoolError
            More are asked than there are, or a score is NaN.
        """
        return top(scores, evidence.keys, m, rng)


def by_key(keys: Sequence[str]) -> NDArray[np.int64]:
    """Places of the keys in the order of the keys, ``(n,)`` int64."""
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def require(scores: NDArray[np.floating], keys: Sequence[str], m: int) -> None:
    """Raise PoolError where `m` keys cannot be chosen by these scores.

    Raises
    ------
    PoolError
        More keys are asked than there are, or a score is NaN.
    """
    if len(scores) != len(keys) or not 0 <= m <= len(keys):
        raise PoolError(
            f"expected {m} keys from {len(keys)} candidates with a score each,"
            f" found {len(scores)} scores"
        )
    if (unknown := np.flatnonzero(np.isnan(scores))).size:
        raise PoolError(f"expected a score for each candidate, found nan for {keys[unknown[0]]}")


def top(
    scores: NDArray[np.floating], keys: Sequence[str], m: int, rng: np.random.Generator
) -> list[str]:
    """The keys of the `m` highest scores, highest first; equal scores in an order that `rng` draws.

    The order in which candidates come does not matter. Without equal scores nothing is drawn.

    Raises
    ------
    PoolError
        More keys are asked than there are, or a score is NaN.
    """
    require(scores, keys, m)
    values = np.asarray(scores, dtype=np.float64)
    order = by_key(keys)  # draws go with the key, not with the place
    return [keys[place] for place in order[falling(values[order], rng)[:m]]]


def make_strategy(name: str) -> Strategy:
    """The strategy of that name in :data:`cryoal.strategies.STRATEGIES`.

    Raises
    ------
    UnknownNameError
        No such strategy; the message gives the nearest.
    """
    return cast("type[Strategy]", STRATEGIES.load(name))()


def needs_for(strategy: Strategy, task: str) -> frozenset[str]:
    """What `strategy` reads of a ``"classification"`` or a ``"segmentation"``.

    Raises
    ------
    ConfigError
        The task cannot give it; names the strategy and what is lacking.
    """
    needs = strategy.needs
    if task == "segmentation" and strategy.dense_needs is not None:
        needs = strategy.dense_needs
    if lacking := not_given(needs, task):
        raise ConfigError(
            f"expected a strategy whose needs a {task} can give,"
            f" found {strategy.name}, which needs {', '.join(lacking)}"
        )
    return needs
