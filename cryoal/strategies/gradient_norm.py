"""Ask where a label would move the teacher's weights most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["GradientNorm"]


class GradientNorm(Strategy):
    """Norms of the gradient of the expected loss, summed over the parameters (Wang et al., 2022).

    Notes
    -----
    This is both "ours-ent" (gradnorm-entropy) and "ours-est" (gradnorm-expected) of Tables III to
    VII. Their losses are one formula: the expected cross entropy ``sum_i p_i CE(i)`` with
    ``CE(i) = -log p_i`` is the entropy, and with p detached its gradient on the logits,
    ``sum_i p_i (p - y_i) = p - p``, is zero. The official code does not detach p, so the two
    rows differ by chance only. The sum runs over norms of tensors, not over all weights at once.
    """

    name = "gradient-norm"
    needs = frozenset({"gradient_norm"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        return evidence.gradient_norm
