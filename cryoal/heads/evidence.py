"""What is known of how right a posterior is: rows that those who tell of them did not see."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Evidence"]


class Evidence(NamedTuple):
    """Posteriors of rows with and without a label, by heads that saw them and that did not.

    Heads that teach each other on rows without a label are surer of these than of others, as of
    labelled ones. So `unseen` is told by heads that saw neither the row nor a fold of the labels.
    """

    said: NDArray[np.float64]
    """``(m, n_classes)``: what users see, of a random sample of the rows without a label."""
    unseen: NDArray[np.float64]
    """``(m, n_classes)``: of the same rows, by heads that did not see them."""
    held_out: NDArray[np.float64]
    """``(n, n_classes)``: of the labelled rows, likewise."""
    classes: NDArray[np.int64]
    """``(n,)``, those of the labelled rows."""

    @property
    def is_sound(self) -> bool:
        """Whether there are rows of both kinds, and numbers alone."""
        parts = (self.said, self.unseen, self.held_out)
        return all(len(part) and bool(np.isfinite(part).all()) for part in parts)

    def labels_of_each(self) -> NDArray[np.int64]:
        """``(n_classes,)``."""
        return np.bincount(self.classes, minlength=self.said.shape[1])

    def most_hidden(self, chance: float) -> float:
        """The largest share of the rows that classes without a label may have.

        Were it larger, none of n labels would be of these classes with a probability below
        `chance`, if labels were drawn at random; 0 where every class has a label.
        """
        if self.labels_of_each().all():
            return 0.0
        return float(1.0 - chance ** (1.0 / len(self.classes)))
