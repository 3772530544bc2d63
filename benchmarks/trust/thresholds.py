"""``python -m benchmarks.trust.thresholds run``: what is not in results/trust_thresholds.csv yet.

A row is a class of one set, first query, number of labels and seed: from which probability on 90 %
right is told, how many boxes are then called so and how many are right; how many could have been
had with the truth at hand (`hindsight`, the most boxes of highest probability of which 90 % are);
the count and its interval; and how much of the exported boxes stays (Jaccard) with another seed of
the heads, with one random label more, and against the draw of labels before.

Everything is told of boxes without a label. Labels are random, or asked as the default loop does:
26 by TypiClust in the encoder's embedding, then by margin. Sets are A (the whole real microtubule),
C (50 structures), I and I1 (:mod:`benchmarks.trust.imbalanced`).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.answers import MOST_UNLABELLED, blocks_of
from benchmarks.few_labels.data import open_set
from benchmarks.few_labels.draws import at_random, typical
from benchmarks.trust.imbalanced import IMBALANCED, open_imbalanced
from cryoal.heads.choose import fit_heads
from cryoal.heads.counts import counts
from cryoal.heads.rungs import rungs, smallest
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cryoal.heads.counts import Count

RESULT = "trust_thresholds"
KEY = ("set", "first_query", "n_labels", "seed")
LABELS = {"A": (26, 50, 100), "I": (26, 50, 100), "I1": (26, 50, 100), "C": (500, 1000)}
SHARE = 0.9
FEWEST = 20
OTHER_SEED = 1000
STAYS_TO = 20
"""Seeds below which heads are fitted twice more, to see how much of what comes out stays."""


class Told(NamedTuple):
    """What heads say of a pool."""

    posterior: NDArray[np.float64]
    thresholds: list[float | None]
    counts: list[Count] | None

    def exported(self, c: int, free: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Those of `free` that come out as class `c`; None where nobody knows from where on."""
        t = self.thresholds[c]
        if t is None:
            return None
        p = self.posterior[free]
        return free[(p.argmax(axis=1) == c) & (p[:, c] >= t)]


class Pool:
    """A set, all of which is the pool."""

    def __init__(self, name: str, work: Path) -> None:
        given = open_imbalanced(name, work) if name in IMBALANCED else open_set(name, work)
        self.label, self.classes = given.label, given.classes
        self.blocks = blocks_of(given, work)
        self.every = np.arange(len(self.label))
        self._mean_std = {k: (b.mean(axis=0), b.std(axis=0)) for k, b in self.blocks.items()}

    def told(self, labelled: NDArray[np.int64], seed: int) -> Told:
        """By heads of these labels and what they learn from the rest."""
        free = np.setdiff1d(self.every, labelled)
        drawn = free
        if len(free) > MOST_UNLABELLED:
            drawn = stream(seed, "unlabelled").choice(free, MOST_UNLABELLED, replace=False)
        heads = fit_heads(
            {k: block[labelled] for k, block in self.blocks.items()},
            self.label[labelled],
            len(self.classes),
            mean_std=self._mean_std,
            seed=seed,
            unlabelled={k: block[np.sort(drawn)] for k, block in self.blocks.items()},
        )
        posterior = np.exp(heads.log_posterior(self.blocks).astype(np.float64))
        if heads.evidence is None:
            return Told(posterior, [None] * len(self.classes), None)
        thresholds = [smallest(some, SHARE) for some in rungs(heads.evidence)]
        return Told(posterior, thresholds, counts(heads.evidence, len(free)))

    def labelled(self, first: str, sizes: Sequence[int], seed: int) -> list[NDArray[np.int64]]:
        """Nested, one for each of `sizes`."""
        if first == "random":
            return [at_random(self.every, n, seed, 0) for n in sizes]
        found = [typical(self.blocks["pretrained"], self.every, sizes[0], seed, 0)]
        for n in sizes[1:]:
            free = np.setdiff1d(self.every, found[-1])
            two = np.sort(self.told(found[-1], seed).posterior[free], axis=1)
            order = np.argsort(two[:, -1] - two[:, -2], kind="stable")
            found.append(np.concatenate([found[-1], free[order[: n - len(found[-1])]]]))
        return found


def measured(
    pool: Pool,
    labelled: NDArray[np.int64],
    seed: int,
    before: tuple[NDArray[np.int64], Told] | None,
) -> tuple[list[dict[str, object]], Told]:
    """One row for each class."""
    told = pool.told(labelled, seed)
    free = np.setdiff1d(pool.every, labelled)
    one_more = np.append(labelled, stream(seed, "one label more").choice(free))
    again = more = None
    if seed < STAYS_TO:
        again, more = pool.told(labelled, seed + OTHER_SEED), pool.told(one_more, seed)
    found = []
    for c, name in enumerate(pool.classes):
        p = told.posterior[free]
        called = p.argmax(axis=1) == c
        order = np.argsort(-p[called, c], kind="stable")
        right = (pool.label[free][called] == c)[order]
        enough = np.flatnonzero(np.cumsum(right) / np.arange(1, len(right) + 1) >= SHARE)
        out = told.exported(c, free)
        at_nine = called & (p[:, c] >= SHARE)
        count = None if told.counts is None else told.counts[c]
        found.append(
            {
                "class": name,
                "labels_of_class": int((pool.label[labelled] == c).sum()),
                "boxes": len(free),
                "boxes_of_class": int((pool.label[free] == c).sum()),
                "called": int(called.sum()),
                "called_right": int(right.sum()),
                "at_09": int(at_nine.sum()),
                "at_09_right": int((pool.label[free][at_nine] == c).sum()),
                "t": "" if out is None else told.thresholds[c],
                "at_t": "" if out is None else len(out),
                "at_t_right": "" if out is None else int((pool.label[out] == c).sum()),
                "hindsight": int(enough[-1]) + 1 if len(enough) else 0,
                "count": "" if count is None else f"{count.expected:.1f}",
                "count_low": "" if count is None else f"{count.low:.1f}",
                "count_high": "" if count is None else f"{count.high:.1f}",
                "same_other_seed": _same(told, again, c, free),
                "same_label_more": _same(told, more, c, np.setdiff1d(free, one_more)),
                "same_other_labels": _same(
                    told,
                    None if before is None else before[1],
                    c,
                    free if before is None else np.setdiff1d(free, before[0]),
                ),
            }
        )
    return found, told


def _same(one: Told, other: Told | None, c: int, free: NDArray[np.int64]) -> str:
    """Jaccard of what both export; ``one`` where only one of them knows from where on."""
    if other is None:
        return ""
    a, b = one.exported(c, free), other.exported(c, free)
    if a is None or b is None:
        return "" if a is None and b is None else "one"
    both, either = len(np.intersect1d(a, b)), len(np.union1d(a, b))
    return f"{both / either:.4f}" if either else "1"


def run(options: argparse.Namespace) -> None:
    until = time.monotonic() + 60.0 * options.minutes
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    for name in options.sets:
        pool = Pool(name, options.work)
        for first in options.first:
            before: dict[int, tuple[NDArray[np.int64], Told]] = {}
            for seed in options.seeds:
                keys = {n: (name, first, str(n), str(seed)) for n in LABELS[name]}
                if all(key in done for key in keys.values()):
                    continue
                for labelled in pool.labelled(first, LABELS[name], seed):
                    n = len(labelled)
                    if keys[n] in done:
                        continue
                    if time.monotonic() > until:
                        return
                    found, told = measured(pool, labelled, seed, before.get(n))
                    before[n] = labelled, told
                    about = rows.circumstances("numpy", "scikit-learn")
                    key = dict(zip(KEY, keys[n], strict=True))
                    rows.append(RESULT, [about | key | row for row in found])
                    print(*keys[n], *(row["t"] for row in found[:3]), flush=True)


def table() -> str:
    """For each set, first query and number of labels what was aimed at."""
    groups: dict[tuple[str, str, int], list[dict[str, str]]] = {}
    for row in rows.read(RESULT):
        key = row["set"], row["first_query"], int(row["n_labels"])
        groups.setdefault(key, []).append(row)
    lines = [
        "| set | labels by | labels | cells with a t, of them 90 % right | at p >= 0.9 today "
        "| possible, of them unknown | half come out | counts covered, width "
        "| same: other seed, label more, other labels | cells |",
        "|---|---|---:|---|---|---|---|---|---|---:|",
    ]
    for key in sorted(groups):
        lines.append("| " + " | ".join(map(str, key)) + " | " + _line(groups[key]) + " |")
    return "\n".join(lines)


def _line(group: list[dict[str, str]]) -> str:
    told = [r for r in group if r["t"] != "" and int(r["at_t"])]
    good = [r for r in told if int(r["at_t_right"]) >= SHARE * int(r["at_t"])]
    nine = [r for r in group if int(r["at_09"])]
    good_nine = [r for r in nine if int(r["at_09_right"]) >= SHARE * int(r["at_09"])]
    possible = [r for r in group if int(r["hindsight"]) >= FEWEST]
    known = [r for r in possible if r["t"] != ""]
    half = [r for r in known if 2 * int(r["at_t"]) >= int(r["hindsight"])]
    counted = [r for r in group if r["count"] != ""]
    held = [
        r
        for r in counted
        if float(r["count_low"]) <= int(r["boxes_of_class"]) <= float(r["count_high"])
    ]
    widths = [(float(r["count_high"]) - float(r["count_low"])) / int(r["boxes"]) for r in counted]
    same = []
    for name in ("same_other_seed", "same_label_more", "same_other_labels"):
        values = [float(r[name]) for r in group if r[name] not in ("", "one")]
        one = sum(r[name] == "one" for r in group)
        said = f"{np.mean(values):.2f} (one unknown: {one})" if values else "-"
        same.append(said)
    return " | ".join(
        [
            f"{len(told)}, {_share(good, told)}",
            f"{len(nine)}, {_share(good_nine, nine)}",
            f"{len(possible)}, {1 - len(known) / len(possible):.2f}" if possible else "0",
            _share(half, known),
            f"{_share(held, counted)}, {np.mean(widths):.3f}" if counted else "-",
            "; ".join(same),
            str(len(group)),
        ]
    )


def _share(some: Sequence[object], of: Sequence[object]) -> str:
    return f"{len(some) / len(of):.3f}" if of else "-"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trust.thresholds", description=__doc__
    )
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=list(LABELS))
    parser.add_argument("--first", nargs="*", default=["random", "default"])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 30)))
    parser.add_argument("--minutes", type=float, default=1e6, help="Stop after about so long.")
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
