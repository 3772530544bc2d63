"""``python -m benchmarks.compare.stopping``: whether the rules to stop advise what they should.

Made-up studies of 12 trainings, 500 boxes whose predictions are watched and 200 of validation. Each
training decides by what a box shows, by noise of its seed on each box and by noise that all boxes
have in common; labels move boxes for good. Three truths:

- `rising`: three queries raise the accuracy by two to three points, to the end;
- `turning`: the accuracy stays, but three queries change the class of several boxes in a hundred;
- `settled`: from the fourth training on labels change nothing more.

A row of ``results/compare_stopping.csv`` for each truth and kind of noise: what three queries truly
change at the end (`gain` of accuracy, `grows`: disagreement beyond noise), on how many boxes two
trainings of the same labels disagree (`differ`), and of each rule the share of the studies in which
it advised to stop at all: `level`, `settled`, and the rules of before (`plateau`: the best of three
less than half a point above the best before; `stable`: mean kappa of three >= 0.99). Of `level` and
`plateau` advice is false on rising, of `settled` and `stable` on rising and turning.
"""

from __future__ import annotations

import argparse
import itertools

import numpy as np

from benchmarks import rows
from cryoal.seeds import stream
from cryoal.study.stopping import agreement, is_level, is_settled

RESULT = "compare_stopping"
TRUTHS = ("rising", "turning", "settled")
NOISES = {"little": (0.10, 0.03, 0.03), "much": (0.40, 0.05, 0.05), "common": (0.05, 0.20, 0.15)}
"""Of each box by itself, of all boxes towards one class, and of how good a training is."""
N_TRAININGS, N_WATCHED, N_VALIDATION = 12, 500, 200


def study(
    truth: str, noise: str, rng: np.random.Generator
) -> tuple[list[float], list[np.ndarray], float]:
    """Validation accuracies, predictions of the boxes that are watched, and noise of a study.

    The noise is the share of watched boxes on which a twin of the last training disagrees: the
    same labels, another seed.
    """
    own, common, quality = NOISES[noise]
    n = N_WATCHED + N_VALIDATION
    sign = rng.choice([-1.0, 1.0], n)  # of the true class
    shows = (0.6 if truth == "rising" else 1.3) + 1.5 * rng.normal(0, 1, n)
    accuracies, predicted = [], []
    for k in range(N_TRAININGS):
        if truth == "rising" and k:
            shows = shows + 0.045 + 0.05 * rng.normal(0, 1, n)
        if truth == "turning" and k:
            shows = 1.3 + 0.988 * (shows - 1.3) + 1.5 * np.sqrt(1 - 0.988**2) * rng.normal(0, 1, n)
        if truth == "settled" and 0 < k < 4:
            shows = shows + 0.15
        twins = []
        for _ in range(2):  # the second one is another seed
            told = shows + own * rng.normal(0, 1, n) + quality * rng.normal()
            score = sign * told + common * rng.normal()
            twins.append((score > 0).astype(np.int64))
        right = twins[0] == (sign > 0)
        predicted.append(twins[0][:N_WATCHED])
        accuracies.append(float(right[N_WATCHED:].mean()))
    differ = float((twins[0][:N_WATCHED] != twins[1][:N_WATCHED]).mean())
    return accuracies, predicted, differ


def plateau(accuracies: list[float]) -> bool:
    """The rule of before."""
    return len(accuracies) > 3 and max(accuracies[-3:]) - max(accuracies[:-3]) < 0.005


def stable(predicted: list[np.ndarray]) -> bool:
    """The rule of before."""
    kappas = [agreement(a, b) for a, b in itertools.pairwise(predicted)]
    return len(kappas) >= 3 and float(np.mean(kappas[-3:])) >= 0.99 - 1e-9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    about = rows.circumstances("numpy", "scipy")
    done = {(r["truth"], r["noise"], r["seed"]) for r in rows.read(RESULT)}
    for truth, noise in itertools.product(TRUTHS, NOISES):
        if (truth, noise, str(arguments.seed)) in done:
            continue
        rng = stream(arguments.seed, "stopping", truth, noise)
        advised: dict[str, list[bool]] = {"level": [], "settled": [], "plateau": [], "stable": []}
        firsts: list[int] = []
        gains, apart, noises = [], [], []
        for _ in range(arguments.studies):
            accuracies, predicted, differ = study(truth, noise, rng)
            ends = range(1, N_TRAININGS + 1)
            settled = [is_settled(predicted[:k]) for k in ends]
            advised["level"].append(any(is_level(accuracies[:k], N_VALIDATION) for k in ends))
            advised["settled"].append(any(settled))
            advised["plateau"].append(any(plateau(accuracies[:k]) for k in ends))
            advised["stable"].append(any(stable(predicted[:k]) for k in ends))
            firsts += [settled.index(True) + 1] if any(settled) else []
            gains.append(accuracies[-1] - accuracies[-4])
            apart.append(float((predicted[-1] != predicted[-4]).mean()))
            noises.append(differ)
        row = {
            "truth": truth,
            "noise": noise,
            "seed": arguments.seed,
            "studies": arguments.studies,
            "gain": np.mean(gains),
            "grows": np.mean(apart) - np.mean(noises),
            "differ": np.mean(noises),
            **{name: np.mean(values) for name, values in advised.items()},
            "first_settled": float(np.median(firsts)) if firsts else float("nan"),
        }
        row = {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()}
        print(row, flush=True)
        rows.append(RESULT, [about | row])


if __name__ == "__main__":
    main()
