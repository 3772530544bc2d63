"""Whether particles are lighter or darker than what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from cryoal.errors import PoolError
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.data.statistics import Statistics

__all__ = ["LEAST", "Density", "DensityGuess", "contrast", "require_like", "sign"]

Density: TypeAlias = Literal["white", "black"]
"""``white``: particles have larger values than background; ``black``: smaller."""

GOLD = (
    5.0  # contrasts beyond +-5 sigma are gold beads and the like: they count, but no more than so
)

FEW = 10  # picks whose spread says little of their mean: that of a single one is 0

LEAST = 0.1
"""Sigma: a smaller mean contrast is a question for the user, however sure it is that it is not 0.

What is measured against is the median of the tomogram, which is not the mean of ice: picks on
nothing, on a real microtubule and on phantoms, were up to 0.06 sigma off, to either side
(docs/log.md). Particles in boxes that fit them were 0.17 to 0.9 sigma off.
"""


def sign(density: Density) -> int:
    """The factor that makes particles positive."""
    return 1 if density == "white" else -1


def contrast(boxes: NDArray[Any], statistics: Statistics) -> NDArray[np.float64]:
    """Of boxes ``(n, b, b, b)`` of one tomogram, how much each is brighter than background.

    The mean over the inner cube of half the edge, less the tomogram's background, in units of its
    scale.
    """
    quarter = boxes.shape[-1] // 4
    inner = slice(quarter, boxes.shape[-1] - quarter)
    mean = boxes[:, inner, inner, inner].mean(axis=(1, 2, 3), dtype=np.float64)
    found: NDArray[np.float64] = np.clip((mean - statistics.center) / statistics.scale, -GOLD, GOLD)
    return found


@dataclass
class DensityGuess:
    """A guess from the mean contrast at the picks: most pickers find particles, not background.

    Where the contrast does not tell there is no guess: a wrong one would turn every box over.
    """

    _contrasts: list[NDArray[np.float64]] = field(default_factory=list)

    def take(self, contrasts: NDArray[np.float64]) -> None:
        """Take the :func:`contrast` of boxes of one tomogram into account."""
        self._contrasts.append(contrasts)

    def answer(self) -> tuple[Density, str]:
        """The likelier density, and one line that says what it rests on.

        Raises
        ------
        PoolError
            The picks do not tell: they hardly differ from their background.
        """
        contrasts = np.concatenate(self._contrasts)
        mean, n = float(contrasts.mean()), contrasts.size
        density: Density = "white" if mean >= 0 else "black"
        brightness = "brighter" if mean >= 0 else "darker"
        if abs(mean) < LEAST:
            raise PoolError(
                f"expected --density black (protein dark) or white, found {n} picks as bright as "
                f"their surroundings ({abs(mean):.2g} sigma {brightness}), which do not tell"
            )
        doubt = n < FEW or abs(mean) < 3 * float(contrasts.std()) / np.sqrt(n)
        return density, (
            f"density guessed {density}: {how_many(n, 'pick is', 'picks are')} {abs(mean):.2g} "
            f"sigma {brightness} than their background"
            + (", which may be chance: better say (--density)" if doubt else "")
        )


def require_like(guess: Density, reason: str, like: Density | None) -> None:
    """Raise PoolError where a guess is not the density of tomograms that were added elsewhere.

    Boxes that are upside down look like nothing that was labelled there, so a guess will not do.
    """
    if like is not None and guess != like:
        other = f"--density {guess} if it is right, --density {like} if they are as those were"
        raise PoolError(
            f"expected density {like}, as of the tomograms that the model learnt from, found "
            f"{reason}: say {other}"
        )
