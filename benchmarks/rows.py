"""Rows of results: appended, never edited, each with what it was measured on."""

from __future__ import annotations

import csv
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["RESULTS", "append", "circumstances", "read"]

RESULTS = Path(__file__).parent / "results"


def circumstances(*packages: str) -> dict[str, str]:
    """Date, commit, processor and the versions of `packages`: the first columns of every row."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "processor": _processor(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def append(name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Append `rows` to ``results/<name>.csv``; columns must be those that are there already."""
    path = RESULTS / f"{name}.csv"
    columns = list(rows[0])
    if path.exists():
        with path.open(newline="") as file:
            found = next(csv.reader(file))
        if found != columns:
            raise ValueError(f"expected the columns {found} of {path}, found {columns}")
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(",".join(columns) + "\n")
    with path.open("a", newline="") as file:
        csv.DictWriter(file, columns, lineterminator="\n").writerows(rows)


def read(name: str) -> list[dict[str, str]]:
    """The rows of ``results/<name>.csv``; none when there is no such file yet."""
    path = RESULTS / f"{name}.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _commit() -> str:
    def git(*words: str) -> str:
        here = Path(__file__).parent
        done = subprocess.run(
            ["git", *words], cwd=here, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    changed = "+" if git("status", "--porcelain", "--", "cryoal", "kernels") else ""
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + changed


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
