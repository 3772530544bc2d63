"""Who answers a query: here, a file that knows every class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.data.label_file import read_labels
from cryoal.errors import ConfigError, LabelError
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.data.pool import Pool

__all__ = ["ErringOracle", "read_truth"]


@dataclass(frozen=True)
class ErringOracle:
    """An annotator who abstains on what the truth does not tell, and errs as often as is said.

    What becomes of a box depends on its key and the seed alone, so asking in another order, or
    again, gives the same answer.

    Parameters
    ----------
    truth
        Class of each key.
    classes
        All there are: a wrong answer is one of the others, each as likely.
    noise, abstain
        Shares of wrong answers (among the answers) and of boxes without one, in [0, 1).
    """

    truth: Mapping[str, str]
    classes: Sequence[str]
    noise: float = 0.0
    abstain: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("noise", self.noise), ("abstain", self.abstain)):
            if not 0 <= value < 1:
                raise ConfigError(f"expected the oracle's {name} in [0, 1), found {value}")

    def answer(self, keys: Sequence[str]) -> list[tuple[str, str | None]]:
        """``(key, class or None)`` for each of `keys`, in their order."""
        return [(key, self._one(key)) for key in keys]

    def _one(self, key: str) -> str | None:
        if key not in self.truth:
            return None
        rng = stream(self.seed, "annotator", key)
        abstains, errs = rng.random(2)
        if abstains < self.abstain:
            return None
        others = [name for name in self.classes if name != self.truth[key]]
        wrong = others[int(rng.integers(len(others)))]
        return wrong if errs < self.noise else self.truth[key]


def read_truth(path: Path, classes: Sequence[str], pool: Pool) -> dict[str, str]:
    """The class of every key of the pool that the file tells; other keys in it are passed over.

    Raises
    ------
    LabelError
        Nothing in the file is about this pool, or it cannot be read as labels.
    """
    known = set(pool.keys.tolist())
    told = read_labels(path, classes).answers
    truth = {key: label for key, label in told if label is not None and key in known}
    if not truth:
        example = f"first {told[0][0]!r}" if told else "no rows"
        raise LabelError(
            f"expected keys of the pool such as {pool.keys[0]!r} in {path}, found none ({example})"
        )
    return truth
