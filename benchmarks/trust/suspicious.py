"""``python -m benchmarks.trust.suspicious run``: are labels found that were made wrong.

5 % of the labels are another class, drawn at random; all labels are ranked by how doubtful they
are. ``found`` is the share of the changed among the first tenth of the ranking, ``look_wrong`` how
many look wrong, ``right`` how many of these were changed. Rows with ``changed`` 0 are the same
labels as they were: what looks wrong then is a false alarm.

``how`` is how the labels came: ``random``, or as in a campaign: ``default`` (a quarter by TypiClust
in the embedding of the encoder, then three times a quarter of the smallest margin by the heads).
Ranked by ``posterior``, as the product does; beside it by ``margin`` (to the best other class),
``agreement`` (votes of heads; ties by posterior), ``adjusted`` (posterior less the mean posterior
of the labels of the class: confident learning's thresholds) and ``once`` (labels held out in one
way instead of three). Rules were chosen on draws 0 to 9; rows here are of other draws.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.answers import MOST_UNLABELLED, blocks_of
from benchmarks.few_labels.data import Absent, folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import interval
from benchmarks.trust.asked import asked_by_default
from cryoal.heads import doubt as module
from cryoal.heads.doubt import doubt
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes
    from cryoal.heads.doubt import Doubts

RESULT = "trust_suspicious"
KEY = ("set", "how", "n_labels", "changed", "seed")
SHARE = 0.05
CELLS = (
    *((name, "random", n) for name in ("A", "D", "D1") for n in (26, 52, 104, 200)),
    *(("E", "random", n) for n in (54, 108)),
    ("C", "random", 500),
    *((name, "default", 100) for name in ("A", "D", "D1")),
)


class Labels(NamedTuple):
    """What was answered."""

    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    changed: NDArray[np.bool_]


def answered(
    given: LabelledBoxes,
    blocks: dict[str, NDArray[np.float32]],
    pool: NDArray[np.int64],
    how: str,
    n: int,
    seed: int,
    share: float,
) -> Labels:
    """`n` labels, of which a share is another class, each other one as likely."""
    if how == "random":
        chosen = at_random(pool, n, seed, 0)
    else:
        chosen = asked_by_default(given, blocks, pool, n // 4, 4, seed)[:n]
    rng = stream(seed, "wrong answers")
    wrong = np.zeros(len(chosen), bool)
    wrong[rng.choice(len(chosen), max(1, round(SHARE * n)), replace=False)] = share > 0
    classes = given.label[chosen].copy()
    k = len(given.classes)
    classes[wrong] = (classes[wrong] + rng.integers(1, k, int(wrong.sum()))) % k
    return Labels(chosen, classes, wrong)


def doubts_of(
    given: LabelledBoxes,
    blocks: dict[str, NDArray[np.float32]],
    pool: NDArray[np.int64],
    labels: Labels,
    seed: int,
) -> Doubts:
    rest = np.setdiff1d(pool, labels.rows)
    if len(rest) > MOST_UNLABELLED:
        rest = stream(seed, "unlabelled").choice(rest, MOST_UNLABELLED, replace=False)
    found = doubt(
        {name: each[labels.rows] for name, each in blocks.items()},
        labels.classes,
        len(given.classes),
        mean_std={
            n: (each[pool].mean(axis=0), each[pool].std(axis=0)) for n, each in blocks.items()
        },
        seed=seed,
        unlabelled={name: each[rest] for name, each in blocks.items()},
    )
    assert found is not None
    return found


def first_tenth(score: NDArray[np.floating], changed: NDArray[np.bool_]) -> float:
    """The share of the changed among the tenth of lowest score."""
    top = np.argsort(score, kind="stable")[: int(np.ceil(0.1 * len(score)))]
    return float(changed[top].sum() / changed.sum())


def rankings(found: Doubts) -> dict[str, NDArray[np.floating]]:
    of_label = found.of_label
    typical = np.array([of_label[found.classes == c].mean() for c in found.classes])
    never = np.where(found.judged, 0.0, np.inf)
    return {
        "posterior": of_label + never,
        "margin": found.margin + never,
        "agreement": found.agreement + 1e-3 * of_label + never,
        "adjusted": of_label - typical + never,
    }


def cell(
    given: LabelledBoxes, work: Path, how: str, n: int, changed: bool, seed: int
) -> dict[str, str]:
    blocks = blocks_of(given, work)
    each = list(folds(given))
    pool, _ = each[seed % len(each)]
    labels = answered(given, blocks, pool, how, n, seed, SHARE if changed else 0.0)
    found = doubts_of(given, blocks, pool, labels, seed)
    look_wrong = found.look_wrong()
    row = {"look_wrong": str(int(look_wrong.sum()))}
    row["right"] = str(int((look_wrong & labels.changed).sum()))
    scores = rankings(found)
    seeds, module.SEEDS = module.SEEDS, 1
    scores["once"] = rankings(doubts_of(given, blocks, pool, labels, seed))["posterior"]
    module.SEEDS = seeds
    for name, score in scores.items():
        row[name] = f"{first_tenth(score, labels.changed):.4f}" if changed else ""
    return row


def run(options: argparse.Namespace) -> None:
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    for name, how, n in CELLS:
        if name not in options.sets:
            continue
        try:
            given = open_set(name, options.work)
        except Absent as reason:
            print(f"{name} skipped: {reason}")
            continue
        for seed in options.seeds:
            for changed in (True, False):
                key = (name, how, str(n), str(int(changed)), str(seed))
                if key in done:
                    continue
                found = cell(given, options.work, how, n, changed, seed)
                about = rows.circumstances("numpy")
                rows.append(RESULT, [about | dict(zip(KEY, key, strict=True)) | found])
                print(*key, *found.values(), flush=True)


def table() -> str:
    """What the rows say, as the table of docs/trust.md."""
    found = rows.read(RESULT)
    lines = [
        "| set | labels | how | found in the first tenth | worst draw | look wrong "
        "| of these changed | look wrong, none is | margin | votes | adjusted | held out once |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, how, n in CELLS:
        some = [r for r in found if (r["set"], r["how"], r["n_labels"]) == (name, how, str(n))]
        wrong = [row for row in some if row["changed"] == "1"]
        if not wrong:
            continue
        tenth = [float(row["posterior"]) for row in wrong]
        mean, half = interval(tenth)

        def of(column: str, some: list[dict[str, str]]) -> float:
            return float(np.mean([float(row[column]) for row in some]))

        right = [row for row in some if row["changed"] == "0"]
        cells = [
            name,
            n,
            how,
            f"{mean:.2f} ± {half:.2f}",
            f"{min(tenth):.2f}",
            f"{of('look_wrong', wrong):.1f}",
            f"{of('right', wrong):.1f}",
            f"{of('look_wrong', right):.1f}",
            *(f"{of(c, wrong):.2f}" for c in ("margin", "agreement", "adjusted", "once")),
        ]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trust.suspicious", description=__doc__
    )
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=["A", "D", "D1", "E", "C"])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 30)))
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
