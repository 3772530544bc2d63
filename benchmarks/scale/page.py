"""The tables of docs/scale.md, from results/scale.csv: ``python -m benchmarks.scale.page``.

Of each step the last row that was measured. What ten times as many boxes would take is the line
through the two largest numbers of boxes: never a measurement.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.scale.child import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, str]


def lives() -> dict[tuple[str, int], dict[str, dict[int, Row]]]:
    """The last rows of the new build, by way and box, step, and number of boxes."""
    found: dict[tuple[str, int], dict[str, dict[int, Row]]] = {}
    for row in rows.read("scale"):
        if row["build"] == "new":
            life = found.setdefault((row["way"], int(row["box"])), {})
            life.setdefault(row["step"], {})[int(row["n"])] = row
    return found


def along(one: Row, other: Row, column: str, n: int) -> float:
    """On the line through two rows, at `n` boxes."""
    (a, x), (b, y) = ((float(row[column]), int(row["n"])) for row in (one, other))
    return b + (b - a) / (y - x) * (n - y)


def said(seconds: float) -> str:
    """Two digits where it is less than a tenth of a second."""
    return f"{seconds:.1f}" if seconds >= 0.1 else f"{seconds:.2f}"


def lines(way: str, box: int, life: dict[str, dict[int, Row]]) -> Iterator[str]:
    """A table of one life."""
    sizes = sorted({n for of_step in life.values() for n in of_step})
    seconds = [f"{n:,}" for n in sizes]
    yield f"\n{way}, boxes of {box}³\n"
    yield (
        f"| step | {' | '.join(seconds)} | exponent | MB | of 55ae1e8 | "
        f"{10 * sizes[-1]:,} on paper | |"
    )
    yield f"|---|{'---:|' * (len(sizes) + 5)}"
    for step in STEPS:
        of_step = life.get(step, {})
        if not of_step:
            continue
        cells = [said(float(of_step[n]["cpu_seconds"])) if n in of_step else "" for n in sizes]
        there = sorted(of_step)
        last = of_step[there[-1]]
        exponents, paper = "", ["", ""]
        if len(there) > 1:
            before = of_step[there[-2]]
            times = [float(row["cpu_seconds"]) for row in (last, before)]
            exponents = f"{math.log(times[0] / times[1]) / math.log(there[-1] / there[-2]):.2f}"
            more = 10 * sizes[-1]
            paper = [
                f"{along(before, last, 'cpu_seconds', more):,.0f} s",
                f"{along(before, last, 'megabytes', more) / 1024:.1f} GB",
            ]
        old = next((of_step[n]["of_old"] for n in reversed(there) if of_step[n]["of_old"]), "")
        cells += [exponents, last["megabytes"], old, *paper]
        yield f"| {step} | {' | '.join(cells)} |"


def main() -> None:
    """Print them."""
    for (way, box), life in lives().items():
        print("\n".join(lines(way, box, life)))


if __name__ == "__main__":
    main()
