"""Which score is an alarm: ``python -m benchmarks.trust.alarms run``.

How well each score ranks test boxes by *the classifier is wrong here*: the area under the ROC
curve, 0.5 is chance. Labels are drawn at random. One small team (:mod:`.small`) with student,
committee and VAAL, so that all scores are of one teacher; and heads on descriptors, as in a
campaign. The test is the other half of the microtubule, or the third tomogram of phantoms. Rows of
results/trust_alarms.csv: one for each score, and for whose errors: those of ``teacher`` or of
``heads``. Empty where all boxes are right.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks import rows
from benchmarks.few_labels.answers import blocks_of
from benchmarks.few_labels.data import folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import interval
from benchmarks.trust.small import SETTINGS, taught
from cryoal.heads.choose import fit_heads
from cryoal.heads.members import agreement
from cryoal.scoring.evidence import Evidence
from cryoal.scoring.predict import predict
from cryoal.strategies.base import make_strategy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

RESULT = "trust_alarms"
KEY = ("set", "n_labelled", "seed")
LABELS = {"A": (26, 52), "D1": (26,), "D": (10,)}
COMPANIONS = ("student", "committee", "vaal")
OF_TEAM = ("knowledge-transfer", "entropy", "margin", "vaal", "gradient-norm", "committee")
FIELDS = (
    *("log_posterior", "teacher_log_posterior", "student_log_posterior"),
    *("committee_log_posterior", "vaal_labelled"),
)


def auroc(scores: NDArray[np.floating], wrong: NDArray[np.bool_]) -> float | None:
    """Chance that a wrong box scores higher than a right one, ties a half; None without either."""
    from scipy.stats import rankdata

    n = int(wrong.sum())
    if n in (0, len(wrong)):
        return None
    above = rankdata(scores)[wrong].sum() - n * (n + 1) / 2
    return float(above / (n * (len(wrong) - n)))


def _by_team(
    given: LabelledBoxes,
    labelled: NDArray[np.int64],
    pool: NDArray[np.int64],
    test: NDArray[np.int64],
    seed: int,
) -> tuple[dict[str, NDArray[np.floating]], NDArray[np.int64]]:
    """Scores of the team's strategies on the test, and the teacher's classes."""
    rest = np.setdiff1d(pool, labelled)
    team, boxes = taught(given, labelled, rest, seed, COMPANIONS)
    told = predict(team, boxes, test, FIELDS)
    told |= predict(team, boxes, test, ["gradient_norm"])
    evidence = Evidence([f"{i:06d}" for i in test], told)
    rng = np.random.default_rng(seed)  # none of these draws
    scores = {name: make_strategy(name).score(evidence, rng) for name in OF_TEAM}
    return scores, told["log_posterior"].argmax(axis=1)


def _by_heads(
    given: LabelledBoxes,
    blocks: Mapping[str, NDArray[np.float32]],
    labelled: NDArray[np.int64],
    pool: NDArray[np.int64],
    test: NDArray[np.int64],
    seed: int,
) -> tuple[dict[str, NDArray[np.floating]], NDArray[np.int64]]:
    """Doubts of heads that teach each other, and their classes."""
    rest = np.setdiff1d(pool, labelled)

    def part(index: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        return {name: block[index] for name, block in blocks.items()}

    heads = fit_heads(
        part(labelled),
        given.label[labelled],
        len(given.classes),
        mean_std={k: (b[pool].mean(axis=0), b[pool].std(axis=0)) for k, b in blocks.items()},
        seed=seed,
        unlabelled=part(rest),
    )
    log_p, votes = heads.look(part(test))
    classes = log_p.argmax(axis=1)
    evidence = Evidence([f"{i:06d}" for i in test], {"log_posterior": log_p})
    rng = np.random.default_rng(seed)
    scores = {
        f"heads' {name}": make_strategy(name).score(evidence, rng) for name in ("entropy", "margin")
    }
    return scores | {"heads' disagreement": 1.0 - agreement(votes, classes)}, classes


def _cell(given: LabelledBoxes, work: Path, n: int, seed: int) -> list[dict[str, object]]:
    pool, test = next(iter(folds(given)))
    labelled, truth = at_random(pool, n, seed, 0), given.label[test]
    scores, by_teacher = _by_team(given, labelled, pool, test, seed)
    of_heads, by_heads = _by_heads(given, blocks_of(given, work), labelled, pool, test, seed)
    out: list[dict[str, object]] = []
    for whose, classes in (("teacher", by_teacher), ("heads", by_heads)):
        wrong = classes != truth
        about = {"errors_of": whose, "n_wrong": int(wrong.sum()), "n_test": len(test)}
        for name, values in (scores | of_heads).items():
            found = auroc(values, wrong)
            out.append(about | {"score": name, "auroc": "" if found is None else f"{found:.4f}"})
    return out


def run(options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    for name in options.sets:
        given = open_set(name, options.work)
        for seed in options.seeds:
            for n in options.labels or LABELS[name]:
                key = (name, str(n), str(seed))
                if key not in done:
                    about = rows.circumstances("numpy", "torch") | {"settings": SETTINGS}
                    about |= dict(zip(KEY, key, strict=True))
                    found = _cell(given, options.work, n, seed)
                    rows.append(RESULT, [about | row for row in found])
                    print(*key, flush=True)


def table() -> str:
    """Mean AUROC and 95 % interval over seeds, and of how many seeds."""
    found: dict[tuple[str, ...], list[float]] = {}
    for row in rows.read(RESULT):
        if row["auroc"]:
            key = row["errors_of"], row["set"], f"{int(row['n_labelled']):3d}", row["score"]
            found.setdefault(key, []).append(float(row["auroc"]))
    lines = ["| errors of | set | labels | score | AUROC | seeds |", "|---|---|---:|---|---|---:|"]
    for key in sorted(found):
        mean, half = interval(found[key])
        lines.append(f"| {' | '.join(key)} | {mean:.2f} ± {half:.2f} | {len(found[key])} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust.alarms", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=list(LABELS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 20)))
    parser.add_argument("--labels", nargs="*", type=int, default=[])
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
