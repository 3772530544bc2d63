"""Who answers a query: here, a file that knows every class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryoal.data.label_file import read_labels
from cryoal.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryoal.data.pool import Pool

__all__ = ["TruthOracle", "read_truth"]


@dataclass(frozen=True)
class TruthOracle:
    """An annotator who is always right, and abstains on what the truth does not tell.

    Parameters
    ----------
    truth
        Class of each key.
    """

    truth: Mapping[str, str]

    def answer(self, keys: Sequence[str]) -> list[tuple[str, str | None]]:
        """``(key, class or None)`` for each of `keys`, in their order."""
        return [(key, self.truth.get(key)) for key in keys]


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
