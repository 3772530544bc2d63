"""``python -m benchmarks.cycle run``: trainings that are not in results/cycle.csv yet; ``table``.

Of each set and seed the same random labels train the pair of the laptop preset, teacher and
student, from new weights and from those of the encoder, in 40 epochs and in fewer. The encoder
learns once from all boxes of a set, without labels; its time is told and is in no row.
A row is one training; rows that are there are not run again.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.cycle.way import NEW, WAYS, Way, encoder_of, train
from benchmarks.few_labels.data import Absent, folds, open_set
from benchmarks.few_labels.draws import at_random
from benchmarks.few_labels.measure import interval

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "table"]

RESULT = "cycle"
KEY = ("set", "n_labels", "seed", "start", "epochs", "rate", "batch")
LABELS = {"A": 52, "D": 52, "D1": 52, "E": 54}


def run(options: argparse.Namespace) -> None:
    import torch

    torch.set_num_threads(1)
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    encoders = {}
    for seed in options.seeds:
        for name in options.sets:
            try:
                given = open_set(name, options.work)
            except Absent as reason:
                print(f"{name} skipped: {reason}")
                continue
            if name not in encoders:
                encoders[name], used = encoder_of(given, options.work / f"{name}.encoder")
                print(f"{name}: encoder of {len(given.boxes)} boxes, {used:.1f} s", flush=True)
            parts = list(folds(given))
            fold = seed % len(parts)
            pool, test = parts[fold]
            labelled = at_random(pool, LABELS[name], seed, fold)
            for way in options.ways:
                key = (name, str(len(labelled)), str(seed), *map(str, way))
                if key in done:
                    continue
                found = train(given, labelled, test, way, encoders[name], seed)
                if found is None:
                    print(*key, "the encoder starts nobody", flush=True)
                    continue
                told = {
                    "teacher": f"{found.teacher:.4f}",
                    "classifier": f"{found.moved:.4f}",
                    "cpu_seconds": f"{found.seconds:.2f}",
                }
                about = rows.circumstances("numpy", "torch") | {"device": "cpu"}
                rows.append(RESULT, [about | dict(zip(KEY, key, strict=True)) | told])
                print(*key, *told.values(), flush=True)


def table(found: Sequence[dict[str, str]]) -> str:
    """Of each set and way: accuracy, its difference from 40 epochs from new weights, and time.

    Means over the seeds that both have, and 95 % intervals; differences are of the same labels.
    """
    by: dict[tuple[str, Way], dict[str, dict[str, str]]] = {}
    for row in found:
        way = _way("-".join(row[name] for name in KEY[3:]))
        by.setdefault((row["set"], way), {})[row["seed"]] = row
    lines = [
        "| set | start | epochs | rate | batch | teacher | classifier"
        " | classifier, less 40 new | time | seeds |",
        "|---|---|---:|---:|---:|---|---|---|---:|---:|",
    ]
    for name, way in by:
        base = by.get((name, NEW), {})
        pairs = [(row, base[seed]) for seed, row in by[name, way].items() if seed in base]
        if not pairs:
            continue

        def of(column: str, pairs: list[tuple[dict[str, str], dict[str, str]]] = pairs) -> str:
            mean, half = interval([float(row[column]) for row, _ in pairs])
            return f"{mean:.3f} ± {half:.3f}"

        more, half = interval([float(r["classifier"]) - float(o["classifier"]) for r, o in pairs])
        times = [float(r["cpu_seconds"]) / float(o["cpu_seconds"]) for r, o in pairs]
        cells = (
            *(name, *way, of("teacher"), of("classifier")),
            *(f"{more:+.3f} ± {half:.3f}", f"{sum(times) / len(times):.2f}", len(pairs)),
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _way(text: str) -> Way:
    start, epochs, rate, batch = text.split("-")
    return Way(start, int(epochs), float(rate), int(batch))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cycle", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--sets", nargs="*", default=["A", "D1", "E", "D"], choices=sorted(LABELS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(10)))
    parser.add_argument(
        "--ways", nargs="*", type=_way, default=WAYS, help="such as encoder-20-0.1-16"
    )
    parser.add_argument("--work", type=Path, default=Path("few-labels"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table(rows.read(RESULT)))


if __name__ == "__main__":
    main()
