"""Start-up time of the commands, and the time of each step of the demo's campaign.

Usage: ``python -m benchmarks.cli``; appends to ``results/cli.csv``.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

REPEATS = 15
CRYOAL = Path(sys.executable).with_name("cryoal")


def seconds(words: Sequence[object]) -> float:
    """Wall time of one command; it must succeed."""
    began = time.perf_counter()
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
    return time.perf_counter() - began


def row(what: str, times: Sequence[float]) -> dict[str, object]:
    """Median and 20 / 80 % quantiles of `times`."""
    low, middle, high = np.quantile(times, [0.2, 0.5, 0.8])
    return {
        **rows.circumstances("torch", "typer"),
        "what": what,
        "runs": len(times),
        "median_seconds": f"{middle:.3f}",
        "q20_seconds": f"{low:.3f}",
        "q80_seconds": f"{high:.3f}",
    }


def demo_campaign(folder: Path) -> list[dict[str, object]]:
    """The steps of the demo, each as the command of its own that a user types."""
    from cryoal.testing.phantoms import write_phantoms

    files, here = write_phantoms(folder / "data"), folder / "campaign"
    measured = []

    def step(name: str, *words: object) -> None:
        measured.append(row(f"demo: {name}", [seconds([CRYOAL, *words])]))
        print(measured[-1]["what"], measured[-1]["median_seconds"])

    step("init", "init", here, "--classes", ",".join(files.classes), "--set", "pool.box=16")
    tables = ("--picks", files.picks, "--tomograms", files.tomograms_star)
    step("add 450 boxes", "add", here, *files.tomograms, *tables)
    step("select 25 at random", "select", here, "-n", 25)
    query = here / "cycle_000" / "query.csv"
    with files.truth.open(newline="") as file:
        truth = {line["key"]: line["label"] for line in csv.DictReader(file)}
    with query.open(newline="") as file:
        asked = [line["key"] for line in csv.DictReader(file)]
    answers = folder / "answers.csv"
    answers.write_text("key,label\n" + "".join(f"{key},{truth[key]}\n" for key in asked))
    step("label 25", "label", here, answers)
    step("select 25 of 250 after training on 25", "select", here, "-n", 25)
    step("classify 450 (pair already trained)", "classify", here)
    step("export", "export", here, "--to", "relion5", "-o", folder / "out.star")
    step("report", "report", here, "-o", folder / "report.html")
    step("status", "status", here)
    return measured


def main() -> None:
    """Measure and append."""
    python, help_words = [sys.executable, "-c", "pass"], [CRYOAL, "--help"]
    pairs = [(seconds(python), seconds(help_words)) for _ in range(REPEATS)]
    bare, shown = zip(*pairs, strict=True)
    measured = [row("python -c pass", bare), row("cryoal --help", shown)]
    for line in measured:
        print(line["what"], line["median_seconds"])
    with tempfile.TemporaryDirectory() as folder:
        measured += demo_campaign(Path(folder))
    rows.append("cli", measured)


if __name__ == "__main__":
    main()
