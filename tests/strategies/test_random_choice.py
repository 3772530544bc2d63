from __future__ import annotations

import numpy as np

from cryoal.scoring.evidence import Evidence
from cryoal.strategies.random_choice import RandomChoice


def test_every_candidate_is_drawn_equally_often() -> None:
    evidence = Evidence([f"k{i}" for i in range(10)], {})
    counts = dict.fromkeys(evidence.keys, 0)
    strategy = RandomChoice()
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        for key in strategy.select(strategy.score(evidence, rng), evidence, 3, rng):
            counts[key] += 1
    # 600 expected, standard deviation 20.5
    assert max(abs(n - 600) for n in counts.values()) < 4 * 20.5
