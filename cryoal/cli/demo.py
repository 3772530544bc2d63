"""``cryoal demo``: the whole path on small made-up tomograms, by the commands a user would type."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cryoal.commands import command

if TYPE_CHECKING:
    from cryoal.testing.phantoms import PhantomFiles

__all__ = ["answer", "demo"]

CYCLES = 3
PER_CYCLE = 25


def demo(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new directory to work in.")
    ] = Path("demo"),
) -> None:
    """See it work on small made-up tomograms. Runs the commands above on them."""
    from cryoal.campaign.outputs import require_outside
    from cryoal.errors import CampaignError
    from cryoal.testing.phantoms import write_phantoms

    require_outside(directory)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise CampaignError(f"expected a new or an empty directory, found something in {directory}")
    began = time.monotonic()
    files = write_phantoms(directory / "data")
    print(f"made {len(files.tomograms)} tomograms with candidate picks in {directory / 'data'}")

    here = directory / "campaign"
    _cryoal("init", here, "--classes", ",".join(files.classes), "--set", "pool.box=16")
    tables = ("--picks", files.picks, "--tomograms", files.tomograms_star)
    _cryoal("add", here, *files.tomograms, *tables)
    for cycle in range(CYCLES):
        _cryoal("select", here, "-n", PER_CYCLE)
        answers = directory / f"answers_{cycle}.csv"
        answer(here / f"cycle_{cycle:03d}" / "query.csv", files.truth, answers)
        print(f"\nthe demo answers as an expert would: {answers}")
        _cryoal("label", here, answers, "--annotator", "demo")
    _cryoal("status", here)
    _cryoal("classify", here)
    _cryoal("export", here, "--to", "relion5", "-o", directory / "classified.star")
    _cryoal("report", here, "-o", directory / "report.html")

    share = _share_right(here / "predictions.csv", files)
    print(
        f"\n{CYCLES * PER_CYCLE} labels; {share:.1%} of the other boxes classified as what they "
        f"are; {time.monotonic() - began:.0f} s in all.\n"
        f"Look at {directory / 'report.html'} in a browser; {directory / 'classified.star'} is for "
        f"RELION.\nTry next: {command('select', here, '-n', PER_CYCLE)}, or your own tomograms "
        "(README, five commands)."
    )


def _cryoal(*words: object) -> None:
    from cryoal.cli.program import app

    print(f"\n$ {command(*words)}", flush=True)
    app([str(word) for word in words], prog_name="cryoal", standalone_mode=False)


def answer(query: Path, truth: Path, answers: Path) -> None:
    """Fill in the label column of a query, as a person would in a spreadsheet."""
    known = _labels(truth, "label")
    with query.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with answers.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "label": known[row["key"]]} for row in rows)


def _share_right(predictions: Path, files: PhantomFiles) -> float:
    truth, said = _labels(files.truth, "label"), _labels(predictions, "class")
    asked: set[str] = set()
    for answers in predictions.parents[1].glob("answers_*.csv"):
        asked |= _labels(answers, "label").keys()
    rest = truth.keys() - asked
    return sum(said[key] == truth[key] for key in rest) / len(rest)


def _labels(path: Path, column: str) -> dict[str, str]:
    with path.open(newline="") as file:
        return {row["key"]: row[column] for row in csv.DictReader(file)}
