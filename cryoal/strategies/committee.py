"""Ask where the members of a committee disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from cryoal.strategies.base import Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cryoal.scoring.evidence import Evidence

__all__ = ["Committee"]

BLOCK = 1 << 20


class Committee(Strategy):
    """Jensen-Shannon divergence of the members' posteriors, nats (Kuo et al., 2018).

    ``H(mean of p_m) - mean of H(p_m)``, in [0, log(members)]. Of a segmentation the mean over the
    pixels.

    Notes
    -----
    Kuo et al. sum it over the patches of a scan and choose scans by a knapsack under a budget of
    labelling time. Boxes cost alike, so the query is the top M. TorchAL's committee counts the
    votes that differ (variation ratio) instead.
    """

    name = "committee"
    needs = frozenset({"committee_log_posterior"})
    dense_needs = frozenset({"dense_committee"})

    @override
    def score(self, evidence: Evidence, rng: np.random.Generator) -> NDArray[np.floating]:
        if "dense_committee" in evidence:
            return evidence.dense_committee
        log_posteriors = evidence.committee_log_posterior  # (n, members, classes)
        scores = np.empty(len(evidence))
        step = max(1, BLOCK // log_posteriors[0].size) if len(evidence) else 1
        for begin in range(0, len(evidence), step):
            log_p = np.maximum(log_posteriors[begin : begin + step].astype(np.float64), -1e300)
            p = np.exp(log_p)  # 0 log 0 = 0
            mean = p.mean(axis=1)
            log_mean = np.log(np.maximum(mean, np.finfo(np.float64).tiny))
            of_mean = -(mean * log_mean).sum(axis=1)
            scores[begin : begin + step] = of_mean + (p * log_p).sum(axis=2).mean(axis=1)
        return np.maximum(scores, 0.0)  # rounding
