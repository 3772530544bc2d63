"""How often an error is named, and a right file not: ``python -m benchmarks.check run``.

Settings were chosen on ``tune``; ``report`` has other seeds and, but for the one real tomogram,
other tomograms. A row of results/check.csv: 25 trials of one kind of error. Goes on where it was
stopped. ``alarms`` counts exit code 1, which half a voxel never is; ``named`` what is told as well.
``table`` prints what docs/check.md shows.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.check.errors import KINDS, RIGHT, picks_of, wrongly_read
from benchmarks.check.material import MATERIALS, scene
from cryoal.placement.verdict import Placed, judge
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryoal.placement.verdict import Verdict

RESULT = "check"
KEY = ("part", "material", "n_true", "first_seed")
EACH = 25
JUNK = (0.0, 0.5, 0.8)
FIRST = {"tune": 0, "report": 1000}


def block(part: str, material: str, n_true: int, first: int, work: Path) -> list[dict[str, object]]:
    """The trials `first` to `first` + 24 of every kind and share of junk, odd ones inverted."""
    cells = {(junk, kind): Cell() for junk in JUNK for kind in KINDS}
    for seed in range(first, first + EACH):
        here = scene(material, part, seed, work)
        for junk in JUNK:
            picks = picks_of(here, n_true, junk, stream(seed, "check", part, material, n_true))
            for kind, variants in KINDS.items():
                error = variants[stream(seed, "check", kind).integers(len(variants))]
                read = wrongly_read(picks, error, here.landscape.shape, here.box)
                began = time.perf_counter()
                found = judge([Placed("", here.landscape, read)], here.box)
                cells[junk, kind].take(found, error, time.perf_counter() - began)
    return [{"junk": junk, "error": kind, **cell.row()} for (junk, kind), cell in cells.items()]


@dataclass
class Cell:
    """Trials of one kind of error."""

    named: int = 0
    alarms: int = 0
    fits: int = 0
    seconds: float = 0.0
    z: list[float] = field(default_factory=list)
    other: Counter[str] = field(default_factory=Counter)

    def take(self, found: Verdict, error: str, seconds: float) -> None:
        """One trial more."""
        self.fits += found.fits
        self.seconds += seconds
        self.z.append(abs(found.z))
        self.alarms += found.better is not None
        told = found.better or (found.offset.better if found.offset else None)
        if told is not None:
            self.named += told.name == error
            if told.name != error:
                self.other[told.name] += 1

    def row(self) -> dict[str, object]:
        """As columns."""
        return {
            "trials": len(self.z),
            "named": self.named,
            "alarms": self.alarms,
            "fits_as_read": self.fits,
            "median_z_as_read": f"{np.median(self.z):.2f}",
            "named_instead": "; ".join(f"{n} {name}" for name, n in self.other.most_common(2)),
            "seconds_each": f"{self.seconds / len(self.z):.3f}",
        }


def run(options: argparse.Namespace) -> None:
    done = {tuple(row[name] for name in KEY) for row in rows.read(RESULT)}
    began, jobs = time.monotonic(), []
    with ProcessPoolExecutor(max_workers=options.processes) as workers:
        for number in range(options.trials // EACH):
            for material in options.materials:
                first = FIRST[options.part] + EACH * number
                key = (options.part, material, options.n_true, first)
                if tuple(map(str, key)) not in done:
                    jobs.append((key, workers.submit(_timed, key, options, began)))
        for key, job in jobs:
            found = job.result()
            if found is None:
                continue
            about = rows.circumstances("numpy", "scipy") | dict(zip(KEY, key, strict=True))
            rows.append(RESULT, [about | row for row in found])
            print(*key, *(f"{row['named']}/{row['alarms']}" for row in found), flush=True)


def _timed(
    key: tuple[str, str, int, int], options: argparse.Namespace, began: float
) -> list[dict[str, object]] | None:
    """A block, unless the time is up: the next call does it."""
    if time.monotonic() - began > options.seconds:
        return None
    return block(*key, options.work)


def table(part: str) -> str:
    """Share of trials in which an error was named; of right files, in which anything was."""
    found: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    for row in rows.read(RESULT):
        if row["part"] == part:
            key = row["error"], row["material"], row["n_true"], row["junk"]
            for name in ("trials", "named", "alarms"):
                found[key][name] += int(row[name])
    columns = list(dict.fromkeys(key[1:] for key in found))
    lines = [
        "| error | " + " | ".join(f"{m}, {n} true, {float(j):.0%} junk" for m, n, j in columns)
    ]
    lines[0] += " |"
    lines.append("|---|" + "---:|" * len(columns))
    for error in KINDS:
        cells = []
        for column in columns:
            count = found[error, *column]
            what = "alarms" if error == RIGHT else "named"
            cells.append(f"{100 * count[what] / count['trials']:.1f}" if count["trials"] else "")
        lines.append(f"| {error} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("--part", choices=list(FIRST), default="report")
    parser.add_argument("--materials", nargs="*", default=list(MATERIALS))
    parser.add_argument("--n-true", type=int, default=100)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1e9, help="Begin nothing after so long.")
    parser.add_argument("--work", type=Path, default=Path("check-work"))
    options = parser.parse_args(arguments)
    if options.command == "run":
        run(options)
    else:
        print(table(options.part))


if __name__ == "__main__":
    main()
