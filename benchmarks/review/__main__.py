"""``xvfb-run -a python -m benchmarks.review``: measure, print, append to results/review.csv.

Targets: 200 cards in under 1 s, with the tomogram around each in under 1.5 s, which takes no more
memory of a tomogram of 4 GB; a key press to the flushed journal and the next card in under 50 ms
(95th percentile); a campaign of 100,000 boxes opened in under 2 s; memory flat over 1,000 labels.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import rows
from benchmarks.review.material import make_campaign

PACKAGES = ("numpy", "napari", "PySide6_Essentials", "playwright")
BIG, LONG, USUAL = "100,000 of 16^3", "2,000 of 32^3, long query", "2,000 of 32^3"
CAMPAIGNS = {BIG: (100_000, 16, 200), LONG: (2000, 32, 1000), USUAL: (2000, 32, 200)}
"""Boxes, their edge, and how many are asked."""

CASES = (
    # module, what it measures, campaign
    ("engine", "open", BIG),
    ("engine", "cards", USUAL),
    ("engine", "press", LONG),
    ("engine", "tiles", USUAL),
    ("engine", "large", USUAL),
    ("window", "cards", USUAL),
    ("window", "press", LONG),
    ("window", "open", BIG),
    ("pages", "queues", BIG),
    ("pages", "threshold", BIG),
    ("pages", "map", BIG),
    ("browser", "cards", USUAL),
    ("browser", "press", LONG),
    ("browser", "tiles", USUAL),
    ("browser", "queues", BIG),
    ("browser", "threshold", BIG),
    ("browser", "map", BIG),
)


def measured(module: str, what: str, campaign: Path) -> dict[str, float]:
    """One case, in a process of its own and on a copy without labels."""
    shutil.rmtree(campaign / "labels", ignore_errors=True)
    words = [sys.executable, "-m", f"benchmarks.review.{module}", what, str(campaign)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Every case once."""
    with tempfile.TemporaryDirectory() as name:
        made: dict[str, Path] = {}
        for campaign, (n_boxes, box, n_asked) in CAMPAIGNS.items():
            folder = Path(name) / campaign
            folder.mkdir()
            made[campaign] = make_campaign(folder, n_boxes=n_boxes, box=box, n_asked=n_asked).path
        found = []
        for module, what, campaign in CASES:
            for number, value in measured(module, what, made[campaign]).items():
                print(f"{module:8} {what:6} {campaign:25} {number:20} {value:.4g}")
                found.append(
                    {
                        **rows.circumstances(*PACKAGES),
                        "face": module,
                        "what": what,
                        "campaign": campaign,
                        "number": number,
                        "value": f"{value:.5g}",
                    }
                )
    rows.append("review", found)


if __name__ == "__main__":
    main()
