"""One query in a process of its own: prints its seconds and peak memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.strategies.material import read_evidence
from cryoal.scoring.evidence import Evidence
from cryoal.strategies.base import make_strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OTHERS = ("core-set", "badge", "typiclust")


def ours(folder: Path, name: str, m: int) -> Callable[[], Sequence[object]]:
    """A query of cryoal: scores, then the selection."""
    strategy = make_strategy(name)
    evidence = read_evidence(folder, strategy.needs)
    few = {name: rows[:2] for name, rows in evidence.values.items()}
    strategy.score(Evidence(evidence.keys[:2], few, evidence.context), np.random.default_rng(0))
    # now everything that is imported late is there

    def query() -> Sequence[object]:
        rng = np.random.default_rng(0)
        return strategy.select(strategy.score(evidence, rng), evidence, m, rng)

    return query


def theirs(folder: Path, name: str, m: int) -> Callable[[], Sequence[object]]:
    """The same of scikit-activeml, which takes all rows in one array, labelled ones last."""
    from skactiveml.base import SkactivemlClassifier
    from skactiveml.pool import Badge, CoreSet, TypiClust

    candidates = np.load(folder / "embedding.npy")
    labelled = np.load(folder / "labelled_embedding.npy")
    n = len(candidates)
    x = np.concatenate([candidates, labelled])
    y = np.concatenate([np.full(n, np.nan), np.zeros(len(labelled))])
    if name == "core-set":
        return lambda: CoreSet(random_state=0).query(x, y, batch_size=m)
    if name == "typiclust":  # 20 neighbours, as the paper; the default is 5
        return lambda: TypiClust(random_state=0, k=20).query(x, y, batch_size=m)
    p = np.exp(np.load(folder / "log_posterior.npy"))

    class Known(SkactivemlClassifier):
        """Gives the posterior that is there, so that no learning is timed."""

        def fit(self, x: object, y: object, sample_weight: object = None) -> Known:
            return self

        def predict_proba(self, x: object) -> object:
            return p

    return lambda: Badge(random_state=0).query(x, y, clf=Known(), fit_clf=False, batch_size=m)


def resident(which: str) -> float:
    """Megabytes that the process has (``VmRSS``) or had at most (``VmHWM``).

    Not ``ru_maxrss``: that of a child begins at what its parent had.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(which):
            return int(line.split()[1]) / 1e3 * 1.024
    raise LookupError(f"expected {which} in /proc/self/status")


def main() -> None:
    folder, provider, name, m, gigabytes = sys.argv[1:]
    limit = int(float(gigabytes) * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        query = (ours if provider == "cryoal" else theirs)(Path(folder), name, int(m))
        before = resident("VmRSS")
        begin = time.perf_counter()
        keys = query()
        seconds = time.perf_counter() - begin
    except MemoryError:
        print(json.dumps({"outcome": f"> {float(gigabytes):g} GB"}))
        return
    if len(set(keys)) != int(m):
        raise ValueError(f"expected {m} different candidates, found {len(set(keys))}")
    peak = max(resident("VmHWM") - before, 0.0)
    print(json.dumps({"outcome": "", "seconds": seconds, "peak_megabytes": peak}))


if __name__ == "__main__":
    main()
