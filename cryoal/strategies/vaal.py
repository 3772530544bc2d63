"""Ask what a discriminator would not take for labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["VAAL"]


class VAAL(Strategy):
    """Minus the discriminator's belief that a candidate is labelled, in [-1, 0].

    Variational adversarial active learning (Sinha et al., 2019).

    Notes
    -----
    The official code scores with the VAE and the discriminator in train mode and through the
    augmentation of the pool; here both are off. DeepAL+ trains the discriminator with ones for
    labelled and unlabelled alike and sorts the other way.
    """

    name = "vaal"
    needs = frozenset({"vaal_labelled"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return np.asarray(-evidence.vaal_labelled)
