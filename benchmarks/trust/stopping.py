"""``python -m benchmarks.trust.stopping run``: at the advice to stop, what would four times bring.

The default loop on the descriptors of pools whose truth is known: TypiClust in the embedding of the
encoder asks first, then the smallest margin by the heads, all answers right. A row is one set, draw
and number of labels: what a campaign knows then (:class:`cryoal.campaign.trend.Point`) and the
accuracy on the test. ``table`` says where the advice of :func:`cryoal.campaign.trend.advice` comes
first in each draw, and what four times as many labels (or all of the pool) bring from there.

Heads that are fitted step by step are left out: they take seconds each from 100 labels on, and have
no say in what discriminants teach each other, which is the classifier in nearly every row.

The rule was chosen on draws 0 to 4 (A: 0 to 2, D: 0); ``table`` reads it on others, unless told.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.answers import MOST_UNLABELLED, blocks_of
from benchmarks.few_labels.data import Absent, folds, open_set
from benchmarks.few_labels.draws import typical
from benchmarks.few_labels.measure import macro_f1
from benchmarks.trust.asked import smallest_margin
from cryoal.campaign.trend import Point, advice
from cryoal.heads import choose
from cryoal.heads.members import agreement as of_members
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes
    from cryoal.heads.choose import Heads

RESULT = "trust_stopping"
KEY = ("set", "seed", "n_labels")
EACH = {
    "A": ((26, 52, 78, 104, 130, 156), (208, 312, 416, 520, 590)),
    "D": ((26, 52, 78, 104, 130, 156), (208, 312, 416, 520, 600)),
    "D1": ((26, 52, 78, 104, 130, 156), (208, 312, 416, 520, 600)),
    "E": ((27, 54, 81, 108), (140,)),
    "C": ((250, 500, 750, 1000), (2000, 3000, 4000)),
}
"""Numbers of labels after each query of the loop, and after those that follow."""


def fitted(
    given: LabelledBoxes,
    blocks: Mapping[str, NDArray[np.float32]],
    pool: NDArray[np.int64],
    labelled: NDArray[np.int64],
    seed: int,
) -> Heads:
    rest = np.setdiff1d(pool, labelled)
    if len(rest) > MOST_UNLABELLED:
        rest = stream(seed, "unlabelled").choice(rest, MOST_UNLABELLED, replace=False)
    choose.SLOW_HEADS_FROM = 10**9
    return choose.fit_heads(
        {name: each[labelled] for name, each in blocks.items()},
        given.label[labelled],
        len(given.classes),
        mean_std={
            n: (each[pool].mean(axis=0), each[pool].std(axis=0)) for n, each in blocks.items()
        },
        seed=seed,
        unlabelled={name: each[rest] for name, each in blocks.items()} if len(rest) else None,
    )


def loop(given: LabelledBoxes, work: Path, seed: int) -> Iterator[dict[str, str]]:
    """A row for each number of labels."""
    blocks = blocks_of(given, work)
    each = list(folds(given))
    pool, test = each[seed % len(each)]
    asked, later = EACH[given.name]
    labelled = pool[:0]
    before: dict[int, NDArray[np.int64]] = {}
    told = np.empty((0, 0))
    for n in (*asked, *later):
        wanted = min(n, len(pool)) - len(labelled)
        rest = np.setdiff1d(pool, labelled)
        right = ""
        if len(labelled) == 0:
            new = typical(blocks["pretrained"], pool, wanted, seed, 0)
        else:
            new = smallest_margin(told, rest, wanted)
            suggested = told[np.searchsorted(rest, new)].argmax(axis=1)
            right = f"{(suggested == given.label[new]).mean():.4f}"
        labelled = np.concatenate([labelled, new])
        heads = fitted(given, blocks, pool, labelled, seed)
        log_p, votes = heads.look({name: rows_[pool] for name, rows_ in blocks.items()})
        said = log_p.argmax(axis=1)
        free = ~np.isin(pool, labelled)
        told = np.exp(log_p[free].astype(np.float64))
        on_test = heads.log_posterior({k: r[test] for k, r in blocks.items()}).argmax(axis=1)
        truth = given.label[test]
        row = {
            "agreed": right,
            "changed": _changed(said, before, n),
            "since_half": _changed(said, before, n // 2 + 1),
            "members": f"{of_members(votes, said).mean():.4f}",
            "sure": f"{np.exp(log_p).max(axis=1).mean():.4f}",
            "held_out": _number(heads.told["accuracy"]),
            "standard_error": _number(heads.told["standard_error"]),
            "pool_accuracy": f"{(said == given.label[pool]).mean():.4f}",
            "accuracy": f"{(on_test == truth).mean():.4f}",
            "macro_f1": f"{macro_f1(truth, on_test, len(given.classes)):.4f}",
        }
        before[n] = said
        yield dict(zip(KEY, (given.name, str(seed), str(n)), strict=True)) | row


def _changed(said: NDArray[np.int64], before: dict[int, NDArray[np.int64]], n: int) -> str:
    """The share of other classes than with the most labels below `n`; empty where none were."""
    earlier = [number for number in before if number < n]
    return f"{(said != before[max(earlier)]).mean():.4f}" if earlier else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def run(options: argparse.Namespace) -> None:
    done = {(row["set"], row["seed"]) for row in rows.read(RESULT)}
    for name in options.sets:
        try:
            given = open_set(name, options.work)
        except Absent as reason:
            print(f"{name} skipped: {reason}")
            continue
        for seed in options.seeds:
            if (name, str(seed)) in done:
                continue
            found = list(loop(given, options.work, seed))
            rows.append(
                RESULT, [rows.circumstances("numpy", "scikit-learn") | row for row in found]
            )
            print(name, seed, [(row["n_labels"], row["accuracy"]) for row in found], flush=True)


TIMES, WITHIN = 4, 0.02


class At(NamedTuple):
    """A draw, at the first advice to stop."""

    n_labelled: int | None
    """None: it never came."""
    accuracy: float
    later: float
    """With four times as many labels, or with all of the pool."""
    most: int


def at_advice(some: Sequence[Mapping[str, str]]) -> At:
    """Where the advice comes first in the rows of one draw, in the order of asking."""
    points: list[Point] = []
    curve = {int(row["n_labels"]): float(row["accuracy"]) for row in some}
    most = max(curve)
    for row in some:
        n = int(row["n_labels"])
        halves = [each for each in curve if each <= n // 2]
        points.append(
            Point(
                n,
                previous=points[-1].n_labelled if points else None,
                changed=float(row["changed"]) if row["changed"] else None,
                half=max(halves) if halves else None,
                since_half=float(row["since_half"]) if row["since_half"] else None,
            )
        )
        may_stop, _ = advice(points)
        if may_stop and n < most:
            later = float(np.interp(TIMES * n, list(curve), list(curve.values())))
            return At(n, curve[n], later, most)
    return At(None, curve[most], curve[most], most)


def table(seeds: Sequence[int]) -> str:
    """For each set where the advice comes, and what four times as many labels bring then."""
    lines = [
        "| set | draws | advice at labels | never | accuracy there | with 4 times as many "
        "| within 2 points | gains more | pool that is labelled there |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    draws: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows.read(RESULT):
        draws.setdefault((row["set"], row["seed"]), []).append(row)
    for name in EACH:
        found = [at_advice(some) for (s, d), some in draws.items() if s == name and int(d) in seeds]
        if not found:
            continue
        told = [at for at in found if at.n_labelled is not None]
        gains = [at.later - at.accuracy for at in told]
        where = Counter(at.n_labelled for at in told)
        within = sum(abs(gain) <= WITHIN + 1e-9 for gain in gains)
        more = sum(gain > WITHIN + 1e-9 for gain in gains)
        lines.append(
            f"| {name} | {len(found)} | "
            f"{', '.join(f'{n} ({where[n]})' for n in sorted(where, key=int))} | "
            f"{len(found) - len(told)} | {_mean([at.accuracy for at in told])} | "
            f"{_mean([at.later for at in told])} | {within} of {len(told)} | {more} | "
            f"{_mean([(at.n_labelled or 0) / at.most for at in told])} |"
        )
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f}" if values else "-"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trust.stopping", description=__doc__
    )
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=list(EACH))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 20)))
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table(options.seeds))


if __name__ == "__main__":
    main()
