"""``python -m benchmarks.few_labels run``: what is not in results/few_labels.csv yet.

``--what`` says who answers: ``teacher`` (the pair's, this commit) or ``55ae1e8`` (the teacher of a
worktree of that commit, ``--old``). A row is one set, fold, number of labels and seed; rows that
are there are not run again.
"""

from __future__ import annotations

import argparse
import resource
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.few_labels.data import SETS, Absent, folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import accuracy, macro_f1
from benchmarks.few_labels.pair import teacher_log_posterior

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULT = "few_labels"
OLD = "55ae1e8"
KEY = ("set", "fold", "n_labels", "seed", "first_query", "what")
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
        for seed in options.seeds:
            for fold, (pool, test) in enumerate(folds(given)):
                for n in options.labels or LABELS[name]:
                    for what in options.what:
                        key = (name, str(fold), str(n), str(seed), "random", what)
                        if key in done:
                            continue
                        began = _seconds()
                        labelled = at_random(pool, n, seed, fold)
                        root = options.old if what == OLD else None
                        said = teacher_log_posterior(given, labelled, test, seed, root).argmax(1)
                        truth = given.label[test]
                        row: dict[str, object] = dict(zip(KEY, key, strict=True))
                        row["accuracy"] = f"{accuracy(truth, said):.4f}"
                        row["macro_f1"] = f"{macro_f1(truth, said, len(given.classes)):.4f}"
                        row["cpu_seconds"] = f"{_seconds() - began:.2f}"
                        about = rows.circumstances("numpy", "torch", "scikit-learn")
                        if what == OLD:
                            about["commit"] = OLD
                        rows.append(RESULT, [about | {"device": "cpu"} | row])
                        print(*key, row["accuracy"], flush=True)


def _seconds() -> float:
    """Of processor time, with that of children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.few_labels", description=__doc__)
    parser.add_argument("command", choices=["run"])
    parser.add_argument("--sets", nargs="*", default=[s for s in SETS if s != "junk"])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 20)))
    parser.add_argument("--labels", nargs="*", type=int, default=[])
    parser.add_argument("--what", nargs="*", default=["teacher"])
    parser.add_argument("--old", type=Path, help=f"a worktree of {OLD}")
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
