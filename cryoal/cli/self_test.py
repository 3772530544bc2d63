"""``cryoal doctor --self-test``: the path of the demo, small, in a folder that is removed again."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cryoal.commands import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Step", "self_test"]

SETTINGS = ("pool.box=16", "pretrain.steps=10", "train.epochs=4", "model.width=8")
FEWEST_RIGHT = 0.9
"""Share of boxes without a label: rings, rods and empty ice can hardly be confused."""


class Step(NamedTuple):
    """One thing that was tried."""

    what: str
    seconds: float
    problem: str
    """Empty where all is well."""

    def line(self) -> str:
        """As it is printed."""
        line = f"{'failed' if self.problem else 'ok':<7} {self.what} ({self.seconds:.1f} s)"
        return f"{line}: {self.problem}" if self.problem else line


def self_test() -> Iterator[Step]:
    """Try each command on two small made-up tomograms; what follows a failure is not tried."""
    with tempfile.TemporaryDirectory(prefix="cryoal-self-test-") as temporary:
        folder = Path(temporary)
        for what, do in _steps(folder):
            began = time.perf_counter()
            said = io.StringIO()
            problem = ""
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                try:
                    problem = do() or ""
                except Exception as error:  # whatever it is: that is what is asked
                    problem = " ".join(f"{type(error).__name__}: {error}".split())
            yield Step(what, time.perf_counter() - began, problem)
            if problem:
                return


def _steps(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    from cryoal.testing.phantoms import write_phantoms

    data, here, again = folder / "data", folder / "campaign", folder / "again"
    made = []

    def phantoms() -> None:
        made.append(
            write_phantoms(data, n_tomograms=2, shape=(32, 144, 144), per_class=20, distance=130.0)
        )

    yield "make two tomograms", phantoms
    files = made[0]
    tables = ("--picks", files.picks, "--tomograms", files.tomograms_star)
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    yield (
        "init, add: read MRC and STAR, cut boxes, write Zarr",
        lambda: (
            _cryoal("init", here, "--classes", ",".join(files.classes), *settings)
            or _cryoal("add", here, *files.tomograms, *tables)
        ),
    )
    yield "select: describe boxes, an encoder learns", lambda: _cryoal("select", here, "-n", 20)
    yield "label", lambda: _label(here, folder / "answers.csv", files.truth)
    yield "classify --train: heads and a pair", lambda: _cryoal("classify", here, "--train")
    yield "boxes are what they are", lambda: _right(here, files.truth)
    yield (
        "export to RELION 5, report",
        lambda: (
            _cryoal("export", here, "--to", "relion5", "-o", folder / "out.star")
            or _rows(folder / "out.star", here)
            or _cryoal("report", here, "-o", folder / "report.html")
        ),
    )
    yield (
        "begin again from what was learnt",
        lambda: (
            _cryoal("init", again, "--from", here)
            or _cryoal("add", again, *files.tomograms, *tables)
            or _cryoal("classify", again)
            or _right(again, files.truth)
        ),
    )
    yield "every file is as it was written", lambda: _whole(here)


def _cryoal(*words: object) -> str | None:
    from cryoal.cli.program import app
    from cryoal.errors import CryoALError

    try:
        app([str(word) for word in words], prog_name="cryoal", standalone_mode=False)
    except (CryoALError, OSError) as error:
        return f"{command(*words[:1])}: {error}"
    return None


def _label(here: Path, answers: Path, truth: Path) -> str | None:
    from cryoal.cli.demo import answer

    answer(here / "cycle_000" / "query.csv", truth, answers)
    return _cryoal("label", here, answers, "--annotator", "self-test")


def _right(here: Path, truth: Path) -> str | None:
    with truth.open(newline="") as file:
        known = {row["key"]: row["label"] for row in csv.DictReader(file)}
    with (here / "predictions.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["decided_by"] == "classifier"]
    right = sum(row["class"] == known[row["key"]] for row in rows) / max(len(rows), 1)
    if right < FEWEST_RIGHT:
        return f"expected {FEWEST_RIGHT:.0%} of the boxes right or more, found {right:.0%}"
    return None


def _rows(star: Path, here: Path) -> str | None:
    from cryoal.campaign.campaign import Campaign
    from cryoal.io.star import read_star

    wanted = len(Campaign.open(here).pool)
    found = len(next(iter(read_star(star)["particles"].values())))
    return None if found == wanted else f"expected {wanted} particles in the STAR, found {found}"


def _whole(here: Path) -> str | None:
    from cryoal.campaign.checkup import check_up

    return "; ".join(check_up(here).damaged) or None
