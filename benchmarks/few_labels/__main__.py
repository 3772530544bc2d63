"""``python -m benchmarks.few_labels run``: what is not in results/few_labels.csv yet.

``--what`` says who answers: ``heads`` on descriptors, ``classifier`` (heads that teach each other
on the unlabelled rows of the pool, as in a campaign), ``teacher`` (the pair's, this commit) or
``55ae1e8`` (the teacher of a worktree of that commit, ``--old``). ``--first`` says who asks:
``random``, ``default`` (TypiClust in the embedding of the encoder, as in a campaign), ``typiclust``
in shells, or ``typiclust-standardised``, in shells of unit variance over the pool.
A row is one set, fold, number of labels and seed; rows that are there are not run again.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.few_labels.answers import blocks_of, by_heads
from benchmarks.few_labels.data import SETS, Absent, folds, open_set
from benchmarks.few_labels.draws import at_random, typical
from benchmarks.few_labels.measure import accuracy, interval, macro_f1
from benchmarks.few_labels.pair import teacher_log_posterior

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.few_labels.data import LabelledBoxes

RESULT = "few_labels"
OLD = "55ae1e8"
KEY = ("set", "fold", "n_labels", "seed", "first_query", "what")
FIRST = ("random", "typiclust", "typiclust-standardised", "default")
LABELS = {
    "A": (10, 26, 52, 104),
    "C": (250, 500, 1000),
    "C1": (250, 500, 1000),
    "D": (10, 26, 52, 104),
    "D1": (26, 52, 104),
    "E": (27, 54, 108),
}


def run(options: argparse.Namespace) -> None:
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    for name in options.sets:
        try:
            given = open_set(name, options.work)
        except Absent as reason:
            print(f"{name} skipped: {reason}")
            continue
        cells = [
            (fold, n, seed, first, what)
            for seed in options.seeds
            for fold in range(len(list(folds(given))))
            for n in options.labels or LABELS[name]
            for first in options.first
            for what in options.what
        ]
        for fold, n, seed, first, what in cells:
            key = (name, str(fold), str(n), str(seed), first, what)
            if key not in done:
                row = dict(zip(KEY, key, strict=True)) | _cell(
                    given, fold, n, seed, first, what, options
                )
                about = rows.circumstances("numpy", "torch", "scikit-learn")
                if what == OLD:
                    about["commit"] = OLD
                rows.append(RESULT, [about | {"device": "cpu"} | row])
                print(*key, row["accuracy"], flush=True)


def _cell(
    given: LabelledBoxes,
    fold: int,
    n: int,
    seed: int,
    first: str,
    what: str,
    options: argparse.Namespace,
) -> dict[str, str]:
    pool, test = list(folds(given))[fold]
    blocks = (
        blocks_of(given, options.work)
        if what in ("heads", "classifier") or first != "random"
        else {}
    )
    began = _seconds()
    if first == "random":
        labelled = at_random(pool, n, seed, fold)
    else:
        looks = blocks["pretrained" if first == "default" else "shells"]
        if first == "typiclust-standardised":
            looks = (looks - looks[pool].mean(axis=0)) / (looks[pool].std(axis=0) + 1e-6)
        labelled = typical(looks, pool, n, seed, fold)
    if what in ("heads", "classifier"):
        together, k = what == "classifier", len(given.classes)
        told = by_heads(blocks, given.label, k, labelled, pool, test, seed, together=together)
        said = told.argmax(axis=1)
    else:
        root = options.old if what == OLD else None
        said = teacher_log_posterior(given, labelled, test, seed, root).argmax(axis=1)
    truth = given.label[test]
    return {
        "accuracy": f"{accuracy(truth, said):.4f}",
        "macro_f1": f"{macro_f1(truth, said, len(given.classes)):.4f}",
        "cpu_seconds": f"{_seconds() - began:.2f}",
    }


def table() -> str:
    """Mean, 95 % interval and worst seed of each set, number of labels, first query and answerer.

    Of E a seed counts as the mean of its folds; where one seed was run, folds stand for seeds.
    """
    found: dict[tuple[str, int, str, str], dict[str, list[float]]] = {}
    for row in rows.read(RESULT):
        key = row["set"], int(row["n_labels"]), row["first_query"], row["what"]
        found.setdefault(key, {}).setdefault(row["seed"], []).append(float(row["accuracy"]))
    lines = [
        "| set | labels | first query | who | accuracy | seeds |",
        "|---|---:|---|---|---|---:|",
    ]
    for key in sorted(found):
        seeds = list(found[key].values())
        values = [sum(each) / len(each) for each in seeds] if len(seeds) > 1 else seeds[0]
        mean, half = interval(values)
        said = f"{mean:.3f} ± {half:.3f} ({min(values):.2f})"
        lines.append("| " + " | ".join(map(str, (*key, said, len(seeds)))) + " |")
    return "\n".join(lines)


def _seconds() -> float:
    """Of processor time, with that of children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.few_labels", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=[s for s in SETS if s != "junk"])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 20)))
    parser.add_argument("--labels", nargs="*", type=int, default=[])
    parser.add_argument("--what", nargs="*", default=["heads", "classifier"])
    parser.add_argument("--first", nargs="*", default=["random"], choices=FIRST)
    parser.add_argument("--old", type=Path, help=f"a worktree of {OLD}")
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
