"""``python -m benchmarks.few_labels.hard``: pools of junk, a rare class, wrong answers.

junk: 27 walls drawn from 520 beside all 520 of background, of the real microtubule. 40 are asked
first by TypiClust in shells, then twice 40 by the margin. A draw succeeds when 90 % of the walls
are labelled or classified as wall, and 80 % of what is labelled or classified as wall are walls
(`precision`; `precision_unasked` counts what was not labelled alone).

rare: of the phantoms' rings 4 are left in a pool of 404; 25 asked first, then twice 25; measured on
the test, where classes are as frequent.

flipped: 5 % of the answers are another class; random labels, accuracy on the test.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.few_labels.answers import blocks_of, by_heads
from benchmarks.few_labels.data import Absent, folds, open_set
from benchmarks.few_labels.draws import at_random, typical
from benchmarks.few_labels.measure import accuracy, macro_f1
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

RESULT = "few_labels_hard"
FLIPPED = (("A", 26), ("A", 52), ("D", 26), ("D1", 104))
KEY = ("kind", "set", "n_labels", "seed", "what")
Blocks = dict[str, "NDArray[np.float32]"]


def loop(
    given: LabelledBoxes,
    blocks: Blocks,
    pool: NDArray[np.int64],
    each: int,
    seed: int,
    together: bool,
) -> NDArray[np.int64]:
    """Three queries of `each`: TypiClust in shells, then those of the smallest margin, twice."""
    labelled = typical(blocks["shells"], pool, each, seed, 0)
    for _ in range(2):
        rest = np.setdiff1d(pool, labelled)
        told = _posterior(given, blocks, labelled, pool, rest, seed, together)
        ranked = np.sort(told, axis=1)
        margin = ranked[:, -1] - ranked[:, -2]
        labelled = np.concatenate([labelled, rest[np.argsort(margin, kind="stable")[:each]]])
    return labelled


def junk(work: Path, seed: int, together: bool) -> dict[str, str]:
    given = open_set("junk", work)
    blocks = blocks_of(given, work)
    walls = stream(seed, "walls").choice(np.flatnonzero(given.label == 0), 27, replace=False)
    pool = np.sort(np.concatenate([walls, np.flatnonzero(given.label == 1)]))
    labelled = loop(given, blocks, pool, 40, seed, together)
    rest = np.setdiff1d(pool, labelled)
    said = _posterior(given, blocks, labelled, pool, rest, seed, together).argmax(axis=1) == 0
    is_wall = given.label[rest] == 0
    asked = int((given.label[labelled] == 0).sum())
    right = int((said & is_wall).sum())
    recall = (asked + right) / 27
    precision = (asked + right) / max(asked + int(said.sum()), 1)
    return {
        "accuracy": f"{(said == is_wall).mean():.4f}",
        "macro_f1": "",
        "recall": f"{recall:.4f}",
        "precision": f"{precision:.4f}",
        "precision_unasked": f"{right / max(int(said.sum()), 1):.4f}",
        "asked_of_the_rare": str(asked),
    }


def rare(work: Path, seed: int, together: bool) -> dict[str, str]:
    given = open_set("D", work)
    blocks = blocks_of(given, work)
    rings = given.pool[given.label[given.pool] == 0]
    others = given.pool[given.label[given.pool] != 0]
    kept = stream(seed, "rings").choice(rings, 4, replace=False)
    pool = np.sort(np.concatenate([kept, others]))
    labelled = loop(given, blocks, pool, 25, seed, together)
    told = _posterior(given, blocks, labelled, pool, given.test, seed, together)
    said, truth = told.argmax(axis=1), given.label[given.test]
    found, there = said == 0, truth == 0
    return {
        "accuracy": f"{accuracy(truth, said):.4f}",
        "macro_f1": f"{macro_f1(truth, said, len(given.classes)):.4f}",
        "recall": f"{found[there].mean():.4f}",
        "precision": f"{there[found].mean() if found.any() else 1.0:.4f}",
        "precision_unasked": "",
        "asked_of_the_rare": str(int((given.label[labelled] == 0).sum())),
    }


def flipped(work: Path, name: str, n: int, seed: int, together: bool) -> dict[str, str]:
    given = open_set(name, work)
    blocks = blocks_of(given, work)
    pool, test = next(iter(folds(given)))
    labelled = at_random(pool, n, seed, 0)
    rng = stream(seed, "wrong answers")
    wrong = rng.choice(labelled, max(1, round(0.05 * n)), replace=False)
    label, k = given.label.copy(), len(given.classes)
    label[wrong] = (label[wrong] + rng.integers(1, k, len(wrong))) % k
    told = by_heads(blocks, label, k, labelled, pool, test, seed, together=together)
    said, truth = told.argmax(axis=1), given.label[test]
    nothing = dict.fromkeys(("recall", "precision", "precision_unasked", "asked_of_the_rare"), "")
    f1 = macro_f1(truth, said, k)
    return {"accuracy": f"{accuracy(truth, said):.4f}", "macro_f1": f"{f1:.4f}", **nothing}


def _posterior(
    given: LabelledBoxes,
    blocks: Blocks,
    labelled: NDArray[np.int64],
    pool: NDArray[np.int64],
    asked: NDArray[np.int64],
    seed: int,
    together: bool,
) -> NDArray[np.float64]:
    k = len(given.classes)
    return by_heads(blocks, given.label, k, labelled, pool, asked, seed, together=together)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 20)))
    parser.add_argument("--what", nargs="*", default=["heads", "classifier"])
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args()
    work = options.work
    cells: list[tuple[str, str, int, Callable[[int, bool], dict[str, str]]]] = [
        ("junk", "junk", 120, lambda seed, both: junk(work, seed, both)),
        ("rare", "D", 75, lambda seed, both: rare(work, seed, both)),
    ]
    for name, n in FLIPPED:
        cells.append(
            (
                "flipped",
                name,
                n,
                lambda seed, both, name=name, n=n: flipped(work, name, n, seed, both),  # type: ignore[misc]
            )
        )
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    for kind, name, n, measure in cells:
        for seed in options.seeds:
            for what in options.what:
                key = (kind, name, str(n), str(seed), what)
                if key in done:
                    continue
                try:
                    found = measure(seed, what == "classifier")
                except Absent as reason:
                    print(f"{name} skipped: {reason}")
                    break
                about = rows.circumstances("numpy", "torch", "scikit-learn")
                row = about | {"device": "cpu"} | dict(zip(KEY, key, strict=True)) | found
                rows.append(RESULT, [row])
                print(*key, *found.values(), flush=True)


if __name__ == "__main__":
    main()
