"""Does `uherding` ask for the boxes of `margin`: ``python -m benchmarks.trust.radius run``.

Rows of results/trust_radius.csv: a set, a seed, a strategy and how many are labelled; accuracy on
the test, how many of its next 40 are margin's from the same evidence, and s. First labels are
random, the same for all; R_U is 400 or what is left. ``uherding-paper`` has the authors' radius,
the smallest distance between two labelled boxes. `embedding`: ``heads``, all descriptors, or
``pretrained``, the encoder's alone, which is nearer to what a network gives.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from benchmarks import rows
from benchmarks.few_labels.answers import blocks_of
from benchmarks.few_labels.data import folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import accuracy, interval
from cryoal.heads.choose import Heads, fit_heads
from cryoal.scoring.evidence import Evidence
from cryoal.seeds import stream
from cryoal.strategies.base import Strategy, make_strategy
from cryoal.strategies.herding import UHerding
from cryoal.strategies.points import points, squared_distances, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.few_labels.data import LabelledBoxes

RESULT = "trust_radius"
KEY = ("set", "seed", "strategy", "embedding")
FIRST, ASKED, QUERIES = 26, 40, 3


class Paper(UHerding):
    """With the authors' radius; it is told what is labelled before it asks."""

    labelled: NDArray[np.float32]

    @override
    def radius(self, nearest: NDArray[np.float32]) -> float:
        here = points(unit(self.labelled))
        squared = squared_distances(here, here)
        apart = squared[squared > 0]
        return float(np.sqrt(apart.min())) if len(apart) else 1.0


STRATEGIES: Mapping[str, Callable[[], Strategy]] = {
    "random": lambda: make_strategy("random"),
    "margin": lambda: make_strategy("margin"),
    "maxherding": lambda: make_strategy("maxherding"),
    "uherding": UHerding,
    "uherding-paper": Paper,
}


def _curve(
    given: LabelledBoxes, work: Path, seed: int, name: str, embedding: str
) -> Iterator[dict[str, object]]:
    blocks = blocks_of(given, work)
    pool, test = next(iter(folds(given)))
    mean_std = {k: (b[pool].mean(axis=0), b[pool].std(axis=0)) for k, b in blocks.items()}
    mean, std = mean_std["pretrained"]

    def look(heads: Heads, index: NDArray[np.int64]) -> NDArray[np.float32]:
        if embedding == "heads":
            return heads.embedding(_rows(blocks, index))
        return np.asarray((blocks[embedding][index] - mean) / (std + 1e-6), np.float32)

    labelled = at_random(pool, FIRST, seed, 0)
    for turn in range(QUERIES + 1):
        classes = given.label[labelled]
        heads = fit_heads(
            _rows(blocks, labelled), classes, len(given.classes), mean_std=mean_std, seed=seed
        )
        said = heads.log_posterior(_rows(blocks, test)).argmax(axis=1)
        row: dict[str, object] = {"n_labelled": len(labelled)}
        row["accuracy"] = f"{accuracy(given.label[test], said):.4f}"
        rest = np.setdiff1d(pool, labelled)
        size = min(len(rest), 10 * ASKED)
        subset = np.sort(stream(seed, "subset", turn).choice(rest, size, replace=False))
        evidence = Evidence(
            [f"{i:06d}" for i in subset],
            {
                "log_posterior": heads.log_posterior(_rows(blocks, subset)),
                "embedding": look(heads, subset),
            },
            {"labelled_embedding": look(heads, labelled)},
        )
        asked, radius = _query(name, evidence, seed, turn)
        margins, _ = _query("margin", evidence, seed, turn)
        yield row | {"of_margin": len({*asked} & {*margins}), "radius": radius}
        labelled = np.concatenate([labelled, [int(key) for key in asked]])


def _query(name: str, evidence: Evidence, seed: int, turn: int) -> tuple[list[str], str]:
    strategy, rng = STRATEGIES[name](), stream(seed, "strategy", turn)
    told: list[float] = []
    if isinstance(strategy, UHerding):
        if isinstance(strategy, Paper):
            strategy.labelled = evidence.labelled_embedding
        plain = strategy.radius

        def noted(nearest: NDArray[np.float32]) -> float:
            told.append(plain(nearest))
            return told[-1]

        strategy.radius = noted  # type: ignore[method-assign]
    asked = strategy.select(strategy.score(evidence, rng), evidence, ASKED, rng)
    return asked, f"{told[-1]:.4f}" if told else ""


def _rows(
    blocks: Mapping[str, NDArray[np.float32]], index: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    return {name: block[index] for name, block in blocks.items()}


def run(options: argparse.Namespace) -> None:
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    for name in options.sets:
        given = open_set(name, options.work)
        for seed in options.seeds:
            for strategy in STRATEGIES:
                key = (name, str(seed), strategy, options.embedding)
                if key in done:
                    continue
                about = rows.circumstances("numpy", "scikit-learn")
                about |= dict(zip(KEY, key, strict=True))
                curve = _curve(given, options.work, seed, strategy, options.embedding)
                rows.append(RESULT, [about | point for point in curve])
                print(*key, flush=True)


def table() -> str:
    """Means and half widths of 95 % intervals over seeds."""
    found: dict[tuple[str, ...], dict[str, list[float]]] = {}
    for row in rows.read(RESULT):
        key = row["set"], row["embedding"], f"{int(row['n_labelled']):3d}", row["strategy"]
        values = found.setdefault(key, {})
        for name in ("accuracy", "of_margin", "radius"):
            values.setdefault(name, []).extend([float(row[name])] if row[name] else [])
    lines = [
        "| set | embedding | labels | strategy | accuracy | of margin's 40 | s | seeds |",
        "|---|---|---:|---|---|---:|---:|---:|",
    ]
    for key in sorted(found):
        mean, half = interval(found[key]["accuracy"])
        shared = np.mean(found[key]["of_margin"])
        radii = found[key]["radius"]
        said = f"{mean:.3f} ± {half:.3f} | {shared:.1f} | "
        said += f"{np.mean(radii):.2f}" if radii else ""
        count = len(found[key]["accuracy"])
        lines.append("| " + " | ".join([*key, said, str(count)]) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust.radius", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=["A", "D1", "E"])
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10, 20)))
    parser.add_argument("--embedding", choices=["heads", "pretrained"], default="heads")
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table())


if __name__ == "__main__":
    main()
