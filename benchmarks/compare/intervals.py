"""``python -m benchmarks.compare.intervals``: how often a study says what is not so.

Studies of strategies that are all equal, made up: the areas of random and of the others on the same
seeds, with an effect of the seed that all share and noise of each training. For each way of noise,
number of seeds and number of strategies a row in ``results/compare_intervals.csv``:

- `covered`: share of the intervals of a mean that hold the true one;
- `someone_differs`: share of the studies in which one strategy or more is found above or below
  random after correction;
- `all_held`: share of the studies in which the intervals of all differences hold 0;
- `someone_beats`: share of the studies in which a win of the penalty matrix holds after correction
  (pairs of strategies at three budgets);

and the same by what was told before: `bootstrap_covered`, `bootstrap_leader_differs` (the leader's
percentile bootstrap interval over random excludes 0) and `uncorrected_someone_beats`.
"""

from __future__ import annotations

import argparse
import itertools
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from cryoal.estimate.student import student_quantile
from cryoal.seeds import stream
from cryoal.study.differences import against
from cryoal.study.statistics import penalty_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESULT = "compare_intervals"
NOISES = ("normal", "unequal", "failing", "counted")
SEEDS = (2, 3, 5, 10)
STRATEGIES = (5, 20, 32)
LEVEL = 0.8
N_BUDGETS = 3


def draw(
    noise: str, n_studies: int, n_strategies: int, n_seeds: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Accuracies ``(studies, strategies, seeds, budgets)`` whose true mean is LEVEL for all.

    `unequal`: each strategy has a spread of its own, a factor of 5 between the smallest and the
    largest. `failing`: one training of twenty loses 10 to 30 points. `counted`: shares of a test
    set of 100 boxes, which many trainings have alike.
    """
    shape = (n_studies, n_strategies, n_seeds, N_BUDGETS)
    of_seed = rng.normal(0, 0.03, (n_studies, 1, n_seeds, 1))
    spread = 0.02
    if noise == "unequal":
        spread = np.exp(rng.uniform(np.log(0.008), np.log(0.04), (n_studies, n_strategies, 1, 1)))
    values = LEVEL + of_seed + rng.normal(0, 1, shape) * spread
    if noise == "failing":
        fails = rng.random(shape) < 0.05
        values = values - np.where(fails, rng.uniform(0.1, 0.3, shape), 0) + 0.05 * 0.2
    if noise == "counted":
        shares = np.clip(LEVEL + of_seed / 3 + rng.normal(0, 0.005, shape), 0, 1)
        values = rng.binomial(100, shares) / 100
    return np.asarray(values, dtype=np.float64)


def study(values: NDArray[np.float64], *, pairs: bool) -> dict[str, bool]:
    """What cryoal says of one study ``(strategies, seeds, budgets)``."""
    names = ["random", *(f"s{i}" for i in range(1, len(values)))]
    areas = values.mean(axis=2)
    found = against(
        {s: dict(enumerate(v.tolist())) for s, v in zip(names, areas, strict=True)}, "random"
    )
    said = {
        "someone_differs": any(d.verdict != "not shown" for d in found.values()),
        "all_held": all(
            d.over.low is None or d.over.high is None or d.over.low <= 0 <= d.over.high
            for d in found.values()
        ),
    }
    if pairs:
        by_name = {
            s: {seed: dict(enumerate(row)) for seed, row in enumerate(v.tolist())}
            for s, v in zip(names, values, strict=True)
        }
        matrix = penalty_matrix(by_name)
        said["someone_beats"] = any(any(row) for row in matrix.holds)
        said["uncorrected_someone_beats"] = any(
            share for row in matrix.wins for share in row if share
        )
    return said


def covered(values: NDArray[np.float64]) -> float:
    """Share of Student's intervals, over the last axis, that hold LEVEL."""
    n = values.shape[-1]
    half = student_quantile(0.975, n - 1) * values.std(axis=-1, ddof=1) / np.sqrt(n)
    return float((np.abs(values.mean(axis=-1) - LEVEL) <= half).mean())


def bootstrapped(
    values: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of the percentile bootstrap interval over the last axis, 1,000 resamples."""
    places = rng.integers(0, values.shape[-1], (1000, values.shape[-1]))
    means = values[..., places].mean(axis=-1)
    low, high = np.quantile(means, [0.025, 0.975], axis=-1)
    return low, high


def before(areas: NDArray[np.float64], rng: np.random.Generator) -> dict[str, float]:
    """What was told up to now of areas ``(studies, strategies, seeds)``."""
    low, high = bootstrapped(areas, rng)
    leader = areas[:, 1:].mean(axis=2).argmax(axis=1)
    over = areas[np.arange(len(areas)), leader + 1] - areas[:, 0]
    first, last = bootstrapped(over, rng)
    return {
        "bootstrap_covered": float(((low <= LEVEL) & (high >= LEVEL)).mean()),
        "bootstrap_leader_differs": float(((first > 0) | (last < 0)).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "scipy")
    done = {(r["noise"], r["seeds"], r["strategies"], r["seed"]) for r in rows.read(RESULT)}
    for noise, n_seeds, n_strategies in itertools.product(NOISES, SEEDS, STRATEGIES):
        key = noise, str(n_seeds), str(n_strategies), str(arguments.seed)
        if key in done:
            continue
        rng = stream(arguments.seed, "compare", noise, n_seeds, n_strategies)
        values = draw(noise, arguments.studies, n_strategies, n_seeds, rng)
        areas = values.mean(axis=3)
        n_pairs = min(arguments.studies, 200)  # of 32 strategies 1,488 tests each
        said = [study(v, pairs=i < n_pairs) for i, v in enumerate(values)]
        shares = {
            name: float(np.mean([s[name] for s in said if name in s]))
            for name in (
                "someone_differs",
                "all_held",
                "someone_beats",
                "uncorrected_someone_beats",
            )
        }
        row = {
            "noise": noise,
            "seeds": n_seeds,
            "strategies": n_strategies,
            "seed": arguments.seed,
            "studies": arguments.studies,
            "studies_of_pairs": n_pairs,
            "covered": covered(areas),
            **shares,
            **before(areas[:500], rng),
        }
        print(row, flush=True)
        rows.append(
            RESULT,
            [about | {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()}],
        )


if __name__ == "__main__":
    main()
