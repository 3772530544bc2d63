"""``python -m benchmarks.trust.balance run``: do heads gain where rare labels weigh as much.

A class is made rare in the pool (4 % or 10 %); labels are drawn at random, two of the rare class at
least. Discriminants alone, and those that teach each other on the pool, are fitted to the labels as
they are, and with every row repeated so that the rows of each class weigh the same together and all
of them as much as before beside the unlabelled ones. Measured on the test, where classes are as
frequent as they were. Nothing was chosen here: every draw is reported.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.answers import MOST_UNLABELLED, blocks_of
from benchmarks.few_labels.data import Absent, folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import interval, macro_f1
from cryoal.heads import together
from cryoal.heads.base import log_softmax
from cryoal.heads.block_sets import views
from cryoal.heads.discriminant import Discriminant
from cryoal.heads.standardise import SideBySide
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

RESULT = "trust_balance"
KEY = ("set", "rare", "share", "n_labels", "seed", "heads", "balanced")
CELLS = (
    ("D", 0, 0.04, 52),
    ("D", 0, 0.04, 104),
    ("D1", 0, 0.04, 104),
    ("D1", 1, 0.1, 104),
    ("A", 0, 0.04, 104),
)
TIMES = 4  # rows of the commonest class are there about as often: finer shares than whole rows


def labels_of(
    given: LabelledBoxes, rare: int, share: float, n: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pool, test and labelled rows."""
    whole, test = next(iter(folds(given)))
    is_rare = given.label[whole] == rare
    others = whole[~is_rare]
    n_rare = max(4, round(share * len(others) / (1.0 - share)))
    kept = stream(seed, "rare").choice(whole[is_rare], n_rare, replace=False)
    pool = np.sort(np.concatenate([kept, others]))
    labelled = at_random(pool, n, seed, 0)
    lacking = 2 - int(np.isin(labelled, kept).sum())
    if lacking > 0:
        labelled = np.concatenate([labelled[:-lacking], np.setdiff1d(kept, labelled)[:lacking]])
    return pool, test, labelled


def answers(
    given: LabelledBoxes, work: Path, cell: tuple[str, int, float, int], seed: int
) -> list[dict[str, str]]:
    _, rare, share, n = cell
    blocks = blocks_of(given, work)
    pool, test, labelled = labels_of(given, rare, share, n, seed)
    side = SideBySide({k: (r[pool].mean(axis=0), r[pool].std(axis=0)) for k, r in blocks.items()})
    free = np.setdiff1d(pool, labelled)
    if len(free) > MOST_UNLABELLED:
        free = stream(seed, "unlabelled").choice(free, MOST_UNLABELLED, replace=False)

    def of(index: NDArray[np.int64]) -> NDArray[np.float32]:
        return side({name: each[index] for name, each in blocks.items()})

    known, unlabelled, asked = of(labelled), of(free), of(test)
    columns = [side.columns(view) for view in views(side.names)]
    classes, k = given.label[labelled], len(given.classes)
    counts = np.bincount(classes, minlength=k)
    found = []
    for balanced in (False, True):
        weight = TIMES * n / (k * counts[classes]) if balanced else np.full(n, float(TIMES))
        again = np.repeat(np.arange(n), np.maximum(1, weight.round().astype(int)))
        alone = [Discriminant().fit(known[again][:, c], classes[again], k)[1] for c in columns]
        if not balanced:
            alone = [Discriminant().fit(known[:, c], classes, k)[1] for c in columns]
        guess = np.mean(
            [
                np.exp(log_softmax(h.logits(unlabelled[:, c])))
                for h, c in zip(alone, columns, strict=True)
            ],
            axis=0,
        )
        before, together.SHARE = together.SHARE, together.SHARE * len(again) / n
        taught = together.fit_together(known[again], classes[again], k, unlabelled, guess, columns)
        together.SHARE = before
        for name, heads in (("alone", alone), ("taught", taught)):
            logits = [h.logits(asked[:, c]) for h, c in zip(heads, columns, strict=True)]
            said, truth = np.mean(logits, axis=0).argmax(axis=1), given.label[test]
            there = truth == rare
            found.append(
                {
                    "heads": name,
                    "balanced": str(int(balanced)),
                    "accuracy": f"{(said == truth).mean():.4f}",
                    "macro_f1": f"{macro_f1(truth, said, k):.4f}",
                    "recall_of_the_rare": f"{(said[there] == rare).mean():.4f}",
                }
            )
    return found


def run(options: argparse.Namespace) -> None:
    done = {tuple(row[name] for name in KEY[:5]) for row in rows.read(RESULT)}
    for cell in CELLS:
        try:
            given = open_set(cell[0], options.work)
        except Absent as reason:
            print(f"{cell[0]} skipped: {reason}")
            continue
        for seed in options.seeds:
            key = (*map(str, cell), str(seed))
            if key in done:
                continue
            about = rows.circumstances("numpy") | dict(zip(KEY[:5], key, strict=True))
            found = answers(given, options.work, cell, seed)
            rows.append(RESULT, [about | row for row in found])
            print(*key, [row["macro_f1"] for row in found], flush=True)


def table() -> str:
    """Macro-F1 as they are and balanced, and the mean difference with its interval over draws."""
    lines = [
        "| set | rare | labels | heads | macro-F1 | balanced | difference | recall of the rare "
        "| balanced |",
        "|---|---:|---:|---|---:|---:|---:|---:|---:|",
    ]
    found = rows.read(RESULT)
    for cell in CELLS:
        for heads in ("alone", "taught"):
            some = [
                row
                for row in found
                if tuple(row[name] for name in KEY[:4]) == tuple(map(str, cell))
                and row["heads"] == heads
            ]
            f1, recall = (
                np.array(
                    [[float(r[what]) for r in some if r["balanced"] == one] for one in ("0", "1")]
                )
                for what in ("macro_f1", "recall_of_the_rare")
            )
            mean, half = interval((f1[1] - f1[0]).tolist())
            lines.append(
                f"| {cell[0]} | {100 * cell[2]:g} % | {cell[3]} | {heads} | {f1[0].mean():.3f} | "
                f"{f1[1].mean():.3f} | {mean:+.3f} ± {half:.3f} | {recall[0].mean():.2f} | "
                f"{recall[1].mean():.2f} |"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust.balance", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 30)))
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
