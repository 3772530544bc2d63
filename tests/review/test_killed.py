from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryoal.campaign import Campaign


def test_fifty_kills_at_random_moments_lose_no_press_but_the_last(
    campaign: Campaign, asked: list[str], tmp_path: Path
) -> None:
    shutil.copytree(campaign.path, tmp_path / "shadow")
    done = subprocess.run(
        [sys.executable, "-m", "tests.review.killed", campaign.path, tmp_path / "shadow", "50"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, presses = done.stdout.split(" lives, ")
    assert done.stdout.startswith("50 lives")
    assert int(presses.split()[0]) > 200
