"""``python -m benchmarks.compare.needed``: labels needed, told of made-up curves of known truth.

Rows of ``results/compare_needed.csv``, for each noise, number of seeds and of budgets:

- `false_reach`: share of flat curves of 0.94 of which 0.95 is told as reached; `before_...`: by
  straight lines through the curve of each seed, where every seed, or one at least, gets there;
- `told`: share of rising curves that truly pass 0.95 of which a number is told; `held`: share of
  the intervals that hold the true number of labels; `width`: median width of those with two ends,
  as a share of the true number; `bias`: median of the number told over the true one, less 1.
"""

from __future__ import annotations

import argparse
import itertools

import numpy as np

from benchmarks import rows
from cryoal.seeds import stream
from cryoal.study.needed import labels_needed

RESULT = "compare_needed"
SPREADS = (0.005, 0.015)
SEEDS = (2, 3, 5, 10)
BUDGETS = (5, 10)
TARGET = 0.95


def curves(
    truth: np.ndarray, spread: float, n_seeds: int, rng: np.random.Generator
) -> list[list[tuple[float, float]]]:
    """One curve for each seed: an effect of the seed on all budgets, and noise of each training."""
    of_seed = rng.normal(0, spread / 2, (n_seeds, 1))
    values = truth + of_seed + rng.normal(0, spread, (n_seeds, len(truth)))
    return [[(50.0 * (i + 1), float(y)) for i, y in enumerate(seed)] for seed in values]


def rising(n_budgets: int) -> tuple[np.ndarray, float]:
    """A curve that passes the target, and where it does, on straight lines."""
    labels = 50.0 * np.arange(1, n_budgets + 1)
    truth = 0.975 - 0.15 * np.exp(-3.5 * labels / labels[-1])
    return truth, float(np.interp(TARGET, truth, labels))


def reached_before(curve: list[tuple[float, float]]) -> bool:
    return any(y >= TARGET for _, y in curve)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "scipy")
    done = {(r["spread"], r["seeds"], r["budgets"], r["seed"]) for r in rows.read(RESULT)}
    for spread, n_seeds, n_budgets in itertools.product(SPREADS, SEEDS, BUDGETS):
        if (str(spread), str(n_seeds), str(n_budgets), str(arguments.seed)) in done:
            continue
        rng = stream(arguments.seed, "needed", str(spread), n_seeds, n_budgets)
        flat = np.full(n_budgets, 0.94)
        truth, needed = rising(n_budgets)
        false, all_before, one_before = [], [], []
        told, held, widths, ratios = [], [], [], []
        for _ in range(arguments.studies):
            made = curves(flat, spread, n_seeds, rng)
            found = labels_needed(made, [TARGET] * n_seeds)
            assert found is not None
            false.append(found.labels is not None)
            got = [reached_before(curve) for curve in made]
            all_before.append(all(got))
            one_before.append(any(got))
            found = labels_needed(curves(truth, spread, n_seeds, rng), [TARGET] * n_seeds)
            assert found is not None
            told.append(found.labels is not None)
            held.append(found.low <= needed and (found.high is None or found.high >= needed))
            if found.labels is not None and found.high is not None:
                widths.append((found.high - found.low) / needed)
                ratios.append(found.labels / needed - 1)
        numbers = {
            "false_reach": np.mean(false),
            "before_every_seed": np.mean(all_before),
            "before_one_seed": np.mean(one_before),
            "told": np.mean(told),
            "held": np.mean(held),
            "width": np.median(widths) if widths else np.nan,
            "bias": np.median(ratios) if ratios else np.nan,
        }
        row = {
            "spread": spread,
            "seeds": n_seeds,
            "budgets": n_budgets,
            "seed": arguments.seed,
            "studies": arguments.studies,
            **{name: f"{value:.4f}" for name, value in numbers.items()},
        }
        print(row, flush=True)
        rows.append(RESULT, [about | row])


if __name__ == "__main__":
    main()
