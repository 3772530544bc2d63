"""The picture of docs/scale.md: ``python -m benchmarks.scale.picture OUT.png``.

The memory of each step over the share of its time, of the largest campaign that was measured of
each size of box, with heads.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from benchmarks import rows
from benchmarks.scale.child import STEPS

LIMIT = 1500  # megabytes
COLOURS = 10  # before they begin again


def main(out: Path) -> None:
    """Draw it."""
    found = [row for row in rows.read("scale_memory") if row["way"] == "heads"]
    boxes = sorted({int(row["box"]) for row in found})
    figure, panels = plt.subplots(
        1, len(boxes), figsize=(5 * len(boxes), 3.6), layout="constrained", squeeze=False
    )
    for axes, box in zip(panels[0], boxes, strict=True):
        of_box = [row for row in found if int(row["box"]) == box]
        n = max(int(row["n"]) for row in of_box)
        for step in STEPS:
            curve = [row for row in of_box if row["step"] == step and int(row["n"]) == n]
            last = [row for row in curve if row["commit"] == curve[-1]["commit"]] if curve else []
            if last:
                shares = [float(row["share"]) for row in last]
                megabytes = [float(row["megabytes"]) for row in last]
                line = "-" if STEPS.index(step) < COLOURS else "--"
                axes.plot(shares, megabytes, line, label=step)
        axes.axhline(LIMIT, color="0.6", linestyle=":")
        axes.set(title=f"{n:,} boxes of {box}³", xlabel="share of the step's time", ylim=(0, None))
    panels[0][0].set_ylabel("MB in memory")
    panels[0][-1].legend(fontsize=8, ncols=2)
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
